//! What a journal does when it is opened.

use std::path::Path;
use std::sync::Arc;

use bank_core::auth::{HashCost, SecretHash};
use bank_core::bank::Bank;
use bank_core::ledger::{Span, TransactionId};
use bank_core::money::Currency;
use bank_core::policy::Policy;
use bank_store_journal::{JournalStore, Options};

fn open(path: &Path, segment_bytes: u64) -> Bank {
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    let options = Options { policy, segment_bytes, ..Options::default() };
    Bank::on(Arc::new(JournalStore::open(path, options).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let secret = SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap();
    let bank = open(directory.path(), 4096);
    for name in ["a", "b"] {
        let balance = "1000".parse().unwrap();
        bank.open_account(name.parse().unwrap(), Currency::USD, secret, balance).await.unwrap();
    }
    let mut ids = Vec::new();
    {
        let session = bank.login("a", "1324").await.unwrap();
        for _ in 0..500 {
            let id = TransactionId::generate();
            ids.push(id);
            session.transfer(id, "b", "0.01".parse().unwrap(), None).await.unwrap();
        }
        session.log_out().await.unwrap();
    }
    drop(bank);
    for _ in 0..3 {
        let bank = open(directory.path(), 4096);
        let session = bank.login("a", "1324").await.unwrap();
        assert_eq!(session.balance().await.unwrap().balance, "995".parse().unwrap());
        for id in &ids {
            let receipt = session.transfer(*id, "b", "0.01".parse().unwrap(), None).await.unwrap();
            assert!(receipt.replayed);
        }
        let page = session.statement(Span { limit: 3, before: Some(100), ..Span::default() }).await.unwrap();
        assert_eq!(page.entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [99, 98, 97]);
        session.log_out().await.unwrap();
    }
    let names: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    println!("{names:?}");
}
