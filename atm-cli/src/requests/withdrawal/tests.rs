#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bank_engine::auth::HashCost;
use bank_engine::policy::Policy;
use bank_engine::server::{Limits, serve};
use bank_engine::transport::{MemoryTransport, Transport};

use super::*;
use crate::machine::Identity;
use crate::machine::dispenser::Dispenser;
use crate::machine::journal::Journal;

const KEY: &str = "the key of atm-1";

/// Counts how often it paid out.
struct Counting(Arc<AtomicU32>);

#[async_trait]
impl Dispenser for Counting {
    async fn pay_out(&mut self, bundle: &Bundle) -> PaidOut {
        self.0.fetch_add(1, Ordering::SeqCst);
        PaidOut::Cash(bundle.clone())
    }
}

/// Where the journal can't be written nothing is paid out of which it does not know; what came out
/// is shown all the same, and then nothing more comes out.
#[tokio::test]
async fn no_cash_comes_out_unwritten() {
    for steps in 0..=5 {
        let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
        let bank = bank_engine::bank::Bank::builder().policy(policy).account("anna", "1324", "100.00");
        let bank = bank.build().await.unwrap();
        let terminal = "atm-1".parse().unwrap();
        let key = bank.hash(KEY.into()).await.unwrap();
        bank.add_terminal(terminal, Currency::USD, Some(key), None).await.unwrap();
        let cash = bank_engine::ledger::Cash::of(Currency::USD, "1000".parse().unwrap());
        bank.for_terminal(terminal).load(TransactionId::generate(), cash, None).await.unwrap();
        let wire = MemoryTransport::new();
        let listener = wire.listen("bank").await.unwrap();
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn(serve(bank.clone(), vec![listener], Limits::default(), stop.clone()));
        let folder = tempfile::tempdir().unwrap();
        let mut journal =
            Journal::open(&folder.path().join("journal"), terminal).unwrap_or_else(|e| panic!("{e}"));
        journal.fail_after(steps);
        let paid = Arc::new(AtomicU32::new(0));
        let machine = Machine::anonymous(Box::new(Counting(Arc::clone(&paid)))).with_journal(journal);
        let identity = Identity { terminal, key: KEY.into() };
        let atm = BankConnection::at(Box::new(wire), "bank").for_machine(machine, Some(identity));
        let mut line = atm.connect().await.unwrap_or_else(|failure| panic!("{failure}"));
        line.client.login("anna", "1324").await.unwrap();
        let amount = "20".parse().unwrap();
        let wanted =
            WithdrawalRequest { amount, currency: Currency::USD, transaction: None, output: Output::Json };
        let done = withdraw(&atm, &mut line, wanted, &mut Vec::new()).await;
        assert_eq!(done.is_ok(), steps > 2, "{steps} steps");
        assert_eq!(paid.load(Ordering::SeqCst), u32::from(steps > 2), "{steps} steps");
        let balance = line.client.balance().await.unwrap();
        let left = if steps > 2 { "80" } else { "100" };
        assert_eq!(balance.available, left.parse().unwrap(), "{steps} steps");
        assert!(bank.holds(Default::default()).await.unwrap().holds.is_empty(), "{steps} steps");
        let again = withdraw(&atm, &mut line, wanted, &mut Vec::new()).await;
        assert!(again.is_err_and(|failure| failure.to_string().contains("cannot write the journal")));
        assert_eq!(paid.load(Ordering::SeqCst), u32::from(steps > 2), "{steps} steps");
        stop.cancel();
    }
}
