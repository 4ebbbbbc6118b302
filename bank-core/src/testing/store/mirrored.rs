//! Cases that compare a store with the one in memory.

use std::sync::Arc;

use super::fixtures::policy;
use super::{Mirror, StoreFixture};
use crate::clock::{Clock, ManualClock};
use crate::store::MemoryStore;
use crate::testing::Random;

const COMMANDS: usize = 15_000;

/// Random commands have the same outcomes as in the memory store.
pub async fn the_memory_store_decides_the_same(fixture: &dyn StoreFixture) {
    let clock = Arc::new(ManualClock::default());
    let store = fixture.open(policy(), Arc::clone(&clock) as Arc<dyn Clock>).await;
    let memory = MemoryStore::with_clock(policy(), Arc::clone(&clock) as Arc<dyn Clock>);
    let mut mirror = Mirror::new(clock, COMMANDS, Random::from_environment());
    mirror.run(&*store, &memory, COMMANDS).await;
}
