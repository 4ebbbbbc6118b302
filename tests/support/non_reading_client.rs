//! A client that sends and does not read.

use bank_engine::ledger::TransactionId;
use serde_json::Value;

use super::{Rough, Served, within};
use crate::golden::request;

/// A statement of so many entries makes an answer far longer than its request.
const ENTRIES: usize = 50;

/// A client that has sent so many requests, and taken no answer, that the bank waits for it.
pub struct Deaf {
    line: Rough,
    sent: u64,
    rest: Vec<u8>,
}

impl Deaf {
    /// Holds an account whose PIN is the usual one.
    pub async fn hold(served: &Served, account: &str) -> Deaf {
        let mut line = served.rough().await;
        line.ask(&request(1, "hello", &[account])).await;
        line.ask(&request(2, "login", &[account, "1324"])).await;
        for number in 0..ENTRIES {
            let id = TransactionId::generate();
            let deposit = format!(
                r#"{{"jsonrpc":"2.0","id":{number},"method":"deposit","params":{{"transaction":"{id}","amount":"1"}}}}"#
            );
            line.ask(&deposit).await;
        }
        let statement = |number| request(number, "statement", &["50"]);
        let (sent, rest) = within("clog", line.clog(statement)).await;
        Deaf { line, sent, rest }
    }

    /// Takes every answer after all, and finds them whole and in order.
    pub async fn listen(&mut self) {
        let Deaf { line, sent, rest } = self;
        let in_order = |number: u64, answer: &str| {
            let head = format!("{{\"jsonrpc\":\"2.0\",\"id\":{number},\"result\":");
            assert!(answer.starts_with(&head), "{answer} is not the answer to {number}");
            if number == *sent {
                let answer: Value = serde_json::from_str(answer).unwrap();
                assert_eq!(answer["result"]["entries"].as_array().unwrap().len(), ENTRIES);
            }
        };
        line.unclog(*sent, rest, in_order).await;
        assert!(line.ask(&request(0, "ping", &[])).await.contains("\"result\""));
    }
}
