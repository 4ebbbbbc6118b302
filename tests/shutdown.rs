//! The server stops: what was begun is finished, every client is informed, nobody can hold it up.

use std::time::{Duration, Instant};

use bank_engine::account::TerminalId;
use bank_engine::error::Error;
use bank_engine::ledger::Decline;
use bank_engine::protocol::Code;
use bank_engine::server::Limits;
use bank_engine::transport::Connection;
use serde_json::Value;

use crate::golden::request;
use crate::support::{Deaf, Ends, Rough, Served, Wire, over_every_wire, within};

over_every_wire! {
    what_is_in_flight_is_answered_and_the_rest_is_refused
    new_clients_are_refused
    a_client_that_does_not_read_holds_nobody_up
    a_request_that_never_ends_holds_nobody_up
    a_dropped_server_is_a_stopped_one
}

/// Requests in flight when the server stops.
const IN_FLIGHT: usize = 5;

/// How long the server waits for what will not end.
const DRAIN: Duration = Duration::from_millis(500);

/// Far longer than [`DRAIN`], and shorter than any other limit of the server.
const SLOW_MACHINE: Duration = Duration::from_secs(5);

/// How long a client tries; not every wire says no at once.
const HANDSHAKE: Duration = Duration::from_secs(1);

fn impatient() -> Limits {
    Limits { drain_time_max: DRAIN, send_time_max: Duration::from_secs(600), ..Limits::default() }
}

async fn logged_in(served: &Served, account: &str) -> Rough {
    let mut line = served.rough().await;
    line.ask(&request(0, "hello", &["atm"])).await;
    let answer = line.ask(&request(1, "login", &[account, "1324"])).await;
    assert!(answer.contains("\"result\""), "{answer}");
    line
}

async fn learns_of_the_end(line: &mut Rough) {
    let last: Value = serde_json::from_str(&line.line().await.expect("a last word")).unwrap();
    assert_eq!((&last["id"], &last["error"]["code"]), (&Value::Null, &Code::ShuttingDown.number().into()));
    assert_eq!(line.line().await, None);
}

async fn what_is_in_flight_is_answered_and_the_rest_is_refused(wire: Wire) {
    let mut served = Served::on(wire).await;
    let accounts = served.open_many(IN_FLIGHT, "10.00").await;
    let mut busy = Vec::new();
    served.store.hold(true);
    for account in &accounts {
        let mut line = logged_in(&served, account).await;
        line.write(format!("{}\n", request(2, "deposit", &[account, "1.00"])).as_bytes()).await.unwrap();
        busy.push(line);
    }
    let mut idle = served.rough().await;
    idle.ask(&request(1, "hello", &["idle"])).await;
    let mut silent = served.rough().await;
    silent.write(b" ").await.unwrap();
    served.store.holds(IN_FLIGHT).await;

    served.begin_to_stop();
    learns_of_the_end(&mut idle).await;
    // Where the bank had not yet seen the channel, there was nobody to inform.
    let last = silent.line().await;
    assert!(last.is_none_or(|last| last.contains("1402")));
    served.store.hold(false);
    for line in &mut busy {
        let receipt: Value = serde_json::from_str(&line.line().await.expect("a receipt")).unwrap();
        assert_eq!((&receipt["id"], &receipt["result"]["balance"]), (&2.into(), &"11.00".into()));
        learns_of_the_end(line).await;
    }
    served.stopped().await;
    let credits = i128::try_from(IN_FLIGHT).unwrap() * 1100;
    assert_eq!(served.sum_and_credits().await, (0, credits));
    for account in &accounts {
        assert!(served.bank.login(account, "1324").await.is_ok());
    }
}

async fn new_clients_are_refused(wire: Wire) {
    let ends = Ends::with_handshakes_of(wire, HANDSHAKE);
    let mut served = Served::over(ends, TerminalId::vault(), Limits::default()).await;
    served.open_usual("anna", "10.00").await;
    served.store.hold(true);
    let mut busy = logged_in(&served, "anna").await;
    busy.write(format!("{}\n", request(2, "deposit", &["a", "1.00"])).as_bytes()).await.unwrap();
    let established = served.dial().await;
    served.store.holds(1).await;
    served.begin_to_stop();
    // While the server still drains.
    within("a refusal", async {
        loop {
            let Ok(connection) = served.transport.connect(&served.address).await else { return };
            // One that came before the door was closed is sent away without an answer.
            assert!(!is_served(connection.as_ref()).await);
        }
    })
    .await;
    assert!(!is_served(established.as_ref()).await);
    served.store.hold(false);
    assert!(busy.line().await.unwrap().contains("11.00"));
    served.stopped().await;
    assert!(within("a refusal", served.transport.connect(&served.address)).await.is_err());
}

async fn is_served(connection: &dyn Connection) -> bool {
    let Ok(mut channel) = within("open", connection.open()).await else { return false };
    let _ = channel.send(request(1, "hello", &["late"]).as_bytes()).await;
    match within("an answer or the end", channel.receive()).await {
        Ok(Some(frame)) => !String::from_utf8(frame).unwrap().contains("1402"),
        Ok(None) | Err(_) => false,
    }
}

async fn a_client_that_does_not_read_holds_nobody_up(wire: Wire) {
    let mut served = Served::at(wire, TerminalId::vault(), impatient()).await;
    served.open_usual("anna", "10.00").await;
    let _deaf = Deaf::hold(&served, "anna").await;
    assert!(is_in_use(&served).await);
    stops_in_time(&mut served).await;
    assert!(!is_in_use(&served).await);
}

/// As when the disk hangs.
async fn a_request_that_never_ends_holds_nobody_up(wire: Wire) {
    let mut served = Served::at(wire, TerminalId::vault(), impatient()).await;
    served.open_usual("anna", "10.00").await;
    served.store.hold(true);
    let mut stuck = logged_in(&served, "anna").await;
    stuck.write(format!("{}\n", request(2, "deposit", &["a", "1.00"])).as_bytes()).await.unwrap();
    served.store.holds(1).await;
    stops_in_time(&mut served).await;
    assert!(!is_in_use(&served).await);
    assert_eq!(stuck.line().await, None);
}

/// A caller that gives up on `serve` has no server any more, and can listen anew.
async fn a_dropped_server_is_a_stopped_one(wire: Wire) {
    let ends = Ends::with_handshakes_of(wire, HANDSHAKE);
    let served = Served::over(ends, TerminalId::vault(), Limits::default()).await;
    served.open_usual("anna", "10.00").await;
    let mut line = logged_in(&served, "anna").await;
    served.abort();
    assert_eq!(line.line().await, None);
    within("free the account", async { while is_in_use(&served).await {} }).await;
    within("a refusal", async {
        while served.transport.connect(&served.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

async fn stops_in_time(served: &mut Served) {
    let begun = Instant::now();
    served.begin_to_stop();
    served.stopped().await;
    assert!(begun.elapsed() < DRAIN + SLOW_MACHINE, "the server stopped after {:?}", begun.elapsed());
}

async fn is_in_use(served: &Served) -> bool {
    match served.bank.login("anna", "1324").await {
        Ok(session) => {
            session.log_out().await.unwrap();
            false
        }
        Err(Error::Declined(Decline::AccountInUse)) => true,
        Err(error) => panic!("{error}"),
    }
}
