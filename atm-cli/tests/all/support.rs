//! A bank for the tests.

use std::sync::Arc;

use bank_engine::Identity;
use bank_engine::auth::HashCost;
use bank_engine::bank::Bank;
use bank_engine::clock::ManualClock;
use bank_engine::endpoint::{Endpoint, PlainTcp};
use bank_engine::ledger::{Cash, TransactionId};
use bank_engine::money::Currency;
use bank_engine::policy::Policy;
use bank_engine::server::{Limits, serve};
use bank_engine::time::Timestamp;
use bank_engine::transport::Listener;
use tokio_util::sync::CancellationToken;

pub(crate) async fn bank() -> (Bank, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_769_860_800_000)));
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    let bank = Bank::builder().policy(policy).clock(Arc::clone(&clock) as Arc<_>);
    let bank = bank.account("anna", "1324", "100.00").account("bert", "4321", "5.00");
    let bank = bank.build().await.unwrap();
    let cash = Cash::of(Currency::USD, "10000.00".parse().unwrap());
    bank.load(TransactionId::generate(), cash, None).await.unwrap();
    (bank, clock)
}

pub(crate) fn serve_within(limits: Limits, bank: Bank, listener: Box<dyn Listener>) -> CancellationToken {
    let stop = CancellationToken::new();
    tokio::spawn(serve(bank, vec![listener], limits, stop.clone()));
    stop
}

/// A bank served on loopback over the transport of `scheme`, and its fingerprint.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) fingerprint: String,
    pub(crate) stop: CancellationToken,
}

pub(crate) async fn served(scheme: &str) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::load_or_create(folder.path(), &[]).unwrap();
    let endpoint: Endpoint = format!("{scheme}://127.0.0.1:0").parse().unwrap();
    let listener = endpoint.listener(Some(&identity), PlainTcp::LoopbackOnly).await.unwrap();
    let url = format!("{scheme}://{}", listener.address());
    let stop = serve_within(Limits::default(), bank().await.0, listener);
    Served { url, fingerprint: identity.fingerprint().to_string(), stop }
}
