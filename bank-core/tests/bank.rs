//! The bank as an embedding program sees it: no sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bank_engine_core::account::{AccountId, TerminalId};
use bank_engine_core::auth::HashCost;
use bank_engine_core::bank::{Bank, Deposit, NewAccount, NewHold, Withdrawal};
use bank_engine_core::books::TrialBalance;
use bank_engine_core::clock::{Clock, ManualClock};
use bank_engine_core::error::{Busy, Error};
use bank_engine_core::hold::Release;
use bank_engine_core::ledger::{
    Actor, Answer, Command, Decline, Fact, HoldAction, MovementKind, Outcome, TransactionId, TransactionKind,
};
use bank_engine_core::policy::Policy;
use bank_engine_core::session::SessionId;
use bank_engine_core::store::{Event, MemoryStore, Position, Store, StoreError};
use bank_engine_core::time::Timestamp;

fn quick() -> Policy {
    Policy { hash_cost: HashCost::LEAST, ..Policy::default() }
}

async fn bank() -> Bank {
    Bank::builder().policy(quick()).account("anna", "1324", "100.00").build().await.unwrap()
}

fn declined<T>(result: Result<T, Error>) -> Decline {
    match result {
        Err(Error::Declined(decline)) => decline,
        Err(error) => panic!("not a decline: {error}"),
        Ok(_) => panic!("not declined"),
    }
}

/// A store that counts checks of secrets, right and wrong, and can be made to fail.
struct Counting {
    store: MemoryStore,
    checks: AtomicUsize,
    failing: AtomicUsize,
}

impl Counting {
    fn new() -> Arc<Counting> {
        let (checks, failing) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Counting { store: MemoryStore::new(quick()), checks, failing })
    }
}

#[async_trait]
impl Store for Counting {
    fn policy(&self) -> &Policy {
        self.store.policy()
    }

    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
        if self.failing.load(Ordering::SeqCst) > 0 {
            return Err(StoreError::Failed);
        }
        let is_check =
            |command: &&Command| matches!(command, Command::LogIn { .. } | Command::ChangeSecret { .. });
        self.checks.fetch_add(commands.iter().filter(is_check).count(), Ordering::SeqCst);
        self.store.execute(commands).await
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        self.store.trial_balance().await
    }

    async fn events(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, StoreError> {
        self.store.events(after, facts_max).await
    }
}

