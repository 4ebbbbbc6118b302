//! The bare echo: the same transport and frames of the same sizes, without a bank.

use std::sync::Arc;

use bank_engine::account::AccountId;
use bank_engine::ledger::{TransactionId, TransactionKind};
use bank_engine::money::{Amount, Currency, Minor};
use bank_engine::protocol::{
    BalanceParams, DepositParams, Request, RequestId, WithdrawParams, encode_request, encode_result,
};
use bank_engine::time::Timestamp;
use bank_engine::transport::{Channel, Connection, Listener, TransportError};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a bank is asked and what it answers, in the order of a worker's turns.
#[derive(Clone)]
pub(super) struct Frames {
    requests: Arc<[Vec<u8>; 3]>,
    answers: Arc<[Vec<u8>; 3]>,
}

impl Frames {
    /// Real requests and answers, about an account and an amount like those of the load.
    pub(super) fn sample(account: AccountId, amount: Amount) -> Frames {
        let id = 100_000;
        let balance = Minor(100_000).in_currency(Currency::USD);
        let standing = json!({
            "account": account, "currency": Currency::USD, "balance": balance, "available": balance,
        });
        let (transaction, text) = (TransactionId::generate(), amount.to_string());
        let deposit = DepositParams { transaction, amount: text.clone(), notes: Vec::new() };
        let withdrawal = WithdrawParams { transaction, amount: text };
        let receipt = |kind: TransactionKind| {
            json!({
                "transaction": TransactionId::generate(),
                "kind": kind,
                "at": Timestamp::from_unix_ms(1_700_000_000_123),
                "amount": amount,
                "balance": balance,
                "available": balance,
                "replayed": false,
            })
        };
        let number = RequestId::Number(id);
        Frames {
            requests: Arc::new([
                encode_request(id, &Request::Balance(BalanceParams::default())),
                encode_request(id, &Request::Deposit(deposit)),
                encode_request(id, &Request::Withdraw(withdrawal)),
            ]),
            answers: Arc::new([
                encode_result(&number, &standing),
                encode_result(&number, &receipt(TransactionKind::Deposit)),
                encode_result(&number, &receipt(TransactionKind::Withdrawal)),
            ]),
        }
    }

    pub(super) fn request(&self, turn: usize) -> &[u8] {
        of_turn(&self.requests, turn)
    }

    fn answer(&self, turn: usize) -> &[u8] {
        of_turn(&self.answers, turn)
    }
}

fn of_turn(frames: &[Vec<u8>; 3], turn: usize) -> &[u8] {
    let [first, second, third] = frames;
    match turn % 3 {
        0 => first,
        1 => second,
        _ => third,
    }
}

/// Answers every frame with one of the size that a bank's answer has, until `stop` is cancelled.
pub(super) async fn serve(mut listener: Box<dyn Listener>, frames: Frames, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    loop {
        let incoming = tokio::select! {
            () = stop.cancelled() => break,
            incoming = listener.accept() => incoming,
        };
        let Ok(incoming) = incoming else { continue };
        let (frames, stop) = (frames.clone(), stop.clone());
        tasks.spawn(async move {
            if let Ok(connection) = incoming.accept().await {
                let _ = stop.run_until_cancelled(serve_connection(connection, frames)).await;
            }
        });
    }
    listener.close().await;
    tasks.close();
    tasks.wait().await;
}

async fn serve_connection(connection: Box<dyn Connection>, frames: Frames) {
    let tasks = TaskTracker::new();
    while let Some(channel) = connection.accept().await {
        tasks.spawn(serve_channel(channel, frames.clone()));
    }
    tasks.close();
    tasks.wait().await;
}

async fn serve_channel(mut channel: Box<dyn Channel>, frames: Frames) -> Result<(), TransportError> {
    let mut turn = 0;
    while channel.receive().await?.is_some() {
        channel.send(frames.answer(turn)).await?;
        turn += 1;
    }
    Ok(())
}
