//! A client over a limit gets an error and is dropped; others notice nothing.

use std::time::Duration;

use bank_engine::account::TerminalId;
use bank_engine::client::{Client, ClientError};
use bank_engine::protocol::Code;
use bank_engine::server::Limits;
use bank_engine::transport::Transport;

use crate::golden::request;
use crate::support::{Atm, Rough, Served, Wire, over_every_wire, refused, within};

over_every_wire! {
    connections_in_all
    connections_of_a_peer
    channels_in_all
    silence_before_the_first_message
    silence_between_two_messages
    a_connection_without_a_channel
}

/// Short enough for a test to wait for, long enough for a slow machine to speak within.
const SILENCE_MAX: Duration = Duration::from_millis(700);

async fn served(wire: Wire, limits: Limits) -> Served {
    let served = Served::at(wire, TerminalId::vault(), limits).await;
    served.open_usual("anna", "10.00").await;
    served
}

/// A terminal that gets `code` instead of being welcomed.
async fn turned_away(served: &Served, code: Code) {
    let connection = served.dial().await;
    // Where the transport reports the end before the bank's word is read, the word may be lost
    // with what was sent into the closed line; so nothing is sent but what shows the channel.
    let mut channel = within("open", connection.open()).await.unwrap();
    let _ = channel.send(request(1, "hello", &["late"]).as_bytes()).await;
    let word = within("a word", channel.receive()).await.unwrap().expect("a word");
    let word: serde_json::Value = serde_json::from_slice(&word).unwrap();
    assert_eq!((&word["id"], &word["error"]["code"]), (&serde_json::Value::Null, &code.number().into()));
    assert!(matches!(within("the end", channel.receive()).await, Ok(None)));
}

/// A place that was left is free again, if not at the same instant.
async fn gets_in(served: &Served) -> Atm {
    within("a free place", async {
        loop {
            let connection = served.dial().await;
            match Client::handshake(connection.open().await.unwrap(), "next").await {
                Ok(client) => return Atm::with(client, connection),
                Err(ClientError::Refused(_) | ClientError::Transport(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await
}

async fn all_at_work(atms: &mut [Atm]) {
    for atm in atms {
        atm.client.ping().await.unwrap();
    }
}

async fn connections_in_all(wire: Wire) {
    let served = served(wire, Limits { connections_max: 3, ..Limits::default() }).await;
    let mut atms = served.atms(3, 3).await;
    for _ in 0..5 {
        turned_away(&served, Code::Overloaded).await;
        all_at_work(&mut atms).await;
    }
    drop(atms.pop());
    atms.push(gets_in(&served).await);
    all_at_work(&mut atms).await;
    turned_away(&served, Code::Overloaded).await;
}

async fn connections_of_a_peer(wire: Wire) {
    let served = served(wire, Limits { connections_a_peer_max: 2, ..Limits::default() }).await;
    let mut atms = served.atms(2, 2).await;
    turned_away(&served, Code::RateLimited).await;
    if wire == Wire::Memory {
        let elsewhere = served.ends.memory.from_host("elsewhere");
        let connection = elsewhere.connect(&served.address).await.unwrap();
        Atm::on(connection.into()).await.client.ping().await.unwrap();
    }
    all_at_work(&mut atms).await;
    drop(atms.pop());
    atms.push(gets_in(&served).await);
    turned_away(&served, Code::RateLimited).await;
    all_at_work(&mut atms).await;
}

async fn channels_in_all(wire: Wire) {
    let served = served(wire, Limits { channels_max: 3, ..Limits::default() }).await;
    let mut atms = served.atms(3, 2).await;
    turned_away(&served, Code::Overloaded).await;
    all_at_work(&mut atms).await;
    atms.pop().unwrap().client.close().await;
    atms.push(gets_in(&served).await);
    all_at_work(&mut atms).await;
}

async fn channels_of_a_connection(wire: Wire) {
    let served = served(wire, Limits { channels_a_connection_max: 2, ..Limits::default() }).await;
    let (crowded, other) = (served.dial().await, served.dial().await);
    let mut atms = Vec::new();
    for connection in [&crowded, &crowded, &other] {
        atms.push(Atm::on(connection.clone()).await);
    }
    let late = crowded.open().await.unwrap();
    assert_eq!(
        Client::handshake(late, "late").await.map(drop).map_err(code_of),
        Err(Code::RateLimited.number())
    );
    atms.push(Atm::on(other).await);
    all_at_work(&mut atms).await;
    atms.remove(0).client.close().await;
    within("a free place", async {
        while Client::handshake(crowded.open().await.unwrap(), "next").await.is_err() {}
    })
    .await;
}

fn code_of(error: ClientError) -> i32 {
    refused::<()>(Err(error))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_of_a_connection_in_memory() {
    channels_of_a_connection(Wire::Memory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_of_a_connection_over_quic() {
    channels_of_a_connection(Wire::Quic).await;
}

async fn silence_before_the_first_message(wire: Wire) {
    let limits = Limits { first_message_time_max: SILENCE_MAX, ..Limits::default() };
    let served = served(wire, limits).await;
    let mut honest = served.atm().await;
    let mut silent = served.rough().await;
    // Half a message is none.
    silent.write(b"{").await.unwrap();
    silent.is_dropped_with(Code::HelloRequired).await;
    honest.client.ping().await.unwrap();
}

async fn silence_between_two_messages(wire: Wire) {
    let served = served(wire, Limits { idle_time_max: SILENCE_MAX, ..Limits::default() }).await;
    let mut silent = Rough::logged_in(&served, "anna").await;
    silent.write(b"half a line").await.unwrap();
    silent.is_dropped_with(Code::SessionExpired).await;
    // Answered only once the account is free, so there is nothing to wait for.
    served.atm().await.login("anna").await.unwrap();
}

/// On a transport of many channels such a connection holds a place, and must lose it.
async fn a_connection_without_a_channel(wire: Wire) {
    let limits = Limits { first_message_time_max: SILENCE_MAX, connections_max: 1, ..Limits::default() };
    let served = served(wire, limits).await;
    let idle = served.dial().await;
    gets_in(&served).await.client.ping().await.unwrap();
    drop(idle);
}
