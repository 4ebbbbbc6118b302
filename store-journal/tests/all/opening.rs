//! What a journal does when it is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::account::AccountId;
use bank_engine_core::auth::{HashCost, SecretHash};
use bank_engine_core::bank::{Bank, NewAccount, NewHold, Transfer, Withdrawal};
use bank_engine_core::clock::ManualClock;
use bank_engine_core::day::BusinessDay;
use bank_engine_core::ledger::{LimitsRequest, Memo, StatementQuery, Transaction, TransactionId};
use bank_engine_core::money::Currency;
use bank_engine_core::policy::Policy;
use bank_engine_core::time::Timestamp;
use bank_engine_journal::{JournalError, JournalStore, Options, transactions};

fn open(path: &Path, segment_bytes: u64) -> Bank {
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    let options = Options { policy, segment_bytes, ..Options::default() };
    Bank::with_store(Arc::new(JournalStore::open(path, options).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let secret = SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap();
    let bank = open(directory.path(), 4096);
    for name in ["a", "b"] {
        bank.open_account(
            NewAccount::new(name, Currency::USD)
                .secret_hash(secret)
                .opening_balance(TransactionId::generate(), "1000"),
        )
        .await
        .unwrap();
    }
    let mut ids = Vec::new();
    {
        let session = bank.login("a", "1324").await.unwrap();
        for _ in 0..500 {
            let id = TransactionId::generate();
            ids.push(id);
            session.transfer(Transfer::new(id, "0.01").to("b")).await.unwrap();
        }
        session.log_out().await.unwrap();
    }
    drop(bank);
    for _ in 0..3 {
        let bank = open(directory.path(), 4096);
        let session = bank.login("a", "1324").await.unwrap();
        assert_eq!(session.balance().await.unwrap().balance, "995".parse().unwrap());
        for id in &ids {
            let receipt = session.transfer(Transfer::new(*id, "0.01").to("b")).await.unwrap();
            assert!(receipt.replayed);
        }
        let page = session
            .statement(StatementQuery { limit: 3, before: Some(100), ..StatementQuery::default() })
            .await
            .unwrap();
        assert_eq!(page.entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [99, 98, 97]);
        session.log_out().await.unwrap();
    }
    let names: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    println!("{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_movement_is_reported_once_and_in_order_until_the_listener_fails() {
    let directory = tempfile::tempdir().unwrap();
    let secret = SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap();
    let bank = open(directory.path(), 4096);
    for name in ["a", "b"] {
        bank.open_account(
            NewAccount::new(name, Currency::USD)
                .secret_hash(secret)
                .opening_balance(TransactionId::generate(), "1000"),
        )
        .await
        .unwrap();
    }
    let session = bank.login("a", "1324").await.unwrap();
    let ids: Vec<_> = (0..100).map(|_| TransactionId::generate()).collect();
    for id in &ids {
        let memo = Some("so");
        session
            .transfer(memo.into_iter().fold(Transfer::new(*id, "0.01").to("b"), Transfer::memo))
            .await
            .unwrap();
    }

    // While the journal is open, and over several segments.
    let mut result = Vec::new();
    let visit = |transaction: &Transaction| {
        result.push(transaction.clone());
        Ok::<(), JournalError>(())
    };
    let mut segments = 0;
    let books = transactions(directory.path(), visit, &mut |_, _| segments += 1).unwrap();
    assert!(segments > 1, "there is only one segment");
    let transfers: Vec<_> = result.iter().skip(2).map(|transaction| transaction.id).collect();
    assert_eq!(transfers, ids);
    let (last, a) = (result.last().unwrap(), books.account(&"a".parse().unwrap()).unwrap());
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

/// At the start only this can be known: the records are ahead of the clock.
#[tokio::test(flavor = "multi_thread")]
async fn records_ahead_of_the_clock_are_opened_by_those_who_accept_it_alone() {
    let directory = tempfile::tempdir().unwrap();
    let secret = SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap();
    let start: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    let year = Duration::from_secs(365 * 24 * 3600);
    let on = |at: Timestamp, accept_clock| {
        let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
        let clock = Arc::new(ManualClock::with_elapsed_time(at));
        let options =
            Options { policy, clock: Arc::clone(&clock) as Arc<_>, accept_clock, ..Options::default() };
        JournalStore::open(directory.path(), options).map(|store| (Bank::with_store(Arc::new(store)), clock))
    };
    let (bank, _) = on(start.after(year), false).unwrap();
    for name in ["a", "b"] {
        bank.open_account(
            NewAccount::new(name, Currency::USD)
                .secret_hash(secret)
                .opening_balance(TransactionId::generate(), "1000"),
        )
        .await
        .unwrap();
    }
    drop(bank);
    match on(start, false).err() {
        Some(JournalError::ClockBehind { last, wall }) => {
            assert_eq!((last, wall), (start.after(year), start));
        }
        other => panic!("{other:?}"),
    }
    // Ten minutes are within what a clock may be off.
    drop(on(start.after(year - Duration::from_secs(600)), false).unwrap());

    let (bank, clock) = on(start, true).unwrap();
    let session = bank.login("a", "1324").await.unwrap();
    let hold = TransactionId::generate();
    let five = "5";
    let minute = Duration::from_secs(60);
    let placed = session.authorise(NewHold::new(hold, five).to("b").lasts(minute)).await.unwrap();
    assert_eq!(placed.at, start.after(year));
    clock.advance(minute);
    // Time-outs are no later for it, and dates go on.
    let result = session.balance().await.unwrap();
    assert_eq!(result.available, result.balance);
    let receipt = session.transfer(Transfer::new(TransactionId::generate(), five).to("b")).await.unwrap();
    assert_eq!(receipt.at, start.after(year + minute));
    let page = session.statement(StatementQuery::default()).await.unwrap();
    assert_eq!(page.clock_ahead_seconds, Some(365 * 24 * 3600));
    // The clock is set right, and has passed the records.
    clock.set(start.after(year + 2 * minute));
    let receipt = session.transfer(Transfer::new(TransactionId::generate(), five).to("b")).await.unwrap();
    assert_eq!(receipt.at, start.after(year + 2 * minute));
    assert_eq!(bank.clock().ahead_ms, None);
}

/// A bank that moves to another zone, or begins its days at another time, gives no allowance twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_zone_gives_no_allowance_twice() {
    let directory = tempfile::tempdir().unwrap();
    let secret = SecretHash::new(&"1324".into(), [0; 16], HashCost::LEAST).unwrap();
    let on = |zone: &str, begins: u16, at: &str| {
        let business_day = BusinessDay::new(zone, begins).unwrap();
        let policy = Policy { hash_cost: HashCost::LEAST, business_day, ..Policy::default() };
        let clock = Arc::new(ManualClock::at(at.parse().unwrap()));
        let options = Options { policy, clock, ..Options::default() };
        Bank::with_store(Arc::new(JournalStore::open(directory.path(), options).unwrap()))
    };
    let account: AccountId = "a".parse().unwrap();
    let bank = on("Europe/Berlin", 0, "2026-06-30T22:30:00Z");
    bank.open_account(
        NewAccount::new(account, Currency::USD)
            .secret_hash(secret)
            .opening_balance(TransactionId::generate(), "1000"),
    )
    .await
    .unwrap();
    let limits = LimitsRequest { day_amount_max: Some("100".parse().unwrap()), ..LimitsRequest::default() };
    let (olga, reason) = ("olga".parse().unwrap(), "as agreed".parse().unwrap());
    bank.set_limits(account, limits.into(), (olga, reason)).await.unwrap();
    drop(bank);
    let draw = async |bank: Bank| {
        let session = bank.login("a", "1324").await.unwrap();
        let drawn = session.withdraw(Withdrawal::new(TransactionId::generate(), "100")).await;
        session.log_out().await.unwrap();
        drawn.map(|receipt| receipt.at).map_err(|error| error.code())
    };
    // It is the 1st of July in Berlin, the 30th of June in UTC and New York, and the 1st in Apia.
    assert!(draw(on("Europe/Berlin", 0, "2026-06-30T22:30:00Z")).await.is_ok());
    for (zone, begins, at) in [
        ("Europe/Berlin", 0, "2026-07-01T21:59:59Z"),
        ("UTC", 0, "2026-07-01T22:00:00Z"),
        ("UTC", 0, "2026-07-01T23:59:59Z"),
        ("America/New_York", 0, "2026-07-02T03:59:59Z"),
        ("Europe/Berlin", 12 * 60, "2026-07-02T09:59:59Z"),
    ] {
        assert_eq!(draw(on(zone, begins, at)).await, Err(1211), "{zone} {begins} {at}");
    }
    assert!(draw(on("Europe/Berlin", 12 * 60, "2026-07-02T10:00:00Z")).await.is_ok());
    // Back to midnight: the 2nd of July goes on, and does not begin again.
    assert_eq!(draw(on("Europe/Berlin", 0, "2026-07-02T21:59:59Z")).await, Err(1211));
    assert!(draw(on("Europe/Berlin", 0, "2026-07-02T22:00:00Z")).await.is_ok());
}

/// A unit of the bank's own keeps its decimals once an account counts in it, also out of a checkpoint.
#[tokio::test(flavor = "multi_thread")]
async fn a_unit_keeps_its_decimals() {
    let directory = tempfile::tempdir().unwrap();
    let on = |exponent: Option<u8>| {
        let units = exponent.map(|exponent| Currency::unit("POINTS", exponent).unwrap());
        let policy = Policy { units: units.into_iter().collect(), ..Policy::default() };
        let options = Options { policy, segment_bytes: 4096, ..Options::default() };
        JournalStore::open(directory.path(), options).map(|store| Bank::with_store(Arc::new(store)))
    };
    let bank = on(Some(3)).unwrap();
    bank.open_account(NewAccount::new("source", "POINTS").without_minimum()).await.unwrap();
    bank.open_account(NewAccount::new("anna", "POINTS").minimum_balance("-0.5")).await.unwrap();
    for _ in 0..100 {
        let transfer = Transfer::new(TransactionId::generate(), "0.001").from("source").to("anna");
        bank.transfer(transfer).await.unwrap();
    }
    drop(bank);
    match on(Some(2)).err() {
        Some(JournalError::OtherUnit { unit, recorded, declared }) => {
            assert_eq!((unit.as_str(), recorded, declared), ("POINTS", 3, 2));
        }
        other => panic!("{other:?}"),
    }
    for exponent in [None, Some(3)] {
        let bank = on(exponent).unwrap();
        assert_eq!(bank.balance("anna").await.unwrap().to_string(), "0.100 POINTS");
        let new = NewAccount::new("bert", "POINTS");
        assert_eq!(bank.open_account(new).await.is_ok(), exponent.is_some());
        let again = NewAccount::new("anna", "POINTS").minimum_balance("-0.5");
        if exponent.is_some() {
            assert!(bank.open_account(again).await.unwrap().replayed);
        }
    }
}
