//! What flags of a server set, and what holds of it while the server is down.
#![cfg(unix)]

use std::time::Duration;

use serde_json::json;

use crate::operator_commands::{done, prepared, value};
use crate::support::{Place, Server, bankd, id};

#[test]
fn the_business_day_is_the_servers_when_it_is_down_too() {
    let place = Place::new();
    drop(prepared(&place));
    let day = |number: u8| {
        let transaction = id(number);
        let adjust = ["account", "adjust", "cedar-100", "1", "--reason", "x", "--transaction", &transaction];
        done(&place, &adjust);
        value(&place, &["account", "statement", "cedar-100"])["entries"][0]["day"].clone()
    };
    // Half a day ahead of another, so that whatever the hour is, their days differ.
    let in_zone = |zone: &str, begins: &str, number: u8| {
        let args = ["--business-day-zone", zone, "--business-day-begins", begins];
        let server = Server::start(&place.data(), &args);
        let up = day(number);
        drop(server);
        (up, day(number + 1))
    };
    let east = in_zone("Pacific/Kiritimati", "00:00", 50);
    let west = in_zone("Pacific/Pago_Pago", "23:59", 52);
    assert_eq!(east.0, east.1);
    assert_eq!(west.0, west.1);
    assert_ne!(east.0, west.0);
}

#[test]
fn a_dispense_has_as_long_as_flags_say() {
    let place = Place::new();
    drop(prepared(&place));
    let server = Server::start(&place.data(), &["--dispense-time", "300ms", "--hold-time", "400ms"]);
    done(&place, &["terminal", "load", "lobby", "--notes", "10x20"]);
    let mut line = server.connect();
    line.hello();
    line.done("terminal.login", json!({ "terminal": "lobby", "key": "5f0c2a9be17d4386b1ea0c74d29f6e53" }));
    line.log_in("cedar-100", "2580");
    line.done(
        "authorise",
        json!({ "hold": id(41), "to": "maple-300", "amount": "1", "duration_seconds": 3600 }),
    );
    line.done("authorise_cash", json!({ "hold": id(40), "amount": "20" }));
    line.done("order_dispense", json!({ "hold": id(40) }));
    std::thread::sleep(Duration::from_millis(600));
    let holds = done(&place, &["hold", "list"]);
    assert!(!holds.contains(&id(41)), "{holds}");
    let suspect = holds.lines().find(|line| line.contains(&id(40))).unwrap();
    assert!(suspect.contains("20.00 USD  suspect  ") && suspect.ends_with("at lobby"), "{holds}");
    done(&place, &["hold", "resolve", &id(40), "dispensed", "--amount", "0", "--reason", "counted"]);
    assert_eq!(value(&place, &["account", "balance", "cedar-100"])["balance"], "1240.00");
}

#[test]
fn units_of_the_banks_own_are_declared_once() {
    let place = Place::new();
    drop(prepared(&place));
    drop(Server::start(&place.data(), &["--unit", "POINTS:0", "--unit", "GAS2:9"]));
    let add = |name: &str, unit: &str| {
        bankd(["account", "add", name, "--no-login", "--currency", unit, "--data", &place.data()])
    };
    // What the server declared last holds while it is down.
    assert_eq!(add("points", "POINTS").out, "points added with 0 POINTS\n");
    assert_eq!(add("gas", "GAS2").out, "gas added with 0.000000000 GAS2\n");
    let unknown = add("oil", "OIL");
    assert!(unknown.code == 1 && unknown.stderr.contains("the units that it declared"), "{unknown:?}");
    done(&place, &["account", "adjust", "gas", "0.000000001", "--reason", "a gift"]);
    let listed = bankd(["account", "list", "--data", &place.data()]).out;
    assert!(listed.contains("0.000000001 GAS2") && listed.contains("0 POINTS"), "{listed}");
    for refused in [["--unit", "GAS2:8"], ["--unit", "USD:2"], ["--unit", "POINTS"]] {
        let listen = ["serve", "--listen", "tcp://127.0.0.1:0", "--data", &place.data()];
        let ran = bankd(listen.into_iter().chain(refused));
        assert!(matches!(ran.code, 1 | 2), "{ran:?}");
        assert!(ran.stderr.contains("declare GAS2:9") || ran.stderr.contains("not a unit"), "{}", ran.stderr);
    }
    let events = bankd(["events", "--data", &place.data()]).out;
    let opened = r#""account":"gas","kind":"customer","currency":"GAS2","must_change":false,"no_login":true"#;
    assert!(events.contains(opened), "{events}");
    let exported = bankd(["export", "--format", "hledger", "--data", &place.data()]).out;
    assert!(exported.contains("commodity 0.000000000 \"GAS2\""), "{exported}");
    let printed = std::process::Command::new("hledger")
        .args(["-f", "-", "check"])
        .stdin(std::process::Stdio::piped())
        .spawn();
    if let Ok(mut checking) = printed {
        std::io::Write::write_all(&mut checking.stdin.take().unwrap(), exported.as_bytes()).unwrap();
        assert!(checking.wait().unwrap().success());
    }
}
