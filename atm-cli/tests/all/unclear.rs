//! Movements whose outcome the terminal never hears: the customer reads so, with the way to ask
//! again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What a bank does with a movement.
#[derive(Clone, Copy)]
enum Then {
    HangUp,
    Fail,
    Wait,
}

/// A bank that takes one terminal, lets anybody in, and answers no movement. It answers its URL,
/// and what ends when the movement has reached it.
fn bank(then: Then) -> (String, thread::JoinHandle<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    let reached = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut requests = BufReader::new(stream.try_clone().unwrap()).lines();
        loop {
            let request: Value = serde_json::from_str(&requests.next().unwrap().unwrap()).unwrap();
            let mut answer = json!({ "jsonrpc": "2.0", "id": request["id"] });
            match (request["method"].as_str().unwrap(), then) {
                ("hello", _) => answer["result"] = json!({ "version": 1, "server": "mute" }),
                ("login", _) => {
                    answer["result"] = json!({ "account": "anna", "currency": "USD",
                                               "idle_seconds_max": 120, "session_seconds_max": 1800 });
                }
                (_, Then::Fail) => answer["error"] = json!({ "code": 1501, "message": "the disk is full" }),
                (_, Then::HangUp | Then::Wait) => return stream,
            }
            writeln!(stream, "{answer}").unwrap();
            if answer.get("error").is_some() {
                return stream;
            }
        }
    });
    (url, reached)
}

fn atm(url: &str, arguments: &[&str], input: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_atm"));
    command.args(["--server", url, "--account", "anna", "--pin-stdin"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child
}

/// Checks that the error names the whole command that asks again.
fn assert_unclear(output: &Output, code: i32, url: &str, command: &str) {
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{printed}");
    assert!(printed.contains("it is not known whether the money moved"), "{printed}");
    let again = format!("{command} --server={url} --account=anna --transaction=");
    assert!(printed.contains(&again), "{printed}");
}

#[test]
fn a_lost_line_leaves_it_open() {
    let (url, reached) = bank(Then::HangUp);
    let child = atm(&url, &["transfer", "bert", "5", "--memo", "two words", "--transaction", ID], "1324\n");
    drop(reached.join().unwrap());
    let output = child.wait_with_output().unwrap();
    assert_unclear(&output, 3, &url, "atm transfer bert 5 '--memo=two words'");
    assert!(String::from_utf8_lossy(&output.stderr).contains(ID));
}

#[test]
fn a_failed_storage_leaves_it_open() {
    let (url, reached) = bank(Then::Fail);
    let child = atm(&url, &["deposit", "5", "--output", "json", "--transaction", ID], "1324\n");
    let _stream = reached.join().unwrap();
    let output = child.wait_with_output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{printed}");
    assert_eq!(
        (&printed["error"]["code"], &printed["error"]["data"]["transaction"]),
        (&1501.into(), &ID.into())
    );
}

#[test]
fn a_script_leaves_it_open_with_its_line() {
    let (url, reached) = bank(Then::HangUp);
    let child = atm(&url, &[], "1324\n# pay\ndeposit 5\nbalance\n");
    drop(reached.join().unwrap());
    let output = child.wait_with_output().unwrap();
    assert_unclear(&output, 3, &url, "atm deposit 5");
    assert!(String::from_utf8_lossy(&output.stderr).contains("stopped at line 3: deposit 5"));
}

#[test]
fn an_interruption_leaves_it_open_and_hangs_up() {
    let (url, reached) = bank(Then::Wait);
    let child = atm(&url, &["deposit", "5"], "1324\n");
    let mut stream = reached.join().unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_unclear(&output, 130, &url, "atm deposit 5");
    // The bank hears that the terminal is gone.
    assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn an_interruption_without_a_movement_leaves_nothing_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = atm(&format!("tcp://{}", listener.local_addr().unwrap()), &["withdraw", "5"], "1324\n");
    let _stream = listener.accept().unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{printed}");
    assert_eq!(printed, "error: interrupted; no account is held any more\n");
}

/// As Ctrl-C does.
fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}
