//! What a program that embeds the bank does, logged in nowhere.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use bank_engine_core::account::Direction;
use bank_engine_core::auth::HashCost;
use bank_engine_core::bank::{
    Adjustment, Bank, By, Capture, Deposit, DispenseReport, NewAccount, NewHold, Reversal, Transfer,
    TransferBatch, Withdrawal,
};
use bank_engine_core::error::Error;
use bank_engine_core::ledger::{
    Decline, Fact, Field, HoldsQuery, LimitsRequest, StatementQuery, TransactionId,
};
use bank_engine_core::policy::Policy;
use bank_engine_core::store::{MemoryStore, Position};

async fn bank() -> Bank {
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    let bank = Bank::with_store(Arc::new(MemoryStore::new(policy)));
    bank.open_account(NewAccount::new("processor", "USD").without_minimum()).await.unwrap();
    for account in ["anna", "shop", "fees"] {
        bank.open_account(NewAccount::new(account, "USD")).await.unwrap();
    }
    bank
}

async fn top_up(bank: &Bank, account: &str, amount: &str) {
    bank.transfer(Transfer::new(id(), amount).from("processor").to(account)).await.unwrap();
}

fn id() -> TransactionId {
    TransactionId::generate()
}

async fn balance(bank: &Bank, account: &str) -> String {
    bank.balance(account).await.unwrap().balance.to_string()
}

fn declined<T: std::fmt::Debug>(result: Result<T, Error>) -> Decline {
    match result {
        Err(Error::Declined(decline)) => decline,
        other => panic!("{other:?}"),
    }
}

