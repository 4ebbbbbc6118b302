//! What is there after a server ended, however it ended, and what is there while one runs.

use serde_json::json;

use crate::support::{Line, Place, Server, bankd, bankd_with, id, sample};

fn list(place: &Place) -> String {
    bankd(["account", "list", "--data", &place.data()]).out
}

/// A server over the samples, with somebody logged in to cedar-100 who has moved 250.00.
fn after_a_transfer(place: &Place) -> (Server, Line) {
    let server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    let receipt = line.done("transfer", transfer());
    assert_eq!((&receipt["balance"], &receipt["replayed"]), (&json!("1000.00"), &json!(false)));
    (server, line)
}

fn transfer() -> serde_json::Value {
    json!({ "transaction": id(1), "to": "birch-200", "amount": "250.00" })
}

const MOVED: &str = "\
aspen-400      0.00 USD
birch-200    339.95 USD
cedar-100   1000.00 USD
maple-300  10420.10 USD
4 accounts, 11760.05 USD
";

/// The next server opens the same file again, and finds everything as the last one left it.
fn is_kept(place: &Place) {
    assert_eq!(list(place), MOVED);
    let mut server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    server.await_log("opened 0 accounts; 4 were there already and stay as they are");
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    assert_eq!(line.done("balance", json!({}))["balance"], "1000.00");
    let receipt = line.done("transfer", transfer());
    assert_eq!((&receipt["balance"], &receipt["replayed"]), (&json!("1000.00"), &json!(true)));
    line.done("logout", json!({}));
    assert_eq!(list(place), MOVED);
    assert_eq!(bankd(["verify", "--data", &place.data()]).code, 0);
}

#[cfg(unix)]
#[test]
fn money_moved_survives_a_stop() {
    let place = Place::new();
    let (mut server, line) = after_a_transfer(&place);
    server.signal("TERM");
    drop(line);
    let (code, output) = server.wait();
    assert_eq!(code, 0, "{output}");
    is_kept(&place);
}

#[test]
fn money_moved_survives_a_kill() {
    let place = Place::new();
    let (server, _line) = after_a_transfer(&place);
    drop(server);
    is_kept(&place);
}

#[test]
fn a_changed_pin_and_a_lockout_survive_until_the_bank_unlocks() {
    let place = Place::new();
    let accounts = sample("accounts.csv");
    let server = Server::start(&place.data(), &["--import", accounts.to_str().unwrap()]);
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    line.done("change_secret", json!({ "old": "2580", "new": "85207413" }));
    line.done("logout", json!({}));
    for code in [1101, 1101, 1102] {
        assert_eq!(line.refused("login", json!({ "account": "birch-200", "secret": "9999" })), code);
    }
    drop(server);
    let server = Server::start(&place.data(), &["--import", accounts.to_str().unwrap()]);
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.refused("login", json!({ "account": "birch-200", "secret": "0147" })), 1102);
    assert_eq!(line.refused("login", json!({ "account": "cedar-100", "secret": "2580" })), 1101);
    line.log_in("cedar-100", "85207413");
    let shown = bankd(["account", "show", "birch-200", "--data", &place.data()]).out;
    assert!(shown.contains("\nbalance   89.95\n") && shown.contains("\nstate     locked\n"), "{shown}");
    let unlock =
        |name: &str| bankd(["account", "unlock", name, "--reason", "asked", "--data", &place.data()]);
    let refused = unlock("nobody");
    assert!(refused.code == 1 && refused.stderr.contains("there is no account nobody in "), "{refused:?}");
    // While the server runs, and a client that waits at it can go on.
    assert_eq!(unlock("birch-200").out, "birch-200 is unlocked\n");
    line.done("logout", json!({}));
    line.log_in("birch-200", "0147");
}

