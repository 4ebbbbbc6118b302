//! Environment, options, answers that can't be written, and prompts that are left.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Place, Server, bankd, bankd_with, id};

const BANKD: &str = env!("CARGO_BIN_EXE_bankd");

/// A place with the account `anna` in it.
fn with_anna() -> Place {
    let place = Place::new();
    let file = place.file("anna.csv", "anna, 2580, 100.00\n");
    assert_eq!(bankd(["import", &file, "--data", &place.data()]).code, 0);
    place
}

/// What a shell makes of a line in which `bankd` is the program.
fn shell(line: &str) -> (i32, String) {
    let line = line.replace("bankd ", &format!("'{BANKD}' "));
    let ran = Command::new("sh").args(["-c", &line]).output().unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    (ran.status.code().unwrap_or(-1), printed)
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_unset() {
    let place = with_anna();
    std::fs::rename(place.data(), place.path("bank-data")).unwrap();
    let list = |variable: Option<&str>| {
        let mut command = Command::new(BANKD);
        command.args(["account", "list"]).current_dir(place.path("bank-data/.."));
        command.env_remove("BANKD_DATA").envs(variable.map(|value| ("BANKD_DATA", value)));
        let ran = command.output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let unset = list(None);
    assert!(unset.0 == Some(0) && unset.1.contains("anna"), "{unset:?}");
    assert_eq!(list(Some("")), unset);
    assert_eq!(list(Some("nowhere")).0, Some(1));
}

#[test]
fn options_for_every_command_stand_before_it_or_after_it() {
    let place = with_anna();
    let data = place.data();
    let after = bankd(["account", "list", "--data", &data, "--output", "json"]);
    assert_eq!(after.code, 0, "{after:?}");
    for before in [
        vec!["--data", &data, "--output", "json", "account", "list"],
        vec!["--output=json", "account", "--data", &data, "list"],
        vec!["--log", "warn", "account", "list", "--data", &data, "--output", "json"],
    ] {
        let ran = bankd(&before);
        assert_eq!((ran.code, &ran.out), (0, &after.out), "{before:?}: {}", ran.stderr);
    }
}

#[test]
fn errors_for_programs_are_json_with_code_and_data_and_exit_codes_are_those_of_the_atm() {
    let place = with_anna();
    let data = place.data();
    let ask = |args: &[&str]| {
        let ran = bankd(args.iter().chain(&["--data", &data, "--output", "json"]));
        let error: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{args:?}: {ran:?}"));
        assert_eq!(ran.stderr, "", "{args:?}");
        (ran.code, error["error"].clone())
    };
    let (exit, error) =
        ask(&["account", "adjust", "anna", "0", "--reason", "a fee", "--transaction", &id(1)]);
    assert_eq!((exit, &error["code"], &error["data"]["response_code"]), (1, &json!(1201), &json!("13")));
    assert!(error["message"].as_str().unwrap().contains("anna"), "{error}");
    let (exit, error) = ask(&["account", "show", "nobody"]);
    assert_eq!((exit, &error["code"]), (1, &json!(2002)), "{error}");
    let (exit, error) = ask(&["account", "unlock"]);
    assert_eq!((exit, &error["code"]), (2, &Value::Null), "{error}");
    let server = Server::start(&data, &[]);
    let file = place.file("more.csv", "bert, 2580, 1.00\n");
    let (exit, error) = ask(&["import", &file]);
    assert_eq!((exit, &error["code"]), (5, &Value::Null), "{error}");
    drop(server);
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_can_not_be_written_is_reported_by_the_exit_code() {
    let place = with_anna();
    let data = place.data();
    let unlock = format!("bankd account unlock anna --reason x --data '{data}'");
    for (line, code) in [
        (format!("{unlock} >/dev/full"), 6),
        (format!("{unlock} >/dev/full 2>/dev/full"), 6),
        (format!("{unlock} >/dev/full 2>&-"), 6),
        (format!("{unlock} --output json >/dev/full 2>&-"), 6),
        (format!("bankd account list --data '{data}' >/dev/full"), 6),
        (format!("bankd account show nobody --data '{data}' 2>/dev/full"), 1),
        (format!("bankd account show nobody --data '{data}' 2>&- >&-"), 1),
        (format!("bankd account show nobody --data '{data}' --output json >/dev/full"), 1),
        ("bankd --help >/dev/full".to_owned(), 0),
        (format!("bankd account list --data '{data}' --log trace 2>/dev/full"), 0),
        // The reader has gone: of what only reads, nothing is lost.
        (format!("(sleep 0.2; bankd account list --data '{data}'; echo $? >&2) | true"), 0),
    ] {
        let (exit, printed) = shell(&line);
        assert_eq!(exit, code, "{line}: {printed}");
        assert!(!printed.contains("panicked"), "{line}: {printed}");
    }
    let gone = format!("(sleep 0.2; {unlock}; echo \"ended in $?\" >&2) | true");
    let (_, printed) = shell(&gone);
    assert!(printed.contains("ended in 6"), "{printed}");
}

#[cfg(unix)]
#[test]
fn events_end_when_their_reader_has_gone() {
    let place = with_anna();
    let _server = Server::start(&place.data(), &[]);
    let mut child = Command::new(BANKD)
        .args(["events", "--follow", "--data", &place.data()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut first = [0; 1];
    out.read_exact(&mut first).unwrap();
    // Nothing happens in the bank from here on.
    drop(out);
    let give_up = Instant::now() + Duration::from_secs(20);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > give_up => {
                child.kill().unwrap();
                panic!("it follows for nobody");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(status.code(), Some(0));
}

/// `script` gives the command a terminal of its own, whose settings are printed afterwards.
#[cfg(target_os = "linux")]
#[test]
fn a_prompt_that_is_left_leaves_a_terminal_that_shows_what_is_typed() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let place = with_anna();
        let pid = place.path("pid");
        let asking = format!(
            "sh -c 'echo $$ >\"{pid}\"; exec \"{BANKD}\" account reset-pin anna --reason x --data \"{}\"'",
            place.data()
        );
        let all = format!("{asking}; echo \"ended in $?\"; stty -a");
        let mut child = Command::new("script")
            .args(["-qec", &all, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut out, mut seen) = (child.stdout.take().unwrap(), Vec::new());
        let mut byte = [0; 1];
        while !String::from_utf8_lossy(&seen).contains("PIN or password for anna: ") {
            out.read_exact(&mut byte).unwrap();
            seen.extend(byte);
        }
        let pid = std::fs::read_to_string(&pid).unwrap();
        assert!(Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status().unwrap().success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        child.wait().unwrap();
        assert!(rest.contains(&format!("ended in {code}")), "{signal}: {rest}");
        assert!(rest.contains(" echo ") && !rest.contains(" -echo "), "{signal}: {rest}");
    }
}

/// At a terminal `--pin-stdin` asks as without it, unseen.
#[cfg(target_os = "linux")]
#[test]
fn pin_stdin_at_a_terminal_asks_unseen() {
    let place = with_anna();
    let asking = format!(
        "'{BANKD}' account reset-pin anna --pin-stdin --reason x --data '{}'; echo \"ended in $?\"",
        place.data()
    );
    let mut child = Command::new("script")
        .args(["-qec", &asking, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let (mut out, mut seen) = (child.stdout.take().unwrap(), Vec::new());
    for prompt in ["PIN or password for anna: ", "the same again: "] {
        let mut byte = [0; 1];
        while !String::from_utf8_lossy(&seen).ends_with(prompt) {
            out.read_exact(&mut byte).unwrap();
            seen.extend(byte);
        }
        input.write_all(b"973152\n").unwrap();
    }
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    let seen = String::from_utf8_lossy(&seen).into_owned() + &rest;
    assert!(seen.contains("ended in 0") && !seen.contains("973152"), "{seen}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_pin_and_utf_16_is_refused_by_name() {
    let place = with_anna();
    let reset = ["account", "reset-pin", "anna", "--pin-stdin", "--reason", "x", "--data", &place.data()];
    let ran = bankd_with("\u{feff}973152\n", reset);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = bankd_with("9\u{0}7\u{0}3\u{0}1\u{0}5\u{0}2\u{0}\n", reset);
    assert!(ran.code == 1 && ran.stderr.contains("UTF-16"), "{ran:?}");
}

/// The addresses of `localhost` here.
fn local_addresses() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> =
        ("localhost", 0).to_socket_addrs().unwrap().map(|found| found.ip()).collect();
    found.retain(|ip| TcpListener::bind((*ip, 0)).is_ok());
    found.dedup();
    found
}

#[test]
fn a_name_is_listened_at_on_all_its_addresses_or_on_none() {
    let place = with_anna();
    let server =
        Server::start(&place.data(), &["--listen", "tcp://localhost:0", "--listen", "quic://localhost:0"]);
    let addresses = local_addresses();
    let line = server.lines.iter().find(|line| line.contains("tcp://") && !line.contains("127.0.0.1:"));
    let port = match line {
        Some(line) => line.split_whitespace().nth(2).unwrap().rsplit_once(':').unwrap().1,
        // The name has one address here.
        None => server.lines[1].split_whitespace().nth(2).unwrap().rsplit_once(':').unwrap().1,
    };
    let port: u16 = port.parse().unwrap();
    for ip in &addresses {
        let mut stream = TcpStream::connect((*ip, port)).unwrap_or_else(|error| panic!("{ip}: {error}"));
        stream.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        assert!(answer.contains("1001"), "{ip}: {answer}");
    }
    // Another server at either of them is refused, and so is one at the name where one address is taken.
    let other = with_anna();
    for ip in &addresses {
        let at = format!("tcp://{}", SocketAddr::new(*ip, port));
        let ran = bankd(["serve", "--data", &other.data(), "--listen", &at]);
        assert!(ran.code == 1 && ran.stderr.contains("cannot listen"), "{at}: {ran:?}");
    }
    drop(server);
    for ip in &addresses {
        let taken = TcpListener::bind((*ip, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let at = format!("tcp://localhost:{port}");
        let ran = bankd(["serve", "--data", &other.data(), "--listen", &at]);
        assert!(ran.code == 1 && ran.stderr.contains("cannot listen"), "{at}: {ran:?}");
        for free in addresses.iter().filter(|free| *free != ip) {
            assert!(TcpListener::bind((*free, port)).is_ok(), "{free} is kept");
        }
    }
}
