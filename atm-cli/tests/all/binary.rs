//! `atm` as a process: answers, exit codes, where PINs may come from.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{Served, served};

struct Atm<'a> {
    served: &'a Served,
    home: tempfile::TempDir,
}

impl<'a> Atm<'a> {
    fn at(served: &'a Served) -> Atm<'a> {
        Atm { served, home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atm"));
        command.env("XDG_CONFIG_HOME", self.home.path()).env_remove("BANK_ACCOUNT");
        command.env("BANK_SERVER", &self.served.url).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `atm` with the server's URL and `input`, and answers how it ended.
    async fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let input = input.to_owned();
        let run = move || {
            let mut child = command.spawn().unwrap();
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    async fn ends(&self, arguments: &[&str], input: &str, code: i32, printed: &str) {
        let output = self.run(arguments, input).await;
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {out}{err}");
        assert!(
            format!("{out}{err}").contains(printed),
            "{arguments:?} does not print {printed:?}: {out}{err}"
        );
        // As a word: a fingerprint may hold the same digits by chance.
        let shown = format!("{out}{err}");
        let mut words = shown.split(|c: char| !c.is_ascii_alphanumeric());
        assert!(words.all(|word| word != "1324"), "the PIN is shown: {shown}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const ANNA: [&str; 3] = ["--account", "anna", "--pin-stdin"];

fn anna<'a>(command: &[&'a str]) -> Vec<&'a str> {
    command.iter().copied().chain(ANNA).collect()
}

async fn does_everything(scheme: &str) {
    let served = served(scheme).await;
    let atm = Atm::at(&served);
    atm.ends(&anna(&["balance"]), "1324\n", 0, "100.00 USD").await;
    atm.ends(&anna(&["deposit", "20"]), "1324\n", 0, "DEPOSIT").await;
    atm.ends(&anna(&["withdraw", "0.50"]), "1324\n", 0, "119.50 USD").await;
    atm.ends(&anna(&["transfer", "bert", "9.50", "--memo", "soup"]), "1324\n", 0, "110.00 USD").await;
    atm.ends(&anna(&["statement", "--all"]), "1324\n", 0, "transfer to bert: soup").await;
    atm.ends(&anna(&["withdraw", "110.01"]), "1324\n", 1, "110.00 is available (code 1202)").await;
    atm.ends(&anna(&["balance"]), "9999\n", 4, "code 1101").await;
    atm.ends(&["ping"], "", 0, "done").await;
    atm.ends(&anna(&["pin", "change"]), "1324\n7410\n", 0, "done").await;
    atm.ends(&anna(&["balance"]), "7410\n", 0, "110.00 USD").await;
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_everything_over_tcp() {
    does_everything("tcp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_everything_over_tls() {
    does_everything("tls").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_everything_over_quic() {
    does_everything("quic").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_get_json_errors_too() {
    let served = served("tcp").await;
    let atm = Atm::at(&served);
    let json = |output: Output| serde_json::from_slice::<Value>(&output.stdout).unwrap();
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let deposit = anna(&["deposit", "20", "--output", "json", "--transaction", id]);
    let receipt = json(atm.run(&deposit, "1324\n").await);
    assert_eq!((&receipt["transaction"], &receipt["replayed"]), (&id.into(), &false.into()));
    assert_eq!(json(atm.run(&deposit, "1324\n").await)["replayed"], true);
    let refused = json(atm.run(&anna(&["withdraw", "500", "--output", "json"]), "1324\n").await);
    assert_eq!(
        (&refused["error"]["code"], &refused["error"]["data"]["available"]),
        (&1202.into(), &"120.00".into())
    );
    let unreachable = ["ping", "--server", "tcp://127.0.0.1:1", "--output", "json"];
    assert_eq!(json(atm.run(&unreachable, "").await)["error"]["code"], Value::Null);
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_codes_say_what_to_do() {
    let served = served("quic").await;
    let atm = Atm::at(&served);
    atm.ends(&["dance"], "", 2, "unrecognized subcommand").await;
    atm.ends(&anna(&["deposit", "ten"]), "", 2, "write it like 20 or 20.00").await;
    atm.ends(&["balance", "--pin-stdin"], "1324\n", 2, "--account").await;
    atm.ends(&anna(&["deposit", "-5"]), "1324\n", 1, "it must be above zero").await;
    atm.ends(&["ping", "--server", "127.0.0.1"], "", 2, "tcp://HOST:PORT").await;
    atm.ends(&["ping", "--server", "tcp://127.0.0.1:1"], "", 3, "check the address").await;
    let wrong = format!("sha256:{}", "0".repeat(64));
    atm.ends(&["ping", "--fingerprint", &wrong], "", 3, "somebody may be listening in").await;
    atm.ends(&["ping", "--fingerprint", &served.fingerprint], "", 0, "done").await;
    for _ in 0..2 {
        atm.ends(&anna(&["balance"]), "9999\n", 4, "code 1101").await;
    }
    atm.ends(&anna(&["balance"]), "9999\n", 4, "code 1102").await;
    atm.ends(&anna(&["balance"]), "1324\n", 4, "ask the bank to unlock it").await;
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_in_use_is_busy_and_free_after_the_process_ends() {
    let served = served("tcp").await;
    let atm = Atm::at(&served);
    let mut holder = Command::new(env!("CARGO_BIN_EXE_atm"));
    holder.args(["--server", &served.url, "--account", "anna", "--pin-stdin"]);
    let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keyboard = holder.stdin.take().unwrap();
    keyboard.write_all(b"1324\nbalance\n").unwrap();
    let mut screen = holder.stdout.take().unwrap();
    // Its answer shows that it is logged in.
    let seen = tokio::task::spawn_blocking(move || {
        let mut seen = [0; 16];
        std::io::Read::read_exact(&mut screen, &mut seen).map(|()| screen)
    });
    let _screen = seen.await.unwrap().unwrap();
    atm.ends(&anna(&["balance"]), "1324\n", 5, "in use at another terminal").await;
    holder.kill().unwrap();
    holder.wait().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while atm.run(&anna(&["balance"]), "1324\n").await.status.code() != Some(0) {
        assert!(std::time::Instant::now() < deadline, "a killed terminal still holds the account");
    }
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_stops_at_the_first_failure() {
    let served = served("tcp").await;
    let atm = Atm::at(&served);
    let script = "1324\n# a comment\ndeposit 5\n\nwithdraw 500\ndeposit 7\n";
    atm.ends(&ANNA, script, 1, "stopped at line 5: withdraw 500").await;
    atm.ends(&anna(&["balance"]), "1324\n", 0, "105.00 USD").await;
    atm.ends(&ANNA, "1324\nsing\n", 2, "not a command").await;
    // A PIN where none belongs is not repeated.
    atm.ends(&[], "1324\nbalance\n", 2, "stopped at line 1").await;
    atm.ends(&[], "ping\nlogin anna 1324\n", 2, "stopped at line 2").await;
    atm.ends(
        &["--pin-stdin"],
        "1324\nping\nlogin anna\ntransfer bert 5 a word\nstatement 1\nlogout\n",
        0,
        ": a word",
    )
    .await;
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_and_notices_stay_out_of_the_output() {
    let served = served("quic").await;
    let atm = Atm::at(&served);
    let file = atm.home.path().join("pin");
    fs::write(&file, "1324\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let balance = ["balance", "--output", "json", "--pin-file", file.to_str().unwrap()];
    let output = atm.run(&balance, "anna\n").await;
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["balance"], "100.00");
    assert!(text(&output.stderr).contains("Account: "), "{}", text(&output.stderr));
    // The notice of a first contact can't be written anywhere.
    let home = tempfile::tempdir().unwrap();
    let mut command = atm.command(&["ping"]);
    command
        .env("XDG_CONFIG_HOME", home.path())
        .stderr(fs::File::options().write(true).open("/dev/full").unwrap());
    let status = tokio::task::spawn_blocking(move || command.status().unwrap()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_shuts_down_is_busy() {
    let served = served("tcp").await;
    let atm = Atm::at(&served);
    let mut script = atm.command(&ANNA).spawn().unwrap();
    let mut keyboard = script.stdin.take().unwrap();
    keyboard.write_all(b"1324\nping\n").unwrap();
    let mut screen = script.stdout.take().unwrap();
    let answered = tokio::task::spawn_blocking(move || std::io::Read::read_exact(&mut screen, &mut [0; 5]));
    answered.await.unwrap().unwrap();
    served.stop.cancel();
    let _ = keyboard.write_all(b"balance\n");
    drop(keyboard);
    let output = tokio::task::spawn_blocking(move || script.wait_with_output().unwrap()).await.unwrap();
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{printed}");
    assert!(printed.contains("code 1402") && printed.contains("stopped at line 3: balance"), "{printed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_file_is_its_owners_alone() {
    let served = served("tcp").await;
    let atm = Atm::at(&served);
    let file = atm.home.path().join("pin");
    fs::write(&file, "1324\n").unwrap();
    let path = file.to_str().unwrap();
    let balance = ["balance", "--account", "anna", "--pin-file", path];
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    atm.ends(&balance, "", 2, "chmod 600").await;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    atm.ends(&balance, "", 0, "100.00 USD").await;
    served.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_key_is_refused_with_what_to_do() {
    let served = served("quic").await;
    let atm = Atm::at(&served);
    atm.ends(&["ping"], "", 0, &served.fingerprint).await;
    let known = atm.home.path().join("bank-engine/known-servers");
    let list = fs::read_to_string(&known).unwrap();
    assert_eq!(list.lines().count(), 1);
    let other = "1".repeat(64);
    let forged = list.replace(served.fingerprint.trim_start_matches("sha256:"), &other);
    fs::write(&known, forged).unwrap();
    atm.ends(&["ping"], "", 3, "has changed").await;
    served.stop.cancel();
}