#[test]
fn accounts_are_listed_as_they_stand_while_a_server_runs() {
    let place = Place::new();
    let (_server, mut line) = after_a_transfer(&place);
    assert_eq!(list(&place), MOVED.replace("cedar-100   1000.00 USD", "cedar-100   1000.00 USD  in use"));
    line.done("withdraw", json!({ "transaction": id(2), "amount": "0.01" }));
    let shown = bankd(["account", "show", "cedar-100", "--output", "json", "--data", &place.data()]).out;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["balance"], &shown["in_use"]), (&json!("999.99"), &json!(true)));
    let own = bankd(["account", "list", "--own", "--data", &place.data()]).out;
    assert!(
        own.starts_with("$vault:USD  -11760.04 USD\n") && own.ends_with("5 accounts, 0.00 USD\n"),
        "{own}"
    );
    let missing = bankd(["account", "show", "nobody", "--data", &place.data()]);
    assert!(missing.code == 1 && missing.stderr.contains("there is no account nobody"), "{missing:?}");
}

#[test]
fn accounts_of_several_runs_are_served_together() {
    let place = Place::new();
    let added = bankd_with(
        "4826\n",
        ["account", "add", "kept-1", "--pin-stdin", "--balance", "5", "--data", &place.data()],
    );
    assert_eq!((added.code, added.out.as_str()), (0, "kept-1 added with 5.00 USD\n"), "{}", added.stderr);
    let users = sample("users.tsv");
    let server = Server::start(&place.data(), &["--import", users.to_str().unwrap(), "--tsv-scale", "0"]);
    let mut line = server.connect();
    line.hello();
    assert_eq!(line.log_in("kept-1", "4826")["must_change"], true);
    line.done("change_secret", json!({ "old": "4826", "new": "7295" }));
    line.done("deposit", json!({ "transaction": id(1), "amount": "1" }));
    line.done("logout", json!({}));
    line.log_in("ivo", "winter-lane7");
    assert_eq!(line.done("balance", json!({}))["balance"], "250.00");
    drop(server);
    let listed = list(&place);
    assert!(
        listed.contains("kept-1     6.00 USD\n") && listed.ends_with("4 accounts, 1556.00 USD\n"),
        "{listed}"
    );
}

#[test]
fn a_terminal_holds_what_it_held() {
    let place = Place::new();
    let accounts = sample("accounts.csv");
    let start = |load: &str| {
        Server::start(&place.data(), &["--import", accounts.to_str().unwrap(), "--terminal", load])
    };
    let mut server = start("lobby=50.00");
    server.await_log("terminal lobby, which holds 50.00 USD");
    let mut line = server.connect();
    line.hello();
    line.log_in("cedar-100", "2580");
    line.done("withdraw", json!({ "transaction": id(1), "amount": "20.00" }));
    drop(server);
    for load in ["lobby=50.00", "lobby=0", "lobby=9000"] {
        let mut server = start(load);
        server.await_log("terminal lobby, which holds 30.00 USD");
    }
    let load = ["terminal", "load", "lobby", "--amount", "12.50", "--data", &place.data()].map(str::to_owned);
    assert_eq!(bankd(&load).out, "12.50 put into lobby, which holds 42.50\n");
    let mut server = start("lobby=50.00");
    server.await_log("terminal lobby, which holds 42.50 USD");
    assert_eq!(bankd(&load).out, "12.50 put into lobby, which holds 55.00\n");
    drop(server);
    let mut server = start("hall=7");
    server.await_log("terminal hall, which holds 7.00 USD");
}

#[test]
fn two_processes_never_change_one_directory() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let said = format!("is in use by process {}; stop it first", server.pid());
    for args in [
        vec!["serve", "--listen", "tcp://127.0.0.1:0"],
        vec!["import", sample("accounts.csv").to_str().unwrap()],
    ] {
        let ran = bankd_with("4826\n", args.iter().copied().chain(["--data", &place.data()]));
        assert_eq!(ran.code, 5);
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    }
    for reading in ["account list", "verify", "head"] {
        assert_eq!(bankd(reading.split(' ').chain(["--data", &place.data()])).code, 0, "{reading}");
    }
}
