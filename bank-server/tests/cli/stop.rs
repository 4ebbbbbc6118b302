//! How a server ends.
#![cfg(unix)]

use std::io::Write;
use std::time::Duration;

use serde_json::json;

use crate::support::{Place, Server, sample};

fn ends_well_on(signal: &str) {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let mut lines: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for line in &mut lines {
        line.hello();
    }
    lines[0].log_in("cedar-100", "2580");
    server.signal(signal);
    for line in &mut lines {
        let last = line.next().unwrap();
        assert_eq!((&last["error"]["code"], &last["id"]), (&json!(1402), &json!(null)));
        assert_eq!(line.next(), None);
    }
    drop(lines);
    let (code, output) = server.wait();
    assert_eq!(code, 0, "{output}");
}

#[test]
fn on_sigterm_clients_are_reported_and_it_exits_with_0() {
    ends_well_on("TERM");
}

#[test]
fn on_sigint_clients_are_reported_and_it_exits_with_0() {
    ends_well_on("INT");
}

/// The terminal of a server in the foreground was closed.
#[test]
fn on_sighup_clients_are_reported_and_it_exits_with_0() {
    ends_well_on("HUP");
}

#[test]
fn what_was_asked_before_the_signal_is_answered() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let mut line = server.connect();
    line.hello();
    let ask = |method: &str, params| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let login = ask("login", json!({ "account": "cedar-100", "secret": "2580" }));
    // Once the ping is answered the log-in is under way, and its check takes a while.
    line.writer.write_all(format!("{}\n{login}\n", ask("ping", json!({}))).as_bytes()).unwrap();
    assert_eq!(line.next().unwrap()["result"], json!({}));
    server.signal("TERM");
    assert_eq!(line.next().unwrap()["result"]["account"], "cedar-100");
    assert_eq!(line.next().unwrap()["error"]["code"], 1402);
    drop(line);
    assert_eq!(server.wait().0, 0);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &["--drain", "1h"]);
    let mut line = server.connect();
    line.hello();
    // A client that asks and asks and never reads is waited for when the server stops.
    let ping = format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{}\",\"method\":\"ping\"}}\n", "x".repeat(64));
    line.writer.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    while line.writer.write_all(ping.repeat(100).as_bytes()).is_ok() {}
    server.signal("TERM");
    server.await_log("a second signal ends the server at once");
    server.signal("TERM");
    let (code, output) = server.wait();
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("ended at once"), "{output}");
}
