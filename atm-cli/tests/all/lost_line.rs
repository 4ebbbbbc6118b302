//! The line is lost in the middle of a dispense, at every message.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bank_engine::auth::Secret;
use bank_engine::server::Limits;
use bank_engine::transport::{MemoryTransport, Transport};
use bank_engine_atm::args::{Args, Command};
use bank_engine_atm::connection::BankConnection;
use bank_engine_atm::drivers::one_shot;
use bank_engine_atm::failure::Failure;
use bank_engine_atm::keyboard::Keyboard;
use bank_engine_atm::machine::dispenser::{Bundle, Dispenser, PaidOut};
use bank_engine_atm::machine::journal::Journal;
use bank_engine_atm::machine::{Identity, Machine};
use bank_engine_atm::secret::Secrets;
use clap::Parser;

use crate::fixtures::{BankFixture, KEY, terminal};
use crate::support::serve_within;

/// Pays everything out and writes it down; or does so and can't report it.
struct Mechanism {
    record: File,
    can_report: bool,
}

#[async_trait]
impl Dispenser for Mechanism {
    async fn pay_out(&mut self, bundle: &Bundle) -> PaidOut {
        writeln!(self.record, "{}", bundle.amount).unwrap();
        if self.can_report { PaidOut::Cash(bundle.clone()) } else { PaidOut::Unknown }
    }
}

/// Types lines.
struct Typist(VecDeque<&'static str>);

#[async_trait]
impl Keyboard for Typist {
    async fn line(&mut self, _: &str) -> Result<Option<String>, Failure> {
        Ok(self.0.pop_front().map(str::to_owned))
    }

    async fn hidden(&mut self, _: &str) -> Result<Option<Secret>, Failure> {
        Ok(self.0.pop_front().map(Secret::from))
    }
}

struct ServerFixture {
    bank_fixture: BankFixture,
    wire: MemoryTransport,
    atm: BankConnection,
}

impl ServerFixture {
    async fn new(known: bool, can_report: bool) -> ServerFixture {
        let bank_fixture = BankFixture::new(known).await;
        let wire = MemoryTransport::new();
        serve_within(Limits::default(), bank_fixture.bank.clone(), wire.listen("bank").await.unwrap());
        let record = File::create(bank_fixture.path("notes")).unwrap();
        let machine = Machine::anonymous(Box::new(Mechanism { record, can_report }));
        let (machine, identity) = match known {
            true => (with_journal(machine, &bank_fixture.path("journal")), Some(identity())),
            false => (machine, None),
        };
        let atm = BankConnection::at(Box::new(wire.clone()), "bank").for_machine(machine, identity);
        ServerFixture { bank_fixture, wire, atm }
    }

    async fn withdraw(&self) -> Result<String, Failure> {
        let args = Args::try_parse_from(["atm", "withdraw", "120", "--account", "anna"]).unwrap();
        let command: Command = args.command.clone().unwrap();
        let mut keyboard = Typist(VecDeque::from(["1324"]));
        let mut screen = Vec::new();
        let mut secrets = Secrets::new(&args);
        one_shot::run(&self.atm, &args, &command, &mut secrets, &mut keyboard, &mut screen).await?;
        Ok(String::from_utf8(screen).unwrap())
    }
}

fn identity() -> Identity {
    Identity { terminal: terminal(), key: KEY.into() }
}

fn with_journal(machine: Machine, path: &Path) -> Machine {
    machine.with_journal(Journal::open(path, terminal()).unwrap_or_else(|failure| panic!("{failure}")))
}

/// Two messages each: hello, terminal.login, login, authorise_cash, order, dispensed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_terminal_brings_it_to_its_end() {
    for messages in 0..=12 {
        let fixture = ServerFixture::new(true, true).await;
        fixture.wire.cut_next_after(messages);
        let done = fixture.withdraw().await;
        let when = format!("line lost after {messages} messages");
        match messages {
            0..8 => {
                let failure = done.unwrap_err();
                assert_eq!(failure.exit_code(), 3, "{when}: {failure}");
                assert_eq!(failure.in_full().contains("nothing came out"), messages >= 6, "{when}");
                assert_eq!(fixture.bank_fixture.paid(), 0, "{when}");
            }
            _ => {
                let slip = done.unwrap_or_else(|failure| panic!("{when}: {failure}"));
                assert!(slip.contains("WITHDRAWAL                        120.00 USD"), "{when}: {slip}");
                assert_eq!(fixture.bank_fixture.paid(), 12000, "{when}");
            }
        }
        let line = fixture.atm.connect().await.unwrap_or_else(|failure| panic!("{when}: {failure}"));
        assert_eq!(line.notices.len(), usize::from((6..8).contains(&messages)), "{when}: {:?}", line.notices);
        fixture.bank_fixture.assert_reconciled(&when).await;
    }
}

/// Two messages each: hello, login, authorise_cash, order, dispensed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_unknown_terminal_loses_the_bank_finds_out() {
    for messages in 0..=10 {
        let fixture = ServerFixture::new(false, true).await;
        fixture.wire.cut_next_after(messages);
        let done = fixture.withdraw().await;
        let when = format!("line lost after {messages} messages");
        assert_eq!(done.is_ok(), messages == 10, "{when}");
        // Nothing is paid out unless the bank's answer to the order arrived.
        assert_eq!(fixture.bank_fixture.paid(), if messages < 8 { 0 } else { 12000 }, "{when}");
        fixture.bank_fixture.clock.advance(Duration::from_secs(10 * 60));
        let was_suspect = fixture.bank_fixture.resolve().await;
        // The order arrived and nothing after it; or what came out did not arrive.
        assert_eq!(was_suspect, matches!(messages, 7 | 8), "{when}");
        fixture.bank_fixture.assert_reconciled(&when).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mechanism_that_does_not_know_makes_it_suspect() {
    for known in [true, false] {
        let fixture = ServerFixture::new(known, false).await;
        let failure = fixture.withdraw().await.unwrap_err();
        assert_eq!(failure.exit_code(), 3, "{failure}");
        assert!(failure.to_string().contains("the money is set apart until the bank knows"), "{failure}");
        assert_eq!(fixture.bank_fixture.suspect().await, 12000);
        assert!(fixture.bank_fixture.resolve().await);
        fixture.bank_fixture.assert_reconciled("nobody knew").await;
        assert!(fixture.atm.connect().await.is_ok_and(|line| line.notices.is_empty()));
    }
}
