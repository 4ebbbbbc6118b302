//! Reads what commands need from disk before they are decided.
//!
//! Deciding waits for memory: at 100,000 accounts hardly anything that a transfer needs is in the
//! processor's cache. Commands are decided one after another, but what they need can be touched for
//! many at once, one kind of thing at a time, so that the processor fetches it side by side.

use bank_engine_core::ledger::{Command, MovementKind};

use crate::index::ids::Ids;
use crate::state::State;

/// Commands that are looked at together.
pub(crate) const COMMANDS: usize = 32;

/// The accounts that each command is most likely about, by number.
pub(crate) type Prefetch = [[u32; 2]; COMMANDS];

/// Fetches what the first of `commands` need. Nothing depends on a guess being right.
pub(crate) fn fetch(state: &State, ids: &Ids, commands: &[Command]) -> Prefetch {
    let mut prefetched = Prefetch::default();
    if commands.len() < 2 {
        return prefetched;
    }
    let next = || commands.iter().take(COMMANDS);
    for (guess, command) in prefetched.iter_mut().zip(next()) {
        if let Command::Move { account, way, .. } = command {
            let payer = state.books.guess(account).unwrap_or_default();
            let payee = match way {
                MovementKind::Transfer { to, .. } => state.books.guess(to),
                _ => None,
            };
            *guess = [payer, payee.unwrap_or(payer)];
        }
    }
    let mut touched = 0;
    for number in prefetched.as_flattened() {
        if let Some(account) = state.books.numbered(*number) {
            let used = account.lease.map_or(0, |lease| lease.used.unix_ms());
            touched ^= account.balance.0.unsigned_abs() ^ used.unsigned_abs();
        }
    }
    for number in prefetched.as_flattened() {
        touched ^= state.trail(*number).map_or(0, |trail| trail.last);
    }
    for command in next() {
        if let Command::Move { transaction, .. } = command {
            touched ^= ids.touch(transaction.as_uuid().as_u128());
        }
    }
    std::hint::black_box(touched);
    prefetched
}
