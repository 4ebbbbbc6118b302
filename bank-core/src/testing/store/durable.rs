//! Cases about what remains when a store is opened again.

use std::sync::Arc;
use std::time::Duration;

use super::fixtures::{
    Fixture, Holder, PIN, START_MS, cents, declined, done, name, open, open_in, policy, receipt, secret,
    unlock,
};
use super::{Mirror, StoreFixture};
use crate::account::Direction;
use crate::auth::ChosenSecret;
use crate::clock::{Clock, ManualClock};
use crate::ledger::{Command, Decline, Field, Outcome, Receipt};
use crate::money::{Amount, Currency};
use crate::store::MemoryStore;
use crate::testing::Random;
use crate::time::Timestamp;

/// Every account's entries, memos, instants and balances, and the trial balance.
pub async fn statements_and_balances_are_kept(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    let yen: Currency = "JPY".parse().expect("a currency");
    let holders = [
        bank.customer("a", 100_000, 1).await,
        bank.customer("b", 50_000, 2).await,
        bank.customer("empty", 0, 3).await,
    ];
    done(bank.one(open_in(yen, "yen", Amount::new(9, 0).expect("an amount"), 4)).await);
    for n in 0..300 {
        bank.clock.advance(Duration::from_millis(100));
        let memo = (n % 4 == 0).then_some("für Käse");
        let (a, b) = (holders[0], holders[1]);
        let commands =
            vec![a.transfer("b", 7, 1_000 + n, memo), b.withdraw(3, 2_000 + n), a.deposit(1, 3_000 + n)];
        for answer in bank.all(commands).await {
            receipt(answer);
        }
    }
    let mut before = Vec::new();
    for holder in holders {
        before.push(bank.history(holder).await);
        done(bank.one(holder.log_out()).await);
    }
    let books = bank.trial_balance().await;
    bank = bank.reopen(fixture).await;
    assert_eq!(bank.trial_balance().await, books);
    for (account, before) in ["a", "b", "empty"].into_iter().zip(before) {
        let holder = bank.enter(account, 9).await;
        assert_eq!(bank.history(holder).await, before, "{account}");
        if let Some(entry) = before.entries.get(100) {
            let past = super::fixtures::balance(bank.one(holder.balance_at(entry.at)).await);
            let last = before.entries.iter().find(|other| other.at <= entry.at).expect("the entry itself");
            assert_eq!(past.balance, last.balance, "{account} at {}", entry.at);
        }
    }
    assert_eq!(bank.balance(bank.enter("yen", 9).await).await.currency, yen);
    assert_eq!(declined(bank.one(open("a", 0, 5)).await), Decline::AccountExists { field: Field::Balance });
}

/// What an operator and a thief did to accounts, and what their owners did to their secrets.
pub async fn tries_freezes_and_secrets_are_kept(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    for (n, account) in (1..).zip(["tried", "cleared", "locked", "frozen", "thawed"]) {
        done(bank.one(open(account, 10, n)).await);
    }
    let changed = bank.customer("changed", 10, 9).await;
    let charge = |account: &str| Command::ChargeTry { account: name(account) };
    let freeze = |account: &str, frozen| {
        let (account, direction) = (name(account), Direction::Both);
        let (operator, reason) = ("teller".parse().expect("a name"), "a test".parse().expect("a reason"));
        if frozen {
            Command::Freeze { account, direction, operator, reason }
        } else {
            Command::Thaw { account, freeze: Some(1), operator, reason }
        }
    };
    let tries_max = bank.store.policy().tries_max;
    let mut commands = vec![charge("tried"), charge("cleared"), charge("cleared")];
    commands.push(unlock(name("cleared")));
    commands.extend((0..tries_max).map(|_| charge("locked")));
    commands.extend([freeze("frozen", true), freeze("thawed", true), freeze("thawed", false)]);
    let Holder { account, session } = changed;
    let proof = secret(PIN).verify(&PIN.into());
    let chosen = ChosenSecret::unchecked(secret("8642"), account);
    commands.push(Command::ChangeSecret { account, session, proof, secret: chosen });
    for answer in bank.all(commands).await {
        assert!(answer.is_ok(), "{answer:?}");
    }
    bank = bank.reopen(fixture).await;
    for (account, left) in [("tried", tries_max - 1), ("cleared", tries_max), ("locked", 0)] {
        for n in 0..left {
            let charged = bank.one(charge(account)).await;
            let result =
                matches!(charged, Ok(Outcome::Charged { secret: Some(hash) }) if hash == secret(PIN));
            assert!(result, "{account}, try {n} after reopening: {charged:?}");
        }
        assert_eq!(declined(bank.one(charge(account)).await), Decline::Locked, "{account}");
    }
    let frozen = bank.enter("frozen", 1).await;
    assert_eq!(declined(bank.one(frozen.deposit(1, 20)).await), Decline::Frozen);
    receipt(bank.one(bank.enter("thawed", 2).await.deposit(1, 21)).await);
    assert_eq!(declined(bank.one(changed.log_in(PIN)).await), Decline::BadCredentials);
    assert!(bank.one(changed.log_in("8642")).await.is_ok());
}

