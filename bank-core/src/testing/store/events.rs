//! Cases about events and how they are followed.

use std::sync::Arc;

use super::StoreFixture;
use super::fixtures::{Fixture, open};
use crate::bank::Bank;
use crate::books::Books;
use crate::ledger::Fact;
use crate::store::{Event, Position, StoreError};
use crate::testing::{Commands, Random};

/// Every durable fact is reported once and in order, in pieces of whatever size, and the books that
/// are built from them are the store's.
pub async fn every_fact_is_reported_once_in_order(fixture: &dyn StoreFixture) {
    let mut random = Random::from_environment();
    let accounts = Fixture::new(fixture).await;
    assert_eq!(events(&accounts, Position::START, 10).await, []);
    let mut commands = Commands::new(Random::new(random.number()), 300);
    for _ in 0..300 {
        let size = 1 + commands.random().below(8);
        let batch = (0..size).map(|_| commands.command()).collect();
        accounts.all(batch).await;
        accounts.clock.advance(std::time::Duration::from_secs(7));
    }
    let all = events(&accounts, Position::START, usize::MAX).await;
    assert!(all.len() > 150, "only {} facts", all.len());
    assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position && pair[0].at <= pair[1].at));
    let mut books = Books::default();
    for event in &all {
        assert!(event.fact.is_durable(), "{event:?}");
        books.apply(&event.fact).expect("the facts follow from each other");
    }
    assert_eq!(books.trial_balance(), accounts.trial_balance().await);
    let (mut after, mut result) = (Position::START, 0);
    while result < all.len() {
        let some = events(&accounts, after, 1 + random.below(40)).await;
        assert!(!some.is_empty(), "nothing is reported after {after}, fact {result} of {}", all.len());
        assert_eq!(some[..], all[result..result + some.len()], "after {after}");
        result += some.len();
        after = some[some.len() - 1].position;
    }
    assert_eq!(events(&accounts, after, 10).await, []);
}

/// Readers that meet a new account at the same moment all get its facts.
pub async fn many_readers_at_once_each_get_every_fact(fixture: &dyn StoreFixture) {
    let accounts = Fixture::new(fixture).await;
    accounts.all((0..2000).map(|number| open(&format!("ac-{number}"), 0, 1 + number)).collect()).await;
    for number in 2000..2010 {
        accounts.one(open(&format!("ac-{number}"), 0, 1 + number)).await.expect("it is opened");
        let readers: Vec<_> = (0..16)
            .map(|_| {
                let store = Arc::clone(&accounts.store);
                tokio::spawn(async move { store.events(Position::START, usize::MAX).await })
            })
            .collect();
        for reader in readers {
            let events = reader.await.expect("it ends").expect("the store reads its record");
            let opened = events.iter().filter(|event| matches!(event.fact, Fact::Opened { .. }));
            assert_eq!(opened.count() as u64, 1 + number, "an account is missing");
        }
    }
}

/// A reader that waits gets what comes; one that comes again goes on where it stopped.
pub async fn a_follower_receives_what_comes(fixture: &dyn StoreFixture) {
    let accounts = Fixture::new(fixture).await;
    let bank = Bank::with_store(Arc::clone(&accounts.store));
    let mut follower = bank.events(Position::START);
    assert!(follower.try_next().await.expect("the store reads its record").is_none());
    let mut last = Position::START;
    for number in 1..20 {
        let waiting = tokio::spawn(async move {
            let event = follower.next_event().await.expect("the store reads its record");
            (follower, event)
        });
        accounts.one(open(&format!("ac-{number}"), 0, number)).await.expect("it is opened");
        let (back, event) = waiting.await.expect("the follower waits");
        let opened =
            matches!(event.fact, Fact::Opened { account, .. } if account.as_str() == format!("ac-{number}"));
        assert!(opened && event.position > last, "{event:?}");
        last = event.position;
        follower = if number % 2 == 0 { back } else { bank.events(last) };
    }
}

/// A position that the store never gave is refused, and the store works on.
pub async fn other_positions_are_refused(fixture: &dyn StoreFixture) {
    let accounts = Fixture::new(fixture).await;
    accounts.one(open("ac", 5, 1)).await.expect("it is opened");
    let last = events(&accounts, Position::START, usize::MAX).await.pop().expect("an event").position;
    for wrong in [
        Position { batch: u64::MAX, fact: 0 },
        Position { batch: last.batch + 1, fact: 0 },
        Position { batch: last.batch, fact: u32::MAX },
    ] {
        let answer = accounts.store.events(wrong, 10).await;
        assert!(matches!(answer, Err(StoreError::NoSuchPosition)), "{wrong}: {answer:?}");
    }
    accounts.one(open("other", 5, 2)).await.expect("it is opened");
    assert!(!events(&accounts, last, 10).await.is_empty());
}

async fn events(accounts: &Fixture, after: Position, facts_max: usize) -> Vec<Event> {
    accounts.store.events(after, facts_max).await.expect("the store reads its record")
}
