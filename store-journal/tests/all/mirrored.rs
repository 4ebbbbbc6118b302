//! A journal and the store in memory, asked the same of every kind, answer and record the same,
//! also across reopens.

use std::path::Path;
use std::sync::Arc;

use bank_engine_core::account::AccountId;
use bank_engine_core::books::Books;
use bank_engine_core::clock::ManualClock;
use bank_engine_core::ledger::{Actor, Command, Fact, HoldsQuery, StatementQuery};
use bank_engine_core::store::{Event, MemoryStore, Position, Store, StoreError};
use bank_engine_core::testing::Random;
use bank_engine_journal::{JournalStore, books, verify};

use crate::crashes::{on_a_thread, times};
use crate::everything::Everything;
use crate::helpers::{self, ask, start_clock};

const COMMANDS: usize = 6_000;

fn open(path: &Path, clock: &Arc<ManualClock>) -> JournalStore {
    JournalStore::open(path, helpers::options(clock.clone())).unwrap()
}

/// Everything that both stores answer must be the same.
async fn both(memory: &MemoryStore, journal: &JournalStore, commands: Vec<Command>) {
    let left = ask(memory, commands.clone()).await.unwrap();
    let right = ask(journal, commands.clone()).await.unwrap();
    for ((left, right), command) in left.iter().zip(&right).zip(&commands) {
        assert_eq!(format!("{left:?}"), format!("{right:?}"), "{command:?}");
    }
}

async fn compare(memory: &MemoryStore, journal: &JournalStore, accounts: &[AccountId]) {
    let mut commands =
        vec![Command::Terminals { after: None, limit: 40 }, Command::Accounts { first: 0, limit: 40 }];
    commands.extend([Command::Accounts { first: 40, limit: 40 }, Command::Holds(HoldsQuery::default())]);
    for account in accounts {
        let mut before = None;
        for _ in 0..4 {
            let query = StatementQuery { limit: 50, before, ..StatementQuery::default() };
            commands.push(Command::Statement { account: *account, actor: Actor::Bank, query });
            before = Some(before.map_or(400, |before: u64| before / 2));
        }
    }
    both(memory, journal, commands).await;
    assert_eq!(memory.trial_balance().await.unwrap(), journal.trial_balance().await.unwrap());
}

/// Takes away the indices and the checkpoint.
fn remove_what_can_be_made(path: &Path) {
    for file in std::fs::read_dir(path).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.starts_with("ids-") || name.starts_with("checkpoint-") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
}

/// All events after a position, some at a time.
async fn result(store: &dyn Store, mut after: Position, random: &mut Random) -> Vec<Event> {
    let mut all = Vec::new();
    loop {
        let facts_max = 1 + random.below(200);
        let some = store.events(after, facts_max).await.unwrap();
        assert!(some.len() <= facts_max);
        let Some(last) = some.last() else { return all };
        after = last.position;
        all.extend(some);
    }
}

fn facts(events: &[Event]) -> Vec<&Fact> {
    events.iter().map(|event| &event.fact).collect()
}

#[test]
fn the_memory_store_decides_and_records_the_same() {
    let mut everything = Everything::new(Random::from_environment());
    let directory = tempfile::tempdir().unwrap();
    let clock = start_clock();
    let memory = MemoryStore::with_clock(helpers::options(clock.clone()).policy, clock.clone());
    let accounts = Everything::accounts();
    on_a_thread(async {
        let mut journal = open(directory.path(), &clock);
        both(&memory, &journal, everything.first()).await;
        let (mut answered, mut opened) = (0, 1);
        let mut follows = (Position::START, Vec::new());
        while answered < COMMANDS * times() {
            let size = 1 + everything.random.below([1, 10, 60][answered % 3]);
            let batch: Vec<Command> = (0..size).map(|_| everything.command()).collect();
            both(&memory, &journal, batch).await;
            answered += size;
            clock.advance(everything.pause());
            if everything.random.below(30) == 0 {
                // Sessions end with a store.
                let ends = accounts.map(helpers::end_session).to_vec();
                both(&memory, &journal, ends).await;
                let some = result(&journal, follows.0, &mut everything.random).await;
                follows.0 = some.last().map_or(follows.0, |event| event.position);
                follows.1.extend(some);
                compare(&memory, &journal, &accounts).await;
                drop(journal);
                let found = verify(directory.path(), &mut |_, _| {}).unwrap();
                assert_eq!(found.torn, None);
                if everything.random.below(2) == 0 {
                    remove_what_can_be_made(directory.path());
                }
                journal = open(directory.path(), &clock);
                opened += 1;
                let enter = accounts.iter().flat_map(|account| everything.enter(*account)).collect();
                both(&memory, &journal, enter).await;
            }
        }
        compare(&memory, &journal, &accounts).await;
        follows.1.extend(result(&journal, follows.0, &mut everything.random).await);
        let expected = result(&memory, Position::START, &mut everything.random).await;
        let got = result(&journal, Position::START, &mut everything.random).await;
        assert_eq!(got, follows.1, "a follower that went on reads the same as a new one");
        assert_eq!(facts(&got), facts(&expected));
        let mut rebuilt = Books::default();
        for event in &got {
            rebuilt.apply(&event.fact).unwrap();
        }
        drop(journal);
        assert!(rebuilt == books(directory.path()).unwrap(), "the facts lead to other books");
        println!("{answered} commands, {} facts, opened {opened} times", got.len());
        assert!(opened > 3, "too few reopens");
    });
}

#[test]
fn only_places_that_were_reported_are_places() {
    let mut everything = Everything::new(Random::new(3));
    let directory = tempfile::tempdir().unwrap();
    let clock = start_clock();
    on_a_thread(async {
        let journal = open(directory.path(), &clock);
        ask(&journal, everything.first()).await.unwrap();
        for _ in 0..20 {
            ask(&journal, (0..9).map(|_| everything.command()).collect()).await.unwrap();
        }
        let all = result(&journal, Position::START, &mut everything.random).await;
        let places: Vec<Position> =
            [Position::START].into_iter().chain(all.iter().map(|event| event.position)).collect();
        let last = places[places.len() - 1];
        for batch in 0..last.batch + 100 {
            let begins = places.iter().any(|place| place.batch == batch);
            for fact in if begins { &[0, 1, 2, 5, 500, u32::MAX][..] } else { &[0] } {
                let place = Position { batch, fact: *fact };
                let answer = journal.events(place, 1).await;
                match places.iter().position(|result| *result == place) {
                    Some(number) => {
                        let next = all.get(number).cloned().into_iter().collect::<Vec<_>>();
                        assert_eq!(answer.unwrap(), next, "{place}");
                    }
                    None => assert!(matches!(answer, Err(StoreError::NoSuchPosition)), "{place}: {answer:?}"),
                }
            }
        }
        let far = journal.events(Position { batch: u64::MAX, fact: 0 }, 1).await;
        assert!(matches!(far, Err(StoreError::NoSuchPosition)), "{far:?}");
    });
}