/// What was made before is known by its id, and only that.
pub async fn ids_are_kept(fixture: &dyn StoreFixture) {
    const IDS: u64 = 3_000;
    let mut bank = Fixture::new(fixture).await;
    let mut holder = bank.customer("ac", 0, 1).await;
    let deposits =
        |holder: Holder, from: u64| (from..from + IDS).map(move |n| holder.deposit(2, n)).collect();
    let first: Vec<Receipt> = bank.all(deposits(holder, 100)).await.into_iter().map(receipt).collect();
    bank = bank.reopen(fixture).await;
    holder = bank.enter("ac", 2).await;
    for (answer, first) in bank.all(deposits(holder, 100)).await.into_iter().zip(first) {
        assert_eq!(receipt(answer), Receipt { replayed: true, ..first });
    }
    assert!(matches!(declined(bank.one(holder.deposit(3, 100)).await), Decline::IdReused { .. }));
    assert_eq!(bank.balance(holder).await.balance, cents(i64::try_from(2 * IDS).expect("a small number")));
    for answer in bank.all(deposits(holder, 100 + IDS)).await {
        assert!(!receipt(answer).replayed, "an id that nobody used is known");
    }
}

/// Sessions end with the store: the old holder is out, and the next one need not wait.
pub async fn leases_are_gone(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    let old = bank.customer("ac", 5, 1).await;
    receipt(bank.one(old.deposit(1, 2)).await);
    bank = bank.reopen(fixture).await;
    assert_eq!(declined(bank.one(old.balance()).await), Decline::SessionExpired);
    let new = bank.enter("ac", 3).await;
    assert_eq!(bank.balance(new).await.balance, cents(6));
    assert_eq!(declined(bank.one(old.deposit(1, 4)).await), Decline::SessionExpired);
}

/// A clock that was set back meanwhile does not put new entries before old ones.
pub async fn time_does_not_run_backwards_across_a_reopen(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    bank.clock.advance(Duration::from_secs(60));
    let last = receipt(bank.one(holder.deposit(1, 2)).await).at;
    bank.clock.set(Timestamp::from_unix_ms(START_MS - 1_000_000));
    bank = bank.reopen(fixture).await;
    let holder = bank.enter("ac", 3).await;
    assert_eq!(
        receipt(bank.one(holder.deposit(1, 4)).await).at,
        last,
        "time does not advance until the clock is there"
    );
    bank.clock.set(last.after(Duration::from_secs(1)));
    assert_eq!(receipt(bank.one(holder.deposit(1, 5)).await).at, last.after(Duration::from_secs(1)));
}

/// Opening is no event.
pub async fn reopening_many_times_changes_nothing(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 40, 1).await;
    receipt(bank.one(holder.withdraw(15, 2)).await);
    let (history, books) = (bank.history(holder).await, bank.trial_balance().await);
    for _ in 0..8 {
        bank = bank.reopen(fixture).await;
        assert_eq!(bank.trial_balance().await, books);
    }
    let holder = bank.enter("ac", 3).await;
    assert_eq!(bank.history(holder).await, history);
}

/// Accounts and entries of before and after are one history.
pub async fn work_goes_on_after_each_reopen(fixture: &dyn StoreFixture) {
    const ROUNDS: u64 = 8;
    const EACH: u64 = 60;
    let mut bank = Fixture::new(fixture).await;
    done(bank.one(open("ac", 0, 1)).await);
    for round in 0..ROUNDS {
        let account = format!("new-{round}");
        let new = bank.customer(&account, 100, 10 + round).await;
        let holder = bank.enter("ac", round).await;
        let first = 1_000 + round * EACH;
        let mut commands: Vec<Command> = (first..first + EACH).map(|n| holder.deposit(1, n)).collect();
        commands.push(new.transfer("ac", 1, 100 + round, None));
        for answer in bank.all(commands).await {
            assert!(!receipt(answer).replayed);
        }
        if round > 0 {
            let replay = receipt(bank.one(holder.deposit(1, first - 1)).await);
            assert!(replay.replayed, "the last round's id is known");
        }
        bank = bank.reopen(fixture).await;
    }
    let history = bank.history(bank.enter("ac", 99).await).await;
    let numbers = history.entries.iter().map(|entry| entry.number);
    assert!(numbers.eq((1..=ROUNDS * (EACH + 1)).rev()), "entries count without gaps");
    for (number, entry) in (1..).zip(history.entries.iter().rev()) {
        assert_eq!(entry.balance, cents(number));
    }
}

/// Nothing happened, and it is not a failure.
pub async fn an_empty_store_can_be_reopened(fixture: &dyn StoreFixture) {
    let mut bank = Fixture::new(fixture).await.reopen(fixture).await;
    assert!(bank.trial_balance().await.is_empty());
    done(bank.one(open("ac", 3, 1)).await);
    bank = bank.reopen(fixture).await;
    assert_eq!(bank.balance(bank.enter("ac", 1).await).await.balance, cents(3));
}

/// Random commands have the same outcomes as in a memory store that is never closed.
pub async fn the_memory_store_decides_the_same_across_reopens(fixture: &dyn StoreFixture) {
    const ROUNDS: usize = 12;
    const COMMANDS: usize = 1_000;
    let clock = Arc::new(ManualClock::default());
    let memory = MemoryStore::with_clock(policy(), Arc::clone(&clock) as Arc<dyn Clock>);
    let mut mirror = Mirror::new(Arc::clone(&clock), ROUNDS * COMMANDS, Random::from_environment());
    for _ in 0..ROUNDS {
        let store = fixture.open(policy(), Arc::clone(&clock) as Arc<dyn Clock>).await;
        mirror.compare(&*store, &memory).await;
        mirror.run(&*store, &memory, COMMANDS).await;
    }
}
