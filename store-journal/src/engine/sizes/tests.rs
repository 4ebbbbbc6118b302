use std::collections::BTreeMap;
use std::sync::Arc;

use bank_engine_core::auth::HashCost;
use bank_engine_core::clock::ManualClock;
use bank_engine_core::ledger::{Fact, Origin};
use bank_engine_core::policy::Policy;
use bank_engine_core::store::{MemoryStore, Position, Store};
use bank_engine_core::testing::Random;
use bank_engine_core::time::Timestamp;
use everything::Everything;

use super::*;
use crate::state::State;

#[path = "../../../tests/all/everything.rs"]
#[allow(unreachable_pub)]
mod everything;

const COMMANDS: usize = 30_000;

/// What kind of thing a command or fact is.
fn kind(thing: &impl std::fmt::Debug) -> String {
    let text = format!("{thing:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// The state that recorded facts lead to, and the bytes that they take.
#[derive(Default)]
struct Journal {
    state: State,
    bytes: Vec<u8>,
}

impl Journal {
    fn record(&mut self, facts: &[Fact]) -> u64 {
        let before = self.bytes.len();
        for fact in facts {
            let position = offset(self.bytes.len());
            self.state.record(fact, position, &mut self.bytes).unwrap();
        }
        offset(self.bytes.len() - before)
    }
}

#[test]
fn no_command_records_more_than_there_is_room_for() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_700_000_000_000)));
    let policy = Policy { hash_cost: HashCost::LEAST, ..Policy::default() };
    let store = MemoryStore::with_clock(policy, clock.clone());
    let mut everything = Everything::new(Random::from_environment());
    let (mut journal, mut after) = (Journal::default(), Position::START);
    let (mut seen, mut most) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, (u64, u64)>::new());
    let mut origins = BTreeMap::<String, usize>::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut first = everything.first();
    first.reverse();
    for _ in 0..COMMANDS {
        let command = first.pop().unwrap_or_else(|| everything.command());
        if first.is_empty() {
            clock.advance(everything.pause());
        }
        let mut recorded = |command: Command| {
            let _ = runtime.block_on(store.execute(vec![command])).unwrap();
            let events = runtime.block_on(store.events(after, usize::MAX)).unwrap();
            after = events.last().map_or(after, |event| event.position);
            events.into_iter().map(|event| event.fact).collect::<Vec<Fact>>()
        };
        // What time alone leads to is recorded first, as it is before any command.
        let (elapsed, own) = (recorded(Command::PassTime), recorded(command.clone()));
        for fact in elapsed.iter().chain(&own) {
            *seen.entry(kind(fact)).or_default() += 1;
            if let Fact::Posted(made) = fact {
                *origins.entry(kind(&made.origin)).or_default() += 1;
            }
        }
        // Each hold whose time is over ends with its release, or becomes suspect with a posting.
        for facts in elapsed.split_inclusive(|fact| {
            let suspects = |origin| matches!(origin, Origin::Suspects(_));
            matches!(fact, Fact::HoldReleased { .. })
                || matches!(fact, Fact::Posted(made) if suspects(made.origin))
        }) {
            let bytes = journal.record(facts);
            assert!(bytes <= offset(ELAPSED_BYTES_MAX), "{bytes} bytes: {facts:?}");
        }
        let (bytes, max) = (journal.record(&own), bytes_max(&command));
        assert!(bytes <= max, "{bytes} bytes, not {max} at most: {command:?} led to {own:?}");
        let most = most.entry(kind(&command)).or_default();
        if bytes >= most.0 {
            *most = (bytes, max);
        }
    }
    println!("{seen:?} {origins:?}\nbytes written at most, of those foreseen: {most:?}");
    let kinds = [
        "Opened",
        "Posted",
        "TryCharged",
        "TriesCleared",
        "SecretChanged",
        "AccountChanged",
        "HoldPlaced",
        "HoldOrdered",
        "HoldReleased",
        "HoldResolved",
        "Disputed",
        "DisputeResolved",
        "TerminalChanged",
        "TerminalKeyed",
        "NotesChanged",
        "TerminalCounted",
    ];
    // Only where midnight falls between a hold and its capture.
    origins.remove("EarlierHold");
    origins.remove("PartOfEarlierHold");
    let all = sorted([
        "Disputed",
        "Hold",
        "Itself",
        "PartOfHold",
        "Returns",
        "Reverses",
        "SuspectHold",
        "Suspects",
    ]);
    assert_eq!(origins.keys().map(String::as_str).collect::<Vec<_>>(), all);
    assert_eq!(seen.keys().map(String::as_str).collect::<Vec<_>>(), sorted(kinds));
}

fn sorted<const N: usize>(mut kinds: [&str; N]) -> Vec<&str> {
    kinds.sort_unstable();
    kinds.to_vec()
}
