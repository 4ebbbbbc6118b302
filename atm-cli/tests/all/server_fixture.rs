//! A bank served over TCP on loopback, and the real `atm` as its terminal atm-1.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::server::Limits;
use tokio_util::sync::CancellationToken;

use crate::fixtures::BankFixture;
use crate::support::serve_within;

pub(crate) struct ServerFixture {
    pub(crate) bank_fixture: BankFixture,
    url: String,
    pub(crate) stop: CancellationToken,
}

impl ServerFixture {
    pub(crate) async fn new() -> ServerFixture {
        let bank_fixture = BankFixture::new(true).await;
        let endpoint: Endpoint = "tcp://127.0.0.1:0".parse().unwrap();
        let listener = endpoint.listener(None, PlainTcp::LoopbackOnly).await.unwrap();
        let url = format!("tcp://{}", listener.address());
        let stop = serve_within(Limits::default(), bank_fixture.bank.clone(), listener);
        ServerFixture { bank_fixture, url, stop }
    }

    /// `atm` as the terminal atm-1, with anna at it.
    pub(crate) fn atm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atm"));
        command.args(["--server", &self.url, "--terminal", "atm-1"]).env("BANK_ACCOUNT", "anna");
        command.arg("--key-file").arg(self.bank_fixture.path("key"));
        if !arguments.contains(&"--pin-file") {
            command.arg("--pin-file").arg(self.bank_fixture.path("pin"));
        }
        command.arg("--journal").arg(self.bank_fixture.path("journal"));
        command.arg("--notes-to").arg(self.bank_fixture.path("notes"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = self.atm(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        printed(&output)
    }

    /// The same with lines to type, and nobody logged in.
    pub(crate) async fn type_in(&self, arguments: &[&str], input: &str) -> (i32, String) {
        let mut child = self.atm(arguments).env_remove("BANK_ACCOUNT").stdin(Stdio::piped()).spawn().unwrap();
        let input = input.to_owned();
        let run = move || {
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        };
        printed(&tokio::task::spawn_blocking(run).await.unwrap())
    }

    /// The same once the bank noticed that a killed terminal is gone.
    pub(crate) async fn run_when_free(&self, arguments: &[&str]) -> (i32, String) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (code, printed) = self.run(arguments).await;
            if code != 5 {
                return (code, printed);
            }
            assert!(Instant::now() < deadline, "a killed terminal still holds the account: {printed}");
        }
    }

    /// Starts the ATM again, without a customer, and checks that all agrees. Whether the dispense
    /// became suspect, and the notices.
    pub(crate) async fn settle(&self, when: &str) -> (bool, String) {
        let (code, printed) = self.run(&["ping"]).await;
        assert_eq!(code, 0, "{when}: {printed}");
        let was_suspect = self.bank_fixture.resolve().await;
        self.bank_fixture.assert_reconciled(when).await;
        let (code, again) = self.run(&["ping"]).await;
        assert_eq!((code, again.contains("note:")), (0, false), "{when}: reported twice: {again}");
        (was_suspect, printed)
    }
}

pub(crate) fn printed(output: &Output) -> (i32, String) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (output.status.code().unwrap_or(-1), text.concat())
}
