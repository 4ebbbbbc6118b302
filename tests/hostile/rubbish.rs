//! Random bytes and mistreated requests: each is answered or ends the line, and honest customers
//! notice nothing.

use std::panic;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use bank_engine::ledger::TransactionId;
use bank_engine::protocol::Code;
use bank_engine_core::testing::Random;
use serde_json::Value;

use crate::golden::request;
use crate::support::{Death, Served, Wire, code, over_every_wire, within};

over_every_wire! { rubbish_is_answered_or_ends_the_line }

/// Hostile clients one after another, each with so many pieces of rubbish.
const CLIENTS: usize = 40;
const PIECES: usize = 12;

/// Panics outside the tests' own files, in any test of this process.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A task of the server that panics ends its client's line, which looks like a polite close.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            if !place.starts_with("tests/") {
                PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
            }
            before(info);
        }));
    });
}

async fn rubbish_is_answered_or_ends_the_line(wire: Wire) {
    watch_panics();
    let served = Served::on(wire).await;
    for account in ["anna", "bert", "mallory"] {
        served.open_usual(account, "100.00").await;
    }
    let mut honest = served.atm().await;
    honest.login("anna").await.unwrap();
    let mut random = Random::from_environment();
    for _ in 0..CLIENTS {
        attack(&served, &mut random).await;
        served.bank.unlock("mallory", ("olga".parse().unwrap(), "a test".parse().unwrap())).await.unwrap();
        // A customer who is served meanwhile, and finds exactly what is theirs.
        let id = TransactionId::generate();
        honest.client.deposit(id, "2.00".parse().unwrap()).await.unwrap();
        let receipt =
            honest.client.withdraw(TransactionId::generate(), "2.00".parse().unwrap()).await.unwrap();
        assert_eq!(receipt.balance.to_string(), "100.00");
    }
    assert_eq!(served.sum_and_credits().await.0, 0);
    let mut mallory = served.atm().await;
    within("mallory's account", async {
        while let Some(code) = code(mallory.login("mallory").await) {
            assert_eq!(code, Code::AccountInUse.number());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(panics.is_empty(), "{panics:?}");
}

/// One client's visit: rubbish, and what comes back, until one side ends it.
async fn attack(served: &Served, random: &mut Random) {
    let mut line = served.rough().await;
    if random.below(4) > 0 {
        line.ask(&request(1, "hello", &["mallory"])).await;
        if random.below(2) == 0 {
            line.ask(&request(2, "login", &["mallory", "1324"])).await;
        }
    }
    for _ in 0..PIECES {
        let mut piece = rubbish(random);
        piece.push(b'\n');
        let lines = piece.iter().filter(|byte| **byte == b'\n').count();
        if line.write(&piece).await.is_err() {
            return;
        }
        for _ in 0..lines {
            let Some(answer) = line.line().await else { return };
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert!(answer["result"].is_object() || answer["error"]["code"].is_i64(), "{answer}");
        }
    }
    match random.below(3) {
        0 => line.die(Death::Dropped),
        1 => line.die(Death::Reset),
        _ => {
            let piece = rubbish(random);
            let _ = line.write(&piece).await;
            line.die(Death::Reset);
        }
    }
}

fn rubbish(random: &mut Random) -> Vec<u8> {
    let mut bytes = match random.below(8) {
        0 => return noise(random, 300),
        1 => return b"[".repeat(random.below(20_000)),
        2 => return br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"#.repeat(1 + random.below(900)),
        _ => valid(random).into_bytes(),
    };
    for _ in 0..random.below(4) {
        mistreat(&mut bytes, random);
    }
    bytes
}

fn valid(random: &mut Random) -> String {
    let id = random.number().cast_signed().unsigned_abs() >> 1;
    let name = format!("r{}", random.below(1000));
    let amount = ["1.00", "0.01", "99999999999999.99", "0", "-1.00", "1e9", "1.001"][random.below(7)];
    match random.below(12) {
        0 => request(id, "hello", &["mallory"]),
        1 => request(id, "login", &["mallory", "1324"]),
        2 => request(id, "login", &["bert", "0000"]),
        3 => request(id, "deposit", &[&name, amount]),
        4 => request(id, "withdraw", &[&name, amount]),
        5 => request(id, "transfer", &[&name, "bert", amount]),
        6 => request(id, "transfer", &[&name, "$$:USD", amount, "to the bank itself"]),
        7 => request(id, "statement", &["50", "18446744073709551615"]),
        // With the right one a mistreated request could change it to what nobody knows.
        8 => request(id, "change_secret", &["9999", "9998"]),
        9 => request(id, "logout", &[]),
        10 => request(id, "ping", &[]),
        _ => request(id, "balance", &[]),
    }
}

fn mistreat(bytes: &mut Vec<u8>, random: &mut Random) {
    const TOKENS: &[&[u8]] = &[
        b"null",
        b"1e999",
        b"\"\"",
        b"{}",
        b"[]",
        b"\\ud800",
        b"\0",
        b"\xff\xfe",
        b"-0",
        b"\n",
        b"\r\n",
        b"\"id\":1,",
    ];
    if bytes.is_empty() {
        return;
    }
    let place = random.below(bytes.len());
    let end = place + random.below(bytes.len() - place + 1);
    match random.below(6) {
        0 => bytes[place] ^= 1 << random.below(8),
        1 => bytes.truncate(place),
        2 => drop(bytes.drain(place..end)),
        3 => bytes.extend_from_within(place..end),
        4 => drop(bytes.splice(place..place, TOKENS[random.below(TOKENS.len())].iter().copied())),
        _ => drop(bytes.splice(place..place, noise(random, 8))),
    }
}

fn noise(random: &mut Random, length_max: usize) -> Vec<u8> {
    (0..random.below(length_max + 1)).map(|_| random.number().to_le_bytes()[0]).collect()
}
