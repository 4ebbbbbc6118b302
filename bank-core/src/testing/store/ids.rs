//! Cases about transaction ids and safe retries.

use std::sync::Arc;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::StoreFixture;
use super::fixtures::{Fixture, Holder, cents, declined, execute, id, receipt};
use crate::account::TerminalId;
use crate::ledger::{Actor, Command, Decline, Field, MovementKind, Receipt, TransactionId};
use crate::testing::Random;

/// In the same batch, in a later one, and after the account has moved on.
pub async fn a_replay_has_the_first_receipt(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 100, 1).await;
    let twice = vec![holder.deposit(5, 2), holder.deposit(5, 2)];
    let mut answers = bank.all(twice).await.into_iter().map(receipt);
    let first = answers.next().expect("a receipt");
    let again = Receipt { replayed: true, ..first.clone() };
    assert!(!first.replayed);
    assert_eq!(answers.next().as_ref(), Some(&again), "in the same batch");
    assert_eq!(receipt(bank.one(holder.deposit(5, 2)).await), again, "in a later batch");
    receipt(bank.one(holder.withdraw(50, 3)).await);
    bank.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(receipt(bank.one(holder.deposit(5, 2)).await), again, "after the account moved on");
    assert_eq!(bank.balance(holder).await.balance, cents(55));
}

/// However many ask at once, the money moves once.
pub async fn one_of_many_at_once_moves_the_money(fixture: &dyn StoreFixture) {
    const ROUNDS: u64 = 20;
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    for round in 0..ROUNDS {
        let mut callers = JoinSet::new();
        for _ in 0..24 {
            let store = Arc::clone(&bank.store);
            callers.spawn(async move {
                receipt(execute(&*store, vec![holder.deposit(7, 10 + round)]).await.remove(0))
            });
        }
        let receipts = callers.join_all().await;
        assert_eq!(receipts.iter().filter(|receipt| !receipt.replayed).count(), 1, "{receipts:?}");
        for receipt in &receipts {
            assert_eq!(receipt.balance, receipts[0].balance);
        }
    }
    assert_eq!(bank.balance(holder).await.balance, cents(140));
}

/// The decline names what differs, and nothing moves.
pub async fn an_id_reused_for_something_else_is_declined(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let (a, b) = (bank.customer("a", 100, 1).await, bank.customer("b", 100, 2).await);
    bank.customer("c", 0, 3).await;
    receipt(bank.one(a.transfer("b", 10, 4, Some("rent"))).await);
    let reused = [
        (b.transfer("a", 10, 4, Some("rent")), Field::Account),
        (a.deposit(10, 4), Field::Kind),
        (a.transfer("b", 11, 4, Some("rent")), Field::Amount),
        (a.transfer("c", 10, 4, Some("rent")), Field::To),
        (a.transfer("b", 10, 4, Some("Rent")), Field::Memo),
        (a.transfer("b", 10, 4, None), Field::Memo),
        (a.deposit(100, 1), Field::Kind),
    ];
    for (command, field) in reused {
        let result = format!("{command:?}");
        assert_eq!(declined(bank.one(command).await), Decline::IdReused { field }, "{result}");
    }
    assert!(receipt(bank.one(a.transfer("b", 10, 4, Some("rent"))).await).replayed);
    assert_eq!(bank.balance(a).await.balance, cents(90));
    assert_eq!(bank.balance(b).await.balance, cents(110));
}

/// An id belongs to what was recorded, not to what was asked.
pub async fn a_declined_id_may_be_used(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 10, 1).await;
    let answers = bank.all(vec![holder.withdraw(11, 2), holder.deposit(11, 2)]).await;
    assert_eq!(declined(answers[0].clone()), Decline::InsufficientFunds { available: cents(10) });
    assert!(!receipt(answers[1].clone()).replayed);
}

/// Ids are known thousands of transactions later, and no others are.
pub async fn ids_of_long_ago_are_known_and_others_are_not(fixture: &dyn StoreFixture) {
    const BATCHES: u64 = 12;
    const BATCH: u64 = 1_000;
    let mut random = Random::from_environment();
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let base = random.number() >> 1;
    let mut receipts = Vec::new();
    for batch in 0..BATCHES {
        let commands = (0..BATCH).map(|n| holder.deposit(1, base + batch * BATCH + n));
        receipts.extend(bank.all(commands.collect()).await.into_iter().map(receipt));
    }
    assert!(receipts.iter().all(|receipt| !receipt.replayed));
    for probe in 0..600 {
        let n = if probe < 100 { probe } else { random.below(receipts.len()) };
        let number = base + u64::try_from(n).expect("a small number");
        let again = receipt(bank.one(holder.deposit(1, number)).await);
        assert_eq!(again, Receipt { replayed: true, ..receipts[n].clone() });
    }
    let unknown = (0..600).map(|n| holder.deposit(1, base + BATCHES * BATCH + n));
    for answer in bank.all(unknown.collect()).await {
        assert!(!receipt(answer).replayed, "an id that nobody used is known");
    }
}

/// No part of an id is left out of what distinguishes it from others.
pub async fn ids_that_differ_in_one_bit_are_two(fixture: &dyn StoreFixture) {
    let bank = Fixture::new(fixture).await;
    let holder = bank.customer("ac", 0, 1).await;
    let first = *id(77).as_uuid().as_bytes();
    let flipped = (0..128).map(|bit| {
        let mut bytes = first;
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let deposits: Vec<Command> =
        std::iter::once(first).chain(flipped).map(|bytes| deposit(holder, bytes)).collect();
    for answer in bank.all(deposits.clone()).await {
        assert!(!receipt(answer).replayed);
    }
    for answer in bank.all(deposits).await {
        assert!(receipt(answer).replayed);
    }
    assert_eq!(bank.balance(holder).await.balance, cents(129));
}

fn deposit(holder: Holder, bytes: [u8; 16]) -> Command {
    let way = MovementKind::Deposit { terminal: TerminalId::vault(), notes: Vec::new() };
    let transaction = TransactionId::from_uuid(Uuid::from_bytes(bytes)).expect("not nil");
    let Holder { account, session } = holder;
    Command::Move { account, actor: Actor::Holder(account, session), transaction, amount: cents(1), way }
}
