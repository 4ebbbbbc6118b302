//! `bankd events`: everything that the bank records, once and in order.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdout};

use serde_json::{Value, json};

use crate::support::{Place, Server, bankd, bankd_with, id, sample, started};

fn events(place: &Place, more: &[&str]) -> Vec<Value> {
    let ran = bankd(["events", "--data", &place.data()].iter().chain(more));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.out.contains("argon2"), "{}", ran.out);
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A server after one of everything that can be recorded by hand.
fn busy(place: &Place) -> Server {
    let server = Server::start(&place.data(), &["--import", sample("accounts.csv").to_str().unwrap()]);
    let bankd_at = |words: &str| {
        let ran = bankd_with("8526\n", words.split(' ').chain(["--data", &place.data()]));
        assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
        ran.out
    };
    let key: Value = serde_json::from_str(&bankd_at("terminal add lobby --output json")).unwrap();
    bankd_at("terminal load lobby --notes 10x20");
    let mut line = server.connect();
    line.hello();
    line.done("terminal.login", json!({ "terminal": "lobby", "key": key["key"] }));
    line.log_in("cedar-100", "2580");
    line.done(
        "transfer",
        json!({ "transaction": id(1), "to": "birch-200", "amount": "10.00", "memo": "thanks" }),
    );
    line.done(
        "authorise",
        json!({ "hold": id(2), "to": "maple-300", "amount": "7.50", "duration_seconds": 3600 }),
    );
    bankd_at(&format!("hold resolve {} void --reason asked", id(2)));
    line.done("authorise_cash", json!({ "hold": id(3), "amount": "40" }));
    line.done("order_dispense", json!({ "hold": id(3) }));
    line.done("report_dispense", json!({ "hold": id(3), "amount": "40" }));
    line.done("logout", json!({}));
    bankd_at("account freeze birch-200 --reason lost");
    bankd_at("account limits cedar-100 --minimum-balance -50 --day-count-max 9 --reason new");
    bankd_at("account reset-pin maple-300 --pin-stdin --reason forgotten");
    bankd_at("terminal close-day lobby --notes 7x20 --reason counted");
    bankd_at("terminal disable lobby --reason smoke");
    bankd_at(&format!("reverse {} --reason wrong --transaction {}", id(3), id(4)));
    server
}

#[test]
fn every_kind_of_fact_is_reported_up_and_down() {
    let place = Place::new();
    let server = busy(&place);
    let up = events(&place, &[]);
    drop(server);
    let down = events(&place, &[]);
    assert_eq!(up, down);
    let of = |fact: &str| up.iter().filter(|event| event["fact"] == fact).collect::<Vec<_>>();
    for fact in [
        "opened",
        "posted",
        "try_charged",
        "tries_cleared",
        "secret_changed",
        "account_changed",
        "hold_placed",
        "hold_ordered",
        "hold_released",
        "hold_resolved",
        "terminal_keyed",
        "terminal_changed",
        "notes_changed",
        "terminal_counted",
    ] {
        assert!(!of(fact).is_empty(), "no {fact}");
    }
    let transfer = of("posted").into_iter().find(|event| event["transaction"] == id(1)).unwrap();
    assert_eq!((&transfer["kind"], &transfer["amount"]), (&json!("transfer"), &json!("10.00")));
    assert_eq!(transfer["from"], json!({ "account": "cedar-100", "balance": "1240.00", "entry": 2 }));
    assert_eq!(transfer["memo"], "thanks");
    let changes = of("account_changed");
    let changed = |index: usize| &changes[index]["changed"];
    assert_eq!((&changed(0)["change"], &changed(0)["reason"]), (&json!("frozen"), &json!("lost")));
    assert_eq!(changed(1)["limits"], json!({ "minimum_balance": "-50.00", "day_count_max": 9 }));
    assert_eq!(changed(2)["change"], "secret_reset");
    assert_eq!(of("notes_changed")[0]["cassettes"], json!([{ "denomination": "20.00", "count": 10 }]));
    assert_eq!(of("posted").last().unwrap()["reverses"], id(3));
    assert_eq!(of("hold_released")[0]["how"], "voided");
}

#[test]
fn it_goes_on_after_any_position() {
    let place = Place::new();
    let server = busy(&place);
    let all = events(&place, &[]);
    for (number, event) in all.iter().enumerate().step_by(7) {
        let rest = events(&place, &["--after", event["position"].as_str().unwrap()]);
        assert_eq!(rest, all[number + 1..]);
    }
    let nowhere = ["events", "--after", "3.1", "--data", &place.data()].map(str::to_owned);
    let up = bankd(&nowhere);
    drop(server);
    let down = bankd(&nowhere);
    for ran in [up, down] {
        assert!(ran.code == 1 && ran.stderr.contains("no fact ends at this position"), "{ran:?}");
    }
    assert_eq!(bankd(["events", "--after", "x", "--data", &place.data()]).code, 2);
}

struct Follower(Child, Lines<BufReader<ChildStdout>>);

impl Follower {
    fn start(place: &Place, after: &str) -> Follower {
        let mut child = started(&["events", "--follow", "--after", after, "--data", &place.data()]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Follower(child, lines)
    }

    fn next(&mut self) -> Value {
        let Some(line) = self.1.next() else { panic!("no more lines: {:?}", self.0.wait()) };
        serde_json::from_str(&line.unwrap()).unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_follower_hears_on_when_the_server_ends_and_comes_back() {
    let place = Place::new();
    let server = busy(&place);
    let last = events(&place, &[]).pop().unwrap()["position"].as_str().unwrap().to_owned();
    let mut follower = Follower::start(&place, &last);
    let give = |number: u8| {
        let id = id(number);
        let words = ["account", "adjust", "aspen-400", "1", "--reason", "x", "--transaction", &id, "--data"];
        assert_eq!(bankd(words.iter().chain(&[place.data().as_str()])).code, 0);
    };
    let heard = |follower: &mut Follower, number: u8| {
        let next = std::iter::from_fn(|| Some(follower.next())).find(|event| event["fact"] == "posted");
        assert_eq!(next.unwrap()["transaction"], id(number));
    };
    give(20);
    heard(&mut follower, 20);
    drop(server);
    give(21);
    heard(&mut follower, 21);
    give(22);
    heard(&mut follower, 22);
    let _server = Server::start(&place.data(), &[]);
    give(23);
    heard(&mut follower, 23);
}

#[test]
fn as_many_follow_as_may_and_the_next_one_is_refused() {
    let place = Place::new();
    let _server = busy(&place);
    let mut followers: Vec<_> = (0..16).map(|_| Follower::start(&place, "0.0")).collect();
    for follower in &mut followers {
        follower.next();
    }
    let ran = bankd(["events", "--data", &place.data()]);
    assert!(ran.code == 1 && ran.stderr.contains("16 programs follow them already"), "{ran:?}");
    drop(followers.pop());
    await_place(&place);
    // A program that has read its last word takes up no place.
    for _ in 0..30 {
        assert!(!events(&place, &[]).is_empty());
    }
}

/// The server notices a moment later that a follower has left.
fn await_place(place: &Place) {
    while bankd(["events", "--data", &place.data()]).code != 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn its_socket_is_the_owners_too() {
    let place = Place::new();
    let server = Server::start(&place.data(), &[]);
    let socket = place.path("data/events.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    server.kill();
    assert!(events(&place, &[]).is_empty());
    drop(Server::start(&place.data(), &[]));
}
