//! `bankd serve`: accounts from a file, listeners, limits.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::support::{Place, Server, bankd, id, sample};

#[test]
fn a_person_banks_by_hand_with_imported_accounts() {
    let place = Place::new();
    let server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let mut line = server.connect();
    assert_eq!(line.refused("ping", json!({})), 1001);
    line.hello();
    assert_eq!(line.refused("login", json!({ "account": "birch-200", "secret": "1470" })), 1101);
    line.log_in("birch-200", "0147");
    assert_eq!(line.done("balance", json!({}))["balance"], "89.95");
    let receipt = line.done("deposit", json!({ "transaction": id(1), "amount": "10.05" }));
    assert_eq!((&receipt["balance"], &receipt["replayed"]), (&json!("100.00"), &json!(false)));
    assert_eq!(line.refused("withdraw", json!({ "transaction": id(2), "amount": "100.01" })), 1202);

    let mut second = server.connect();
    second.hello();
    assert_eq!(second.refused("login", json!({ "account": "birch-200", "secret": "0147" })), 1103);
    line.done("logout", json!({}));
    second.log_in("birch-200", "0147");
}

#[test]
fn at_a_terminal_no_more_is_paid_out_than_is_in_it() {
    let place = Place::new();
    let accounts = sample("accounts.csv");
    let args = ["--import", accounts.to_str().unwrap(), "--terminal", "lobby=50.00"];
    let server = Server::start(&place.data(), &args);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    assert_eq!(line.refused("withdraw", json!({ "transaction": id(1), "amount": "50.01" })), 1208);
    line.done("deposit", json!({ "transaction": id(2), "amount": "0.01" }));
    line.done("withdraw", json!({ "transaction": id(3), "amount": "50.01" }));
    assert_eq!(line.refused("withdraw", json!({ "transaction": id(4), "amount": "0.01" })), 1208);
}

#[test]
fn without_a_terminal_clients_stand_at_the_vault() {
    let place = Place::new();
    let server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    line.done("withdraw", json!({ "transaction": id(1), "amount": "1250.00" }));
}

#[test]
fn a_client_over_the_limit_is_reported_and_others_notice_nothing() {
    let place = Place::new();
    let server = Server::start(&place.data(), &["--connections-a-peer", "1"]);
    let mut first = server.connect();
    first.hello();
    let mut second = server.connect();
    assert_eq!(second.next().unwrap()["error"]["code"], 1401);
    assert_eq!(second.next(), None);
    first.done("ping", json!({}));
}

#[test]
fn silent_clients_are_dropped_after_the_time_that_flags_name() {
    let place = Place::new();
    let server = Server::start(&place.data(), &["--first-message", "200ms", "--idle", "300ms"]);
    let mut mute = server.connect();
    assert_eq!(mute.next().unwrap()["error"]["code"], 1001);
    assert_eq!(mute.next(), None);
    let mut idle = server.connect();
    idle.hello();
    assert_eq!(idle.next().unwrap()["error"]["code"], 1106);
    assert_eq!(idle.next(), None);
}

#[test]
fn a_session_lasts_as_long_as_flags_say() {
    let place = Place::new();
    let accounts = sample("accounts.csv");
    let args = ["--import", accounts.to_str().unwrap(), "--session-idle", "200ms"];
    let server = Server::start(&place.data(), &args);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    sleep(Duration::from_millis(400));
    assert_eq!(line.refused("balance", json!({})), 1106);
}

#[test]
fn encrypted_listeners_are_printed_with_their_key() {
    let place = Place::new();
    let server =
        Server::start(&place.data(), &["--listen", "tls://127.0.0.1:0", "--listen", "quic://127.0.0.1:0"]);
    let shown = bankd(["cert", "show", "--data", &place.data()]).out;
    let key = shown.lines().next().unwrap().strip_prefix("fingerprint ").unwrap();
    assert_eq!(server.lines.len(), 3);
    for (line, scheme) in server.lines.iter().skip(1).zip(["tls", "quic"]) {
        let port = line.strip_prefix(&format!("listening on {scheme}://127.0.0.1:")).unwrap();
        let port = port.strip_suffix(&format!(" encrypted {key}")).unwrap();
        assert_ne!(port.parse::<u16>().unwrap(), 0);
    }
}

#[test]
fn no_secret_is_logged_at_any_level() {
    let place = Place::new();
    let accounts = sample("accounts.csv");
    let mut server =
        Server::start(&place.data(), &["--import", accounts.to_str().unwrap(), "--log", "trace"]);
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.refused("login", json!({ "account": "cedar-100", "secret": "85207413" })), 1101);
    assert_eq!(line.refused("login", json!({ "account": "cedar-100", "secret": 85_207_413 })), -32602);
    line.log_in("cedar-100", "2580");
    assert_eq!(line.refused("change_secret", json!({ "old": "2580", "new": "852" })), 1107);
    line.done("change_secret", json!({ "old": "2580", "new": "85207413" }));
    drop(line);
    server.signal("TERM");
    let (code, output) = server.wait();
    assert!(code == 0 && output.contains("connected"), "{output}");
    for secret in ["2580", "8520", "argon2"] {
        assert!(!output.contains(secret), "{output}");
    }
}

#[test]
fn an_address_in_use_is_refused() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let other = Place::new();
    let url = format!("tcp://{}", server.address());
    let ran = bankd(["serve", "--data", &other.data(), "--listen", &url]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains(&format!("error: cannot listen at {url}: ")), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn as_many_clients_are_served_as_the_system_allows() {
    let place = Place::new();
    let mut server = Server::start_within("-S -n 40", &place.data(), &["--connections", "100"]);
    let mut lines: Vec<_> = (0..60).map(|_| server.connect()).collect();
    for line in &mut lines {
        line.hello();
    }
    server.signal("TERM");
    drop(lines);
    let (code, output) = server.wait();
    assert!(code == 0 && !output.contains("too few"), "{output}");
}

#[cfg(unix)]
#[test]
fn too_few_descriptors_are_reported() {
    let place = Place::new();
    let mut server = Server::start_within("-n 100", &place.data(), &["--connections", "100"]);
    server.await_log("100 descriptors, too few for 100 connections; raise that with ulimit -Hn");
}