fn field<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, String) {
    match result {
        Err(Error::Invalid(invalid)) => (invalid.field(), invalid.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn money_moves_between_accounts_that_nobody_logs_in_to() {
    let bank = bank().await;
    top_up(&bank, "anna", "50.00").await;
    let sale = TransferBatch::new()
        .transfer(Transfer::new(id(), "9.50").from("anna").to("shop").memo("order 17"))
        .transfer(Transfer::new(id(), "0.50").from("anna").to("fees"));
    let would = bank.dry_run(sale.clone()).await.unwrap();
    assert_eq!(balance(&bank, "anna").await, "50.00");
    assert_eq!(bank.transfer_batch(sale.clone()).await.unwrap()[1].balance, would[1].balance);
    assert!(bank.transfer_batch(sale).await.unwrap().iter().all(|receipt| receipt.replayed));
    assert_eq!(balance(&bank, "anna").await, "40.00");
    assert_eq!(balance(&bank, "processor").await, "-50.00");
    let both = TransferBatch::new()
        .transfer(Transfer::new(id(), "40.00").from("anna").to("shop"))
        .transfer(Transfer::new(id(), "0.01").from("anna").to("fees"));
    let refused = bank.transfer_batch(both).await.unwrap_err();
    assert!(refused.is_declined() && refused.code() == 1202, "{refused}");
    assert_eq!(balance(&bank, "anna").await, "40.00");
    let page = bank.statement("anna", StatementQuery::default()).await.unwrap();
    assert_eq!(page.entries.len(), 3);
    assert!(bank.trial_balance().await.unwrap().iter().all(|line| line.sum() == 0));
}

#[tokio::test]
async fn an_account_may_be_opened_at_every_start() {
    let bank = bank().await;
    let new = || NewAccount::new("wallet", "USD").secret("2580").minimum_balance("-20");
    assert!(!bank.open_account(new()).await.unwrap().replayed);
    assert!(bank.open_account(new()).await.unwrap().replayed);
    let exists = |field| Decline::AccountExists { field };
    let other = NewAccount::new("wallet", "USD").secret("2581").minimum_balance("-20");
    assert_eq!(declined(bank.open_account(other).await), exists(Field::Secret));
    let other = NewAccount::new("wallet", "EUR").secret("2580").minimum_balance("-20");
    assert_eq!(declined(bank.open_account(other).await), exists(Field::Currency));
    let other = NewAccount::new("wallet", "USD").minimum_balance("-20");
    assert_eq!(declined(bank.open_account(other).await), exists(Field::Secret));
    // Its owner chose another secret since.
    let session = bank.login("wallet", "2580").await.unwrap();
    session.change_secret("2580", "7913").await.unwrap();
    session.log_out().await.unwrap();
    assert_eq!(declined(bank.open_account(new()).await), exists(Field::Secret));
    // Asking cost no try, and the new secret is not forgotten.
    assert!(bank.login("wallet", "7913").await.is_ok());
    let weak = NewAccount::new("weak", "USD").secret("1111");
    assert_eq!(declined(bank.open_account(weak).await), Decline::WeakSecret);
    let paid_in = NewAccount::new("paid-in", "USD").opening_balance(id(), "5.00");
    assert_eq!(
        bank.open_account(paid_in.clone()).await.unwrap().receipt.unwrap().balance.to_string(),
        "5.00"
    );
    assert!(bank.open_account(paid_in).await.unwrap().receipt.unwrap().replayed);
}

#[tokio::test]
async fn a_secret_may_come_later() {
    let bank = bank().await;
    assert_eq!(declined(bank.login("anna", "2580").await), Decline::BadCredentials);
    bank.set_secret("anna", "2580", By::program("shop").because("she asked for it")).await.unwrap();
    let session = bank.login("anna", "2580").await.unwrap();
    assert!(session.must_change_secret());
    drop(session);
    // The program's start-up code runs again.
    assert!(bank.open_account(NewAccount::new("anna", "USD")).await.unwrap().replayed);
}

#[tokio::test]
async fn a_payment_is_held_captured_and_taken_back() {
    let bank = bank().await;
    top_up(&bank, "anna", "100").await;
    let order = id();
    let hold = || NewHold::new(order, "60.00").from("anna").to("shop").memo("lamps");
    let held = bank.authorise(hold().lasts(Duration::from_secs(60))).await.unwrap();
    assert_eq!((held.available.to_string(), held.replayed), ("40.00".to_owned(), false));
    assert!(bank.authorise(hold().lasts(Duration::from_secs(60))).await.unwrap().replayed);
    assert_eq!(bank.holds(HoldsQuery::default()).await.unwrap().holds.len(), 1);
    let taken = bank.capture(Capture::part(order, "45")).await.unwrap();
    assert_eq!(taken.amount.to_string(), "45.00");
    assert_eq!(declined(bank.void(order).await), Decline::HoldCaptured);
    let by = || By::program("shop").because("one was broken");
    let back = Reversal::new(id(), by()).original(order).amount("15.00");
    assert_eq!(bank.reverse(back).await.unwrap().amount.to_string(), "15.00");
    let gift = Adjustment::new(id(), "1.00", by()).account("anna");
    assert_eq!(bank.adjust(gift).await.unwrap().balance.to_string(), "71.00");
    let other = id();
    bank.authorise(NewHold::new(other, "5").from("anna").to("shop")).await.unwrap();
    bank.void(other.to_string()).await.unwrap();
    assert_eq!(bank.balance("anna").await.unwrap().available.to_string(), "71.00");
}

#[tokio::test]
async fn cash_is_moved_and_dispensed_for_any_account() {
    let bank = bank().await;
    bank.deposit(Deposit::new(id(), "80").to("anna")).await.unwrap();
    bank.withdraw(Withdrawal::new(id(), "10").from("anna")).await.unwrap();
    let [all, part, nobody_knows] = [(), (), ()].map(|()| id());
    for hold in [all, part, nobody_knows] {
        bank.authorise_cash(Withdrawal::new(hold, "20").from("anna")).await.unwrap();
        bank.order_dispense(hold).await.unwrap();
    }
    bank.report_dispense(DispenseReport::amount(all, "20")).await.unwrap();
    bank.report_dispense(DispenseReport::amount(part, "5")).await.unwrap();
    bank.report_dispense(DispenseReport::unknown(nobody_knows)).await.unwrap();
    assert_eq!(balance(&bank, "anna").await, "25.00");
}

#[tokio::test]
async fn limits_and_freezes_hold_for_the_program_too_and_sessions_go_on() {
    let bank = bank().await;
    top_up(&bank, "anna", "100").await;
    let by = || By::program("shop").because("as agreed");
    bank.set_secret("anna", "2580", by()).await.unwrap();
    let session = bank.login("anna", "2580").await.unwrap();
    session.change_secret("2580", "7913").await.unwrap();
    let limits = LimitsRequest { transaction_max: "10".parse().ok(), ..LimitsRequest::default() };
    bank.set_limits("anna", limits.into(), by()).await.unwrap();
    let pay = |amount| Transfer::new(id(), amount).from("anna").to("shop");
    assert!(matches!(declined(bank.transfer(pay("10.01")).await), Decline::TransactionLimit { .. }));
    bank.transfer(pay("10.00")).await.unwrap();
    assert_eq!(session.balance().await.unwrap().balance.to_string(), "90.00");
    let freeze = bank.freeze("anna", Direction::Debits, by()).await.unwrap();
    assert_eq!(declined(bank.transfer(pay("1")).await), Decline::Frozen);
    bank.thaw("anna", Some(freeze), by()).await.unwrap();
    bank.transfer(pay("1")).await.unwrap();
}

#[tokio::test]
async fn a_value_that_is_none_is_an_error_that_names_its_field() {
    let bank = bank().await;
    let pay = |amount| Transfer::new(id(), amount).from("anna").to("shop");
    assert_eq!(field(bank.transfer(pay("1,50")).await).0, "amount");
    assert_eq!(field(bank.transfer(Transfer::new("17", "1").from("anna").to("shop")).await).0, "id");
    assert_eq!(field(bank.transfer(Transfer::new(id(), "1").from("a b").to("shop")).await).0, "from");
    let (name, words) = field(bank.transfer(Transfer::new(id(), "1").to("shop")).await);
    assert_eq!((name, words.as_str()), ("from", "from: it is missing"));
    assert_eq!(field(bank.transfer(Transfer::new(id(), "1").from("anna")).await).0, "to");
    assert_eq!(field(bank.transfer(pay("1").memo("")).await).0, "memo");
    let batch = TransferBatch::new().transfer(pay("1")).transfer(pay("x"));
    assert!(field(bank.transfer_batch(batch).await).1.ends_with("(in transfer 2)"));
    assert_eq!(field(bank.open_account(NewAccount::new("a", "dollars")).await).0, "currency");
    assert_eq!(field(bank.balance("").await).0, "account");
    assert_eq!(field(bank.balance_at("anna", "yesterday").await).0, "at");
    assert_eq!(field(bank.void("order-17").await).0, "hold");
    let no_reason = Adjustment::new(id(), "1", By::program("shop")).account("anna");
    assert_eq!(field(bank.adjust(no_reason).await).0, "reason");
    let nobody = Adjustment::new(id(), "1", By::program("").because("so")).account("anna");
    assert_eq!(field(bank.adjust(nobody).await).0, "by");
}

#[tokio::test]
async fn a_session_acts_on_its_own_account_alone() {
    let bank = bank().await;
    bank.open_account(NewAccount::new("bert", "USD").secret("2580").opening_balance(id(), "9"))
        .await
        .unwrap();
    let session = bank.login("bert", "2580").await.unwrap();
    assert_eq!(field(session.transfer(Transfer::new(id(), "1").from("anna").to("shop")).await).0, "from");
    session.transfer(Transfer::new(id(), "1").from("bert").to("shop")).await.unwrap();
    session.transfer(Transfer::new(id(), "1").to("shop")).await.unwrap();
    let batch = TransferBatch::new().transfer(Transfer::new(id(), "1").to("shop"));
    assert_eq!(field(session.transfer_batch(batch.clone().by(By::program("shop"))).await).0, "by");
    assert_eq!(session.dry_run(batch).await.unwrap().len(), 1);
    assert_eq!(session.balance().await.unwrap().balance.to_string(), "7.00");
}

#[tokio::test]
async fn events_are_a_stream() {
    use std::future::poll_fn;
    use std::pin::Pin;

    use futures_core::Stream;

    let bank = bank().await;
    let mut events = bank.events(Position::START);
    let mut count = 0;
    while let Some(event) = events.try_next().await.unwrap() {
        assert!(event.position > Position::START);
        count += 1;
    }
    assert_eq!(count, 4, "an event for each account");
    let waiting = tokio::spawn(async move {
        poll_fn(|context| Pin::new(&mut events).poll_next(context)).await.unwrap().unwrap()
    });
    top_up(&bank, "anna", "1").await;
    assert!(matches!(waiting.await.unwrap().fact, Fact::Posted(made) if made.to.account.as_str() == "anna"));
}

#[test]
fn the_handles_may_cross_threads_and_be_printed() {
    fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Bank>();
    check::<bank_engine_core::bank::Session>();
    check::<bank_engine_core::bank::Events>();
    check::<Error>();
    check::<(Transfer, TransferBatch, NewAccount, NewHold, Capture, Deposit, Withdrawal)>();
    let new = NewAccount::new("anna", "USD").secret("2580");
    assert!(!format!("{new:?}").contains("2580"));
}
