//! The contract of stores, kept by the journal, and its likeness to the store in memory.

use std::sync::Arc;

use async_trait::async_trait;
use bank_engine_core::clock::Clock;
use bank_engine_core::policy::Policy;
use bank_engine_core::store::Store;
use bank_engine_core::testing::store::StoreFixture;
use bank_engine_journal::{JournalStore, Options};
use tempfile::TempDir;

/// Journals whose segments are so small that the cases meet sealed ones, indices and checkpoints.
struct SmallSegments(TempDir);

impl SmallSegments {
    fn new() -> SmallSegments {
        SmallSegments(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl StoreFixture for SmallSegments {
    async fn open(&self, policy: Policy, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        let options = Options { policy, clock, segment_bytes: 20_000, accept_clock: false };
        Arc::new(JournalStore::open(self.0.path(), options).unwrap())
    }

    fn is_durable(&self) -> bool {
        true
    }
}

mod every_store {
    use super::SmallSegments;
    bank_engine_core::store_conformance!(SmallSegments::new());
}

mod durable {
    use super::SmallSegments;
    bank_engine_core::durable_store_conformance!(SmallSegments::new());
}
