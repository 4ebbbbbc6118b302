//! `Bank::open` on a journal, and again after it was closed.

use bank_engine::bank::{Bank, BankError};
use bank_engine::error_chain::error_chain;
use bank_engine::journal::{JournalError, Options};
use bank_engine::ledger::{Decline, TransactionId};
use bank_engine::money::Currency;
use bank_engine::{OpenBank, OpenError};

use crate::support::quick_policy;

fn quick() -> Options {
    Options { policy: quick_policy(), ..Options::default() }
}

#[tokio::test]
async fn a_bank_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/bank");
    let bank = Bank::open_with(&path, quick()).await.unwrap();
    let (name, id) = ("ac-1".parse().unwrap(), TransactionId::generate());
    let secret = bank.hash("1324".into()).await.unwrap();
    bank.open_account(name, Currency::USD, secret, "10".parse().unwrap()).await.unwrap();
    let atm = bank.login("ac-1", "1324").await.unwrap();
    let receipt = atm.deposit(id, "5".parse().unwrap()).await.unwrap();
    drop(atm);
    drop(bank);

    let bank = reopened(&path).await;
    let again = bank.open_account(name, Currency::USD, secret, "10".parse().unwrap()).await;
    assert!(matches!(again, Err(BankError::Declined(Decline::AccountExists))));
    // The session ended with the process, as it were.
    let atm = bank.login("ac-1", "1324").await.unwrap();
    let replayed = atm.deposit(id, "5".parse().unwrap()).await.unwrap();
    assert_eq!((replayed.balance, replayed.at, replayed.replayed), (receipt.balance, receipt.at, true));
}

/// Opens the journal as soon as the bank before it has let go: a dropped session is logged out in
/// the background, and its bank lives as long.
async fn reopened(path: &std::path::Path) -> Bank {
    crate::support::within("let go of the journal", async {
        loop {
            match Bank::open_with(path, quick()).await {
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
    let bank = Bank::open(&path).await.unwrap();
    let result = error_chain(&Bank::open(&path).await.err().unwrap());
    assert!(
        result.ends_with(&format!(
            "is in use by process {}; stop it first, or use another directory",
            std::process::id()
        )),
        "{result}"
    );
    drop(bank);
    Bank::open(&path).await.unwrap();

    let other = directory.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("letter.txt"), "dear").unwrap();
    let refused = Bank::open(&other).await.err().unwrap();
    assert!(matches!(refused, OpenError::Journal(JournalError::NotAJournal { .. })), "{refused}");
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
}
