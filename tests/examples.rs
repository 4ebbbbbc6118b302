//! The examples, run as their readers run them. `cargo test` builds them; to run these tests
//! alone, `cargo build --examples` first.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long an example may take before it counts as stuck.
const EXAMPLE_TIME_MAX: Duration = Duration::from_secs(60);

/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// Where cargo puts an example: beside the tests of the same build.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let build = test.parent().unwrap().parent().unwrap();
    let program = build.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let alone = examples.join(format!("{name}.rs"));
    let folder = examples.join(if name == "follow_into_sqlite" { "sqlite" } else { name });
    let of_a_package = folder.join(format!("{name}.rs"));
    let candidates = [alone, of_a_package, folder.join("main.rs")];
    let source = candidates.into_iter().find(|source| source.exists()).unwrap();
    let time = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let (built, written) = (time(&program), time(&source));
    assert!(built >= written, "{} is missing or old; run cargo build --examples", program.display());
    program
}

/// Runs an example without a terminal and returns what it printed.
async fn play(name: &str, arguments: &[&str]) -> String {
    let mut command = tokio::process::Command::new(example(name));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(EXAMPLE_TIME_MAX, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{name} {arguments:?} hangs")).unwrap();
    let (said, cried) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} {arguments:?}: {}\n{said}{cried}", output.status);
    said
}

/// Each line is to be found, after the one before it.
fn expect_in_order(said: &str, lines: &[&str]) {
    let mut rest = said;
    for line in lines {
        let place =
            rest.find(line).unwrap_or_else(|| panic!("{line:?} is missing, or not in its place:\n{said}"));
        rest = &rest[place + line.len()..];
    }
}

#[tokio::test]
async fn embedded_shows_every_verb_and_refusal() {
    let said = play("embedded", &[]).await;
    let lines = ["1103", "deposit 50.00", "withdrawal 20.00", "transfer 400.00", "1202", "1201"];
    expect_in_order(&said, &lines);
    expect_in_order(&said, &["made before", "1301", "statement", "opening", "all USD accounts sum to 0\n"]);
}

#[tokio::test]
async fn marketplace_reserves_splits_and_takes_back() {
    let said = play("marketplace", &[]).await;
    expect_in_order(&said, &["60.00 on hold, 40.00 of 100.00", "45.00 captured", "seller: 32.40", "1202"]);
    expect_in_order(&said, &["taken back: 15.00", "all USD accounts sum to 0\n"]);
}

#[tokio::test]
async fn choose_transport_does_the_same_over_each() {
    for transport in ["memory", "tcp", "tls", "quic"] {
        let said = play("choose_transport", &["--transport", transport]).await;
        expect_in_order(&said, &["listens at", "balance 1300.00", "balance 1280.00"]);
    }
}

#[tokio::test]
async fn quic_demo_hides_refuses_and_moves() {
    let said = play("quic_demo", &[]).await;
    let seen = ["name: found", "PIN: found", "name: not found", "PIN: not found"];
    expect_in_order(&said, &seen);
    expect_in_order(&said, &["connected", "is not trusted", "deposit", "withdrawal", "then from", "1103"]);
}

#[tokio::test]
async fn programs_of_several_kinds_do_what_they_print() {
    let said = play("wallet", &[]).await;
    expect_in_order(
        &said,
        &["code 1202", "refunded 2.50", "anna: 40.00 USD", "reversal", "anna-points: 12 POINTS"],
    );
    let said = play("payroll", &[]).await;
    let lines = [
        "not yet: transfer 1 ",
        "code 1202",
        "pays 10000",
        "paid 10000",
        "10000 of 10000 receipts are the first",
    ];
    expect_in_order(&said, &lines);
    let said = play("usage_credits", &[]).await;
    let balances = [
        "92.00 available",
        "96.75 CREDITS\n",
        "1202",
        "76.75 available",
        "96.75 CREDITS\n",
        "0 reservations",
    ];
    expect_in_order(&said, &balances);
    let said = play("prepaid_kiosk", &["2580"]).await;
    expect_in_order(
        &said,
        &["120.00", "code 1103", "of 20.00", "45: ", "code 1213", "60.00 EUR", "counted 460.00"],
    );
    let directory = tempfile::tempdir().unwrap();
    for start in 1..3 {
        let said = play("follow_into_sqlite", &[directory.path().to_str().unwrap()]).await;
        let cents = format!("and {} cents in the table", 300 * start);
        expect_in_order(&said, &["going on after", "events were new", &cents]);
    }
}

#[tokio::test]
async fn demo_plays_its_scene() {
    let said = play("demo", &[]).await;
    let contention = ["welcome", "1103", "leaves", "welcome", "deposits 50.00", "withdraws 20.00", "1202"];
    let mut lines = vec!["over TCP"];
    lines.extend(contention);
    lines.push("over QUIC");
    lines.extend(contention);
    lines.extend(["1101", "1101", "1102", "All balances sum to zero.\n"]);
    expect_in_order(&said, &lines);
}