async fn open(bank: &Bank, account: &str, secret: &str) {
    let secret = bank.hash(secret.into()).await.unwrap();
    let currency = bank.policy().currency;
    bank.open_account(
        NewAccount::new(account, currency)
            .secret_hash(secret)
            .opening_balance(TransactionId::generate(), "100.00"),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_dropped_session_frees_the_account_for_the_next_log_in() {
    let bank = bank().await;
    for _ in 0..50 {
        let atm = bank.login("anna", "1324").await.unwrap();
        assert_eq!(declined(bank.login("anna", "1324").await), Decline::AccountInUse);
        drop(atm);
    }
    let atm = bank.login("anna", "1324").await.unwrap();
    atm.log_out().await.unwrap();
    assert!(bank.login("anna", "1324").await.is_ok());
}

#[tokio::test]
async fn a_dropped_session_frees_the_account_for_another_bank_on_the_store() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(quick()));
    let (here, there) = (Bank::with_store(Arc::clone(&store)), Bank::with_store(store));
    open(&here, "anna", "1324").await;
    let atm = here.login("anna", "1324").await.unwrap();
    assert_eq!(declined(there.login("anna", "1324").await), Decline::AccountInUse);
    drop(atm);
    tokio::time::timeout(Duration::from_secs(10), async {
        while there.login("anna", "1324").await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the account is freed without another log-in here");
}

/// A store in which the first log-out never comes to its end.
struct Stuck {
    store: MemoryStore,
    stuck: AtomicUsize,
}

#[async_trait]
impl Store for Stuck {
    fn policy(&self) -> &Policy {
        self.store.policy()
    }

    async fn execute(&self, commands: Vec<Command>) -> Result<Vec<Answer>, StoreError> {
        let log_out = commands.iter().any(|command| matches!(command, Command::LogOut { .. }));
        if log_out && self.stuck.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        self.store.execute(commands).await
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        self.store.trial_balance().await
    }

    async fn events(&self, after: Position, facts_max: usize) -> Result<Vec<Event>, StoreError> {
        self.store.events(after, facts_max).await
    }
}

#[tokio::test]
async fn a_log_in_waits_for_no_other_to_free_what_was_dropped() {
    let store = Arc::new(Stuck { store: MemoryStore::new(quick()), stuck: AtomicUsize::new(0) });
    let bank = Bank::with_store(Arc::clone(&store) as Arc<dyn Store>);
    open(&bank, "anna", "1324").await;
    drop(bank.login("anna", "1324").await.unwrap());
    while store.stuck.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(bank.login("anna", "1324").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_log_ins_race_and_one_wins() {
    for _ in 0..3 {
        let bank = bank().await;
        let racers: Vec<_> = (0..1000)
            .map(|_| {
                let bank = bank.clone();
                tokio::spawn(async move { bank.login("anna", "1324").await })
            })
            .collect();
        let mut winners = Vec::new();
        for racer in racers {
            match racer.await.unwrap() {
                Ok(session) => winners.push(session),
                Err(
                    Error::Busy { reason: Busy::Overloaded, .. } | Error::Declined(Decline::AccountInUse),
                ) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(winners.len(), 1);
        assert!(winners[0].balance().await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_wrong_secrets_at_once_three_are_checked() {
    let store = Counting::new();
    let bank = Bank::with_store(Arc::clone(&store) as Arc<dyn Store>);
    open(&bank, "anna", "1324").await;
    let guesses: Vec<_> = (0..100)
        .map(|guess| {
            let bank = bank.clone();
            tokio::spawn(async move { bank.login("anna", format!("9{guess:03}")).await })
        })
        .collect();
    for guess in guesses {
        assert!(guess.await.unwrap().is_err());
    }
    assert_eq!(store.checks.load(Ordering::SeqCst), 3);
    assert_eq!(declined(bank.login("anna", "1324").await), Decline::Locked);
    assert_eq!(store.checks.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_secrets_that_arrive_together_never_lock() {
    let bank = bank().await;
    for _ in 0..20 {
        let customers: Vec<_> = (0..9)
            .map(|_| {
                let bank = bank.clone();
                tokio::spawn(async move { bank.login("anna", "1324").await.map(drop) })
            })
            .collect();
        for customer in customers {
            match customer.await.unwrap() {
                Ok(())
                | Err(
                    Error::Declined(Decline::AccountInUse) | Error::Busy { reason: Busy::Overloaded, .. },
                ) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(bank.login("anna", "1324").await.is_ok());
}

#[tokio::test]
async fn a_log_in_given_up_midway_costs_its_owner_nothing() {
    let bank = bank().await;
    for _ in 0..10 {
        let mut login = Box::pin(bank.login("anna", "1324"));
        std::future::poll_fn(|context| {
            let _ = login.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        drop(login);
    }
    tokio::time::timeout(Duration::from_secs(10), async {
        while bank.login("anna", "1324").await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the account is neither locked nor held");
}

#[tokio::test]
async fn a_changed_secret_makes_an_older_check_worthless() {
    let store = Arc::new(MemoryStore::new(quick()));
    let bank = Bank::with_store(Arc::clone(&store) as Arc<dyn Store>);
    open(&bank, "anna", "1324").await;
    let account = "anna".parse().unwrap();
    let charged = store.execute(vec![Command::ChargeTry { account }]).await.unwrap().remove(0).unwrap();
    let Outcome::Charged { secret: Some(hash) } = charged else { panic!("{charged:?}") };
    let proof = hash.verify(&"1324".into());
    assert!(proof.is_some());
    let atm = bank.login("anna", "1324").await.unwrap();
    atm.change_secret("1324", "2468").await.unwrap();
    atm.log_out().await.unwrap();
    let session = SessionId::from_random([1; 16]);
    let decided = store.execute(vec![Command::LogIn { account, session, proof }]).await.unwrap().remove(0);
    assert_eq!(decided.err(), Some(Decline::BadCredentials));
}

#[tokio::test]
async fn a_failed_store_is_reported_and_gives_no_receipt() {
    let store = Counting::new();
    let bank = Bank::with_store(Arc::clone(&store) as Arc<dyn Store>);
    open(&bank, "anna", "1324").await;
    let atm = bank.login("anna", "1324").await.unwrap();
    store.failing.store(1, Ordering::SeqCst);
    let id = TransactionId::generate();
    let failed = atm.deposit(Deposit::new(id, "1.00")).await.unwrap_err();
    assert_eq!(failed.code(), 1501);
    store.failing.store(0, Ordering::SeqCst);
    assert!(!atm.deposit(Deposit::new(id, "1.00")).await.unwrap().replayed);
    assert!(atm.deposit(Deposit::new(id, "1.00")).await.unwrap().replayed);
}

#[tokio::test]
async fn a_clock_that_steps_back_does_not_take_time_back() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_000_000)));
    let bank = Bank::builder().policy(quick()).clock(Arc::clone(&clock) as Arc<_>);
    let bank = bank.account("anna", "1324", "1.00").build().await.unwrap();
    clock.advance(Duration::from_secs(60));
    let atm = bank.login("anna", "1324").await.unwrap();
    let first = atm.deposit(Deposit::new(TransactionId::generate(), "1.00")).await.unwrap();
    clock.set(Timestamp::from_unix_ms(0));
    let second = atm.deposit(Deposit::new(TransactionId::generate(), "1.00")).await.unwrap();
    assert!(second.at >= first.at, "{} after {}", second.at, first.at);
}

#[tokio::test]
async fn mistakes_in_the_builder_are_reported() {
    let build = |account: &str, secret: &str, balance: &str| {
        Bank::builder().policy(quick()).account(account, secret, balance).build()
    };
    let field = |error: Error| match error {
        Error::Invalid(invalid) => invalid.field(),
        other => panic!("{other:?}"),
    };
    assert_eq!(field(build("a b", "1324", "1").await.unwrap_err()), "account");
    assert_eq!(field(build("anna", "1324", "1,0").await.unwrap_err()), "opening_balance");
    assert_eq!(declined(build("anna", "12", "1").await), Decline::WeakSecret);
    assert_eq!(declined(build("anna", "1324", "-1").await), Decline::BadAmount);
    assert_eq!(declined(build("anna", "1324", "1.001").await), Decline::BadAmount);
    let twice = Bank::builder().policy(quick()).account("a", "1324", "0").account("a", "1324", "0");
    assert!(matches!(declined(twice.build().await), Decline::AccountExists { .. }));
}

#[test]
fn a_session_dropped_on_a_runtime_that_stands_still_is_freed_by_the_next_log_in() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (stalled, running) = (runtime(), runtime());
    let bank = stalled.block_on(bank());
    drop(stalled.block_on(bank.login("anna", "1324")).unwrap());
    assert!(running.block_on(bank.login("anna", "1324")).is_ok());
}

#[tokio::test]
async fn nobody_pays_the_banks_own_accounts() {
    let store = Arc::new(MemoryStore::new(quick()));
    let bank = Bank::with_store(Arc::clone(&store) as Arc<dyn Store>);
    open(&bank, "anna", "1324").await;
    let (account, session) = ("anna".parse().unwrap(), SessionId::from_random([1; 16]));
    let execute = async |command| store.execute(vec![command]).await.unwrap().remove(0);
    let Ok(Outcome::Charged { secret: Some(hash) }) = execute(Command::ChargeTry { account }).await else {
        panic!("no hash to check against")
    };
    let proof = hash.verify(&"1324".into());
    assert!(execute(Command::LogIn { account, session, proof }).await.is_ok());
    let vault = AccountId::cash(&TerminalId::vault(), bank.policy().currency);
    let transaction = TransactionId::generate();
    let way = MovementKind::Transfer { to: vault, memo: None };
    let amount = "1.00".parse().unwrap();
    let paid =
        execute(Command::Move { account, actor: Actor::Holder(account, session), transaction, amount, way })
            .await;
    assert_eq!(paid.err(), Some(Decline::NoSuchPayee));
}

#[tokio::test]
async fn a_batch_is_decided_in_order_and_answered_one_by_one() {
    let bank = bank().await;
    open(&bank, "bob", "1324").await;
    let payer = bank.login("anna", "1324").await.unwrap();
    let pay = |transaction, amount: &str| Command::Move {
        account: *payer.account(),
        actor: Actor::Holder(*payer.account(), payer.id()),
        transaction,
        amount: amount.parse().unwrap(),
        way: MovementKind::Transfer { to: "bob".parse().unwrap(), memo: None },
    };
    let ids = [(); 3].map(|()| TransactionId::generate());
    let batch = vec![pay(ids[0], "60"), pay(ids[1], "60"), pay(ids[2], "40"), pay(ids[0], "60")];
    let outcomes = bank.execute(batch).await.unwrap();
    let reported: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(Outcome::Receipt(receipt)) => format!("{} {}", receipt.balance, receipt.replayed),
            Ok(other) => panic!("{other:?}"),
            Err(decline) => decline.code().to_string(),
        })
        .collect();
    assert_eq!(reported, ["40.00 false", "1202", "0.00 false", "40.00 true"]);
}

#[tokio::test]
async fn a_balance_is_reported_as_of_an_instant() {
    let clock = Arc::new(ManualClock::default());
    let building = Bank::builder().policy(quick()).clock(Arc::clone(&clock) as Arc<_>);
    let bank = building.account("anna", "1324", "100.00").build().await.unwrap();
    let opened = clock.now();
    let atm = bank.login("anna", "1324").await.unwrap();
    clock.advance(Duration::from_secs(10));
    atm.deposit(Deposit::new(TransactionId::generate(), "5")).await.unwrap();
    let paid_in = clock.now();
    let before = Timestamp::from_unix_ms(opened.unix_ms() - 1);
    let just_before = Timestamp::from_unix_ms(paid_in.unix_ms() - 1);
    for (at, balance) in [(before, "0"), (opened, "100"), (just_before, "100"), (paid_in, "105")] {
        assert_eq!(atm.balance_at(at).await.unwrap().balance, balance.parse().unwrap(), "{at}");
    }
}

#[tokio::test]
async fn time_outs_take_effect_in_an_idle_bank() {
    let clock = Arc::new(ManualClock::at("2026-01-31T12:00:00Z".parse().unwrap()));
    let building = Bank::builder().policy(quick()).clock(Arc::clone(&clock) as Arc<_>);
    let bank = building.account("anna", "1324", "100.00").account("shop", "4321", "0").build().await.unwrap();
    let anna = bank.login("anna", "1324").await.unwrap();
    let [expiring, paying] = [(), ()].map(|()| TransactionId::generate());
    let five = "5.00";
    anna.authorise(NewHold::new(expiring, five).to("shop").lasts(Duration::from_secs(60))).await.unwrap();
    anna.authorise_cash(Withdrawal::new(paying, five)).await.unwrap();
    anna.act_on_hold(paying, HoldAction::Order).await.unwrap();
    anna.log_out().await.unwrap();
    let last = last_position(&bank).await;
    let serving = bank.clone();
    let server = tokio::spawn(async move { serving.run_timer().await });
    clock.advance(Duration::from_secs(600));
    // Nobody asks the bank for anything from here on but what it recorded.
    let mut follower = bank.events(last);
    let mut seen = Vec::new();
    while seen.len() < 2 {
        match tokio::time::timeout(Duration::from_secs(20), follower.next_event())
            .await
            .unwrap()
            .unwrap()
            .fact
        {
            Fact::HoldReleased { hold, how: Release::Expired, .. } => seen.push(("expired", hold.id)),
            Fact::Posted(made) if made.kind == TransactionKind::Suspect => seen.push(("suspect", paying)),
            _ => {}
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, [("expired", expiring), ("suspect", paying)]);
    server.abort();
}

#[tokio::test]
async fn an_idle_session_ends_by_the_timer_and_its_holder_hears_of_it() {
    let clock = Arc::new(ManualClock::at("2026-01-31T12:00:00Z".parse().unwrap()));
    let building = Bank::builder().policy(quick()).clock(Arc::clone(&clock) as Arc<_>);
    let bank = building.account("anna", "1324", "100.00").account("bert", "2413", "0").build().await.unwrap();
    let (idle, busy) = (bank.login("anna", "1324").await.unwrap(), bank.login("bert", "2413").await.unwrap());
    clock.advance(bank.policy().session_idle_max / 2);
    busy.balance().await.unwrap();
    clock.advance(bank.policy().session_idle_max / 2);
    let serving = bank.clone();
    let server = tokio::spawn(async move { serving.run_timer().await });
    tokio::time::timeout(Duration::from_secs(20), idle.timed_out()).await.unwrap();
    server.abort();
    let heard = tokio::time::timeout(Duration::ZERO, busy.timed_out()).await;
    assert!(heard.is_err(), "a session that was used is not over");
    let declined = idle.balance().await.unwrap_err();
    assert!(matches!(declined, Error::Declined(Decline::SessionExpired)));
    // Nothing about a session is durable.
    let ended = bank.events(last_position(&bank).await).try_next().await.unwrap();
    assert!(ended.is_none());
    bank.login("anna", "1324").await.unwrap();
}

/// The position of the last event that is recorded.
async fn last_position(bank: &Bank) -> Position {
    let mut follower = bank.events(Position::START);
    let mut last = Position::START;
    while let Some(event) = follower.try_next().await.unwrap() {
        last = event.position;
    }
    last
}
