//! What a journal does when it is opened.

use std::path::Path;
use std::sync::Arc;

use bank_core::auth::{HashCost, SecretHash};
use bank_core::bank::Bank;
use bank_core::ledger::{Memo, Span, Transaction, TransactionId};
use bank_core::money::Currency;
use bank_core::policy::Policy;
use bank_store_journal::{JournalError, JournalStore, Options, transactions};

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

#[tokio::test(flavor = "multi_thread")]
async fn every_movement_is_told_once_and_in_order_until_the_listener_fails() {
    let directory = tempfile::tempdir().unwrap();
    let secret = SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap();
    let bank = open(directory.path(), 4096);
    for name in ["a", "b"] {
        let balance = "1000".parse().unwrap();
        bank.open_account(name.parse().unwrap(), Currency::USD, secret, balance).await.unwrap();
    }
    let session = bank.login("a", "1324").await.unwrap();
    let ids: Vec<_> = (0..100).map(|_| TransactionId::generate()).collect();
    for id in &ids {
        let memo = Some("so".parse().unwrap());
        session.transfer(*id, "b", "0.01".parse().unwrap(), memo).await.unwrap();
    }

    // While the journal is open, and over several segments.
    let mut told = Vec::new();
    let visit = |transaction: &Transaction| {
        told.push(transaction.clone());
        Ok::<(), JournalError>(())
    };
    let mut segments = 0;
    let books = transactions(directory.path(), visit, &mut |_, _| segments += 1).unwrap();
    assert!(segments > 1, "there is only one segment");
    let transfers: Vec<_> = told.iter().skip(2).map(|transaction| transaction.id).collect();
    assert_eq!(transfers, ids);
    let (last, a) = (told.last().unwrap(), books.account(&"a".parse().unwrap()).unwrap());
    assert_eq!((last.from.account, last.from.balance), (a.id, a.balance));
    assert_eq!((last.from.entry, last.memo.as_ref().map(Memo::as_str)), (101, Some("so")));

    let (mut seen, mut all) = (0, |_, _| {});
    let failed = transactions(
        directory.path(),
        |_| {
            seen += 1;
            if seen < 7 { Ok(()) } else { Err(Stopped::Here) }
        },
        &mut all,
    );
    assert!(matches!(failed, Err(Stopped::Here)), "{failed:?}");
    assert_eq!(seen, 7);
}

#[derive(Debug)]
enum Stopped {
    Here,
    Journal(#[expect(dead_code)] JournalError),
}

impl From<JournalError> for Stopped {
    fn from(error: JournalError) -> Self {
        Stopped::Journal(error)
    }
}