#[tokio::test]
async fn demo_finds_its_bank_again() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("my-bank");
    for _ in 0..2 {
        let said = play("demo", &[data.to_str().unwrap()]).await;
        expect_in_order(
            &said,
            &["my-bank and listens", "over TCP", "over QUIC", "1102", "4 accounts: debits"],
        );
    }
    assert!(data.join("journal/segment-00000000").exists());
}

#[tokio::test]
async fn shout_plays_its_scene() {
    let said = play("shout", &[]).await;
    let heard = "20 clients heard 10 lines";
    expect_in_order(&said, &["tcp://", heard, "tls://", heard, "quic://", heard, "GRÜSSE FROM CLIENT"]);
}

#[tokio::test]
async fn udp_atm_plays_its_scene() {
    let said = play("udp_atm", &[]).await;
    expect_in_order(&said, &["No Access", "Current Balance: 250", "CurrentBalance: 300", "Refused"]);
}

/// An example that serves until it is killed.
struct Service {
    process: Child,
    /// What it printed as its place.
    place: String,
}

impl Service {
    fn start(name: &str, arguments: &[&str]) -> Service {
        let mut command = Command::new(example(name));
        command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let place = line.trim().strip_prefix("listening at ").map(str::to_owned);
        let place = place.unwrap_or_else(|| panic!("{name} said {line:?}"));
        Service { process, place }
    }

    fn address(&self) -> SocketAddr {
        self.place.rsplit('/').next().unwrap().parse().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn shout_takes_ten_lines_of_anybody() {
    let service = Service::start("shout", &["tcp://127.0.0.1:0"]);
    let _silent = TcpStream::connect(service.address()).unwrap();
    for _ in 0..2 {
        let mut client = TcpStream::connect(service.address()).unwrap();
        client.set_read_timeout(Some(ANSWER_TIME_MAX)).unwrap();
        for _ in 0..11 {
            client.write_all(b"hear, hear\n").unwrap();
        }
        let lines: Vec<_> = BufReader::new(client).lines().map_while(Result::ok).collect();
        assert_eq!(lines, ["HEAR, HEAR"; 10]);
    }
}

/// What a script of Python's prints; `None` where there is no Python, which CI has.
fn python(script: &str, arguments: &[String]) -> Option<String> {
    let ran = match Command::new("python3").arg("-c").arg(script).args(arguments).output() {
        Ok(ran) => ran,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("BANK_TESTS_SKIP_NONE").is_none(), "python3 is not here");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8(ran.stdout).unwrap())
}

fn host_and_port(service: &Service) -> [String; 2] {
    let address = service.address();
    [address.ip().to_string(), address.port().to_string()]
}

/// Clients of before there were frames: one text a connection, or ten on one, none with a line end,
/// and twenty such clients at once.
#[test]
fn shout_answers_old_clients_that_send_no_line_end() {
    const CLIENT: &str = "
import socket, sys, threading
heard = []
def talk(name, connections, texts):
    for _ in range(connections):
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), 20) as bank:
            for number in range(texts):
                said = f'grüße von {name}, {number}'
                bank.sendall(said.encode())
                assert bank.recv(1024).decode() == said.upper()
    heard.append(name)
clients = [threading.Thread(target=talk, args=(n, *((3, 1) if n % 2 else (1, 10)))) for n in range(20)]
for client in clients: client.start()
for client in clients: client.join()
print(len(heard))
";
    let service = Service::start("shout", &["tcp://127.0.0.1:0"]);
    let Some(said) = python(CLIENT, &host_and_port(&service)) else { return };
    assert_eq!(said, "20\n");
}

#[test]
fn shout_takes_lines_and_their_rest_alike() {
    let service = Service::start("shout", &["tcp://127.0.0.1:0"]);
    let mut client = TcpStream::connect(service.address()).unwrap();
    client.set_read_timeout(Some(ANSWER_TIME_MAX)).unwrap();
    client.write_all("one\ntwo\r\n\nünï".as_bytes()).unwrap();
    let mut heard = String::new();
    let mut bytes = [0; 64];
    while !heard.ends_with("ÜNÏ") {
        let length = client.read(&mut bytes).unwrap();
        assert_ne!(length, 0, "{heard}");
        heard += std::str::from_utf8(&bytes[..length]).unwrap();
    }
    assert_eq!(heard, "ONE\nTWO\r\n\nÜNÏ");
}

/// An old terminal: a socket, datagrams, and nothing else.
struct OldTerminal(UdpSocket);

impl OldTerminal {
    fn at(gateway: &Service) -> OldTerminal {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(gateway.address()).unwrap();
        socket.set_read_timeout(Some(ANSWER_TIME_MAX)).unwrap();
        OldTerminal(socket)
    }

    fn send(&self, datagram: &str) {
        self.0.send(datagram.as_bytes()).unwrap();
    }

    fn ask(&self, datagram: &str) -> String {
        self.send(datagram);
        let mut answer = [0; 2048];
        let length = self.0.recv(&mut answer).unwrap_or_else(|error| panic!("{datagram}: {error}"));
        String::from_utf8(answer[..length].to_vec()).unwrap()
    }
}

