//! `bank_engine::open` on a journal, and again after it was closed.

use bank_engine::OpenError;
use bank_engine::bank::{Bank, Deposit, NewAccount};
use bank_engine::error_chain::error_chain;
use bank_engine::journal::{JournalError, Options};
use bank_engine::ledger::TransactionId;
use bank_engine::money::Currency;

use crate::support::quick_policy;

fn quick() -> Options {
    Options { policy: quick_policy(), ..Options::default() }
}

#[tokio::test]
async fn a_bank_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/bank");
    let bank = bank_engine::open_with(&path, quick()).await.unwrap();
    let (id, opening) = (TransactionId::generate(), TransactionId::generate());
    let secret = bank.hash("1324".into()).await.unwrap();
    bank.open_account(
        NewAccount::new("ac-1", Currency::USD).secret_hash(secret).opening_balance(opening, "10"),
    )
    .await
    .unwrap();
    let atm = bank.login("ac-1", "1324").await.unwrap();
    let receipt = atm.deposit(Deposit::new(id, "5")).await.unwrap();
    drop(atm);
    drop(bank);

    let bank = reopened(&path).await;
    let again = bank
        .open_account(
            NewAccount::new("ac-1", Currency::USD).secret_hash(secret).opening_balance(opening, "10"),
        )
        .await;
    assert!(again.unwrap().replayed);
    // The session ended with the process, as it were.
    let atm = bank.login("ac-1", "1324").await.unwrap();
    let replayed = atm.deposit(Deposit::new(id, "5")).await.unwrap();
    assert_eq!((replayed.balance, replayed.at, replayed.replayed), (receipt.balance, receipt.at, true));
}

/// Opens the journal as soon as the bank before it has let go: a dropped session is logged out in
/// the background, and its bank lives as long.
async fn reopened(path: &std::path::Path) -> Bank {
    crate::support::within("let go of the journal", async {
        loop {
            match bank_engine::open_with(path, quick()).await {
                Ok(bank) => return bank,
                Err(OpenError::Journal(JournalError::InUse { .. })) => tokio::task::yield_now().await,
                Err(error) => panic!("{}", error_chain(&error)),
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_journal_is_opened_once_at_a_time_and_foreign_files_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bank");
    let bank = bank_engine::open(&path).await.unwrap();
    let result = error_chain(&bank_engine::open(&path).await.err().unwrap());
    assert!(
        result.ends_with(&format!(
            "is in use by process {}; stop it first, or use another directory",
            std::process::id()
        )),
        "{result}"
    );
    drop(bank);
    bank_engine::open(&path).await.unwrap();

    let other = directory.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("letter.txt"), "dear").unwrap();
    let refused = bank_engine::open_with(&other, quick()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Journal(JournalError::NotAJournal { .. })), "{refused}");
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
}
