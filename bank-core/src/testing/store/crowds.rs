//! Cases with many callers at once.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinSet;

use super::StoreFixture;
use super::fixtures::{Fixture, balance, cents, execute, id, name, open, receipt};
use crate::ledger::{Command, Outcome};
use crate::money::Currency;
use crate::testing::Random;

/// Each batch finds the account where it left it one command earlier.
pub async fn nothing_comes_between_the_commands_of_a_batch(fixture: &dyn StoreFixture) {
    const CALLERS: u64 = 16;
    const BATCHES: u64 = 20;
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = Arc::clone(&bank.store);
        callers.spawn(async move {
            for batch in 0..BATCHES {
                let first = 1_000 + (caller * BATCHES + batch) * 10;
                let mut commands = vec![holder.balance()];
                commands.extend((0..5).map(|n| holder.deposit(1, first + n)));
                commands.push(holder.balance());
                let mut answers = execute(&*store, commands).await;
                let last = balance(answers.pop().expect("an answer")).balance;
                let before = balance(answers.remove(0)).balance;
                let before = before.minor_units(Currency::USD).expect("cents").0;
                for (n, answer) in (1..).zip(answers) {
                    assert_eq!(receipt(answer).balance, cents(before + n), "others came between");
                }
                assert_eq!(last, cents(before + 5), "others came between");
            }
        });
    }
    finish(callers).await;
    let all = i64::try_from(CALLERS * BATCHES * 5).expect("a small number");
    assert_eq!(bank.balance(holder).await.balance, cents(all));
}

/// Every caller hears of its own command, and every command counts once.
pub async fn concurrent_callers_lose_nothing(fixture: &dyn StoreFixture) {
    const CALLERS: u64 = 64;
    const EACH: u64 = 25;
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let store = Arc::clone(&bank.store);
        callers.spawn(async move {
            for n in 0..EACH {
                let number = 100 + caller * EACH + n;
                let digits = i64::try_from(number).expect("a small number");
                let own = receipt(execute(&*store, vec![holder.deposit(digits, number)]).await.remove(0));
                let result = (own.transaction, own.amount, own.replayed);
                assert_eq!(result, (id(number), cents(digits), false), "another's answer");
            }
        });
    }
    finish(callers).await;
    let all: u64 = (100..100 + CALLERS * EACH).sum();
    let history = bank.history(holder).await;
    assert_eq!(history.balance, cents(i64::try_from(all).expect("a small number")));
    let numbers: Vec<u64> = history.entries.iter().map(|entry| entry.number).collect();
    assert!(numbers.into_iter().eq((1..=CALLERS * EACH).rev()), "entries count without gaps");
}

/// The trial balance is of one instant: it sums to zero while money moves and accounts open, and
/// what has been paid in is in it.
pub async fn money_is_never_seen_half_moved(fixture: &dyn StoreFixture) {
    const ROUNDS: u64 = 150;
    let bank = Fixture::new(fixture).await;
    let holders = [bank.customer("a", 10_000, 1).await, bank.customer("b", 10_000, 2).await];
    let mut movers = JoinSet::new();
    for (mover, holder) in (0_u64..).zip(holders) {
        let store = Arc::clone(&bank.store);
        let to = if mover == 0 { "b" } else { "a" };
        movers.spawn(async move {
            for round in 0..ROUNDS {
                let first = 1_000 + (mover * ROUNDS + round) * 10;
                let opened = open(&format!("new-{mover}-{round}"), 1, first);
                let moves = [holder.transfer(to, 3, first + 1, None), holder.deposit(1, first + 2)];
                for answer in execute(&*store, [vec![opened], moves.to_vec()].concat()).await {
                    assert!(answer.is_ok(), "{answer:?}");
                }
            }
        });
    }
    let mut seen = 0;
    while !movers.is_empty() {
        for line in bank.trial_balance().await {
            assert!(line.credits >= seen, "money that was paid in is gone: {line:?}");
            seen = line.credits;
        }
        while let Some(mover) = movers.try_join_next() {
            mover.expect("a mover ends");
        }
        tokio::task::yield_now().await;
    }
    let lines = bank.trial_balance().await;
    assert_eq!(lines[0].credits, i128::from(20_000 + 2 * ROUNDS * 2));
}

/// A caller that stops waiting may ask again with the same ids: all of the batch happened, or nothing.
pub async fn a_dropped_batch_is_whole_or_absent(fixture: &dyn StoreFixture) {
    const ROUNDS: u64 = 60;
    const BATCH: u64 = 40;
    let mut random = Random::from_environment();
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let commands = |round: u64| -> Vec<Command> {
        (0..BATCH).map(|n| holder.deposit(1, 1_000 + round * BATCH + n)).collect()
    };
    for round in 0..ROUNDS {
        let (store, asked) = (Arc::clone(&bank.store), commands(round));
        if random.below(2) == 0 {
            let mut future = store.execute(asked);
            if random.below(2) == 0 {
                std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
            }
        } else {
            let task = tokio::spawn(async move { drop(store.execute(asked).await) });
            tokio::time::sleep(Duration::from_micros(random.number() % 500)).await;
            task.abort();
            let _ = task.await;
        }
        // Others are served meanwhile.
        balance(bank.one(holder.balance()).await);
    }
    for round in 0..ROUNDS {
        let again = bank.all(commands(round)).await;
        let replayed = again.into_iter().filter(|answer| receipt(answer.clone()).replayed).count();
        assert!(replayed == 0 || replayed == commands(round).len(), "{replayed} of the batch had happened");
    }
    let all = i64::try_from(ROUNDS * BATCH).expect("a small number");
    assert_eq!(bank.balance(holder).await.balance, cents(all));
}

/// Prefetch that come together get no more tries than guesses in a row.
pub async fn parallel_tries_are_all_charged(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    assert!(bank.one(open("ac", 0, 1)).await.is_ok());
    let mut guesses = JoinSet::new();
    for _ in 0..32 {
        let store = Arc::clone(&bank.store);
        guesses.spawn(async move {
            let charged = execute(&*store, vec![Command::ChargeTry { account: name("ac") }]).await.remove(0);
            usize::from(matches!(charged, Ok(Outcome::Charged { .. })))
        });
    }
    let charged: usize = guesses.join_all().await.into_iter().sum();
    assert_eq!(charged, usize::from(bank.store.policy().tries_max));
}

async fn finish(mut tasks: JoinSet<()>) {
    while let Some(task) = tasks.join_next().await {
        task.expect("a caller ends");
    }
}