fn gateway() -> Service {
    Service::start("udp_atm", &["samples/users.tsv", "127.0.0.1:0"])
}

#[test]
fn udp_atm_serves_old_terminals() {
    let gateway = gateway();
    let (ivo, other) = (OldTerminal::at(&gateway), OldTerminal::at(&gateway));
    assert_eq!(ivo.ask(r#"{"ivo":"winter-lane7"}"#), "1");
    assert_eq!(ivo.ask(r#"{"1":0}"#), "Current Balance: 250");
    assert_eq!(ivo.ask(r#"{"2":"50"}"#), "CurrentBalance: 300");
    assert_eq!(ivo.ask(r#"{"3":"20"}"#), "CurrentBalance: 280");

    // The session is the sender's, and nobody else's.
    assert_eq!(other.ask(r#"{"1":0}"#), "No Access");
    assert_eq!(other.ask(r#"{"ivo":"winter-lane7"}"#), "No Access");
    assert_eq!(other.ask(r#"{"marta":"4826"}"#), "1");
    assert_eq!(other.ask(r#"{"1":0}"#), "Current Balance: 1300");

    for refused in [r#"{"3":"281"}"#, r#"{"3":"-5"}"#, r#"{"2":"0"}"#, r#"{"2":"1.5"}"#, r#"{"2":null}"#] {
        assert!(ivo.ask(refused).starts_with("Refused: "), "{refused}");
    }
    assert_eq!(ivo.ask(r#"{"1":0}"#), "Current Balance: 280");

    ivo.send(r#"{"4":0}"#);
    assert_eq!(ivo.ask(r#"{"1":0}"#), "No Access");
    other.send(r#"{"4":0}"#);
    assert_eq!(other.ask(r#"{"ivo":"winter-lane7"}"#), "1");
    assert_eq!(other.ask(r#"{"1":0}"#), "Current Balance: 280");
}

/// The old terminal as it was written: a dozen lines of Python.
#[test]
fn udp_atm_serves_an_old_terminal_in_python() {
    const TERMINAL: &str = "
import json, socket, sys
bank = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bank.settimeout(20)
def ask(**said):
    bank.sendto(json.dumps(said).encode(), (sys.argv[1], int(sys.argv[2])))
    return bank.recv(2048).decode()
print(ask(ivo='winter-lane7'))
print(ask(**{'1': 0}))
print(ask(**{'2': '50'}))
print(ask(**{'3': '20'}))
bank.sendto(json.dumps({'4': 0}).encode(), (sys.argv[1], int(sys.argv[2])))
print(ask(**{'1': 0}))
";
    let gateway = gateway();
    let Some(said) = python(TERMINAL, &host_and_port(&gateway)) else { return };
    let heard: Vec<&str> = said.lines().collect();
    let expected = ["1", "Current Balance: 250", "CurrentBalance: 300", "CurrentBalance: 280", "No Access"];
    assert_eq!(heard, expected);
}

#[test]
fn udp_atm_survives_rubbish() {
    let gateway = gateway();
    let ivo = OldTerminal::at(&gateway);
    let long = format!(r#"{{"ivo":"{}"}}"#, "x".repeat(1500));
    let deep = "[".repeat(400);
    let rubbish = ["", "rubbish", "{}", "[]", "1", r#"{"a":"b","c":"d"}"#, "\u{0}", &long, &deep];
    for datagram in rubbish {
        assert_eq!(ivo.ask(datagram), "No Access", "{datagram:?}");
    }
    assert_eq!(ivo.ask(r#"{"ivo":7}"#), "No Access");
    assert_eq!(ivo.ask(r#"{"ivo":"winter-lane7"}"#), "1");
    for datagram in rubbish.into_iter().chain([r#"{"5":0}"#]) {
        assert_eq!(ivo.ask(datagram), "Not Understood", "{datagram:?}");
    }
    assert_eq!(ivo.ask(r#"{"1":0}"#), "Current Balance: 250");
}

#[test]
fn udp_atm_makes_nobody_wait_for_anothers_password() {
    let gateway = gateway();
    let ivo = OldTerminal::at(&gateway);
    assert_eq!(ivo.ask(r#"{"ivo":"winter-lane7"}"#), "1");
    let guessers: Vec<_> = (0..32).map(|_| OldTerminal::at(&gateway)).collect();
    // Log-ins for one name are checked one after another, however many cores there are.
    for (number, guesser) in guessers.iter().enumerate() {
        guesser.send(&format!(r#"{{"nobody{}":"winter-lane7"}}"#, number % 4));
    }
    assert_eq!(ivo.ask(r#"{"1":0}"#), "Current Balance: 250");
    let waiting = guessers.iter().filter(|guesser| {
        guesser.0.set_nonblocking(true).unwrap();
        guesser.0.recv(&mut [0; 64]).is_err()
    });
    let waiting = waiting.count();
    assert!(waiting >= 16, "the balance was answered when only {waiting} of 32 log-ins were left");
}
