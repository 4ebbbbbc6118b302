//! The stores' contract, held by the memory store.

use std::sync::Arc;

use async_trait::async_trait;
use bank_engine_core::clock::Clock;
use bank_engine_core::policy::Policy;
use bank_engine_core::store::{MemoryStore, Store};
use bank_engine_core::testing::store::StoreFixture;

struct Memory;

#[async_trait]
impl StoreFixture for Memory {
    async fn open(&self, policy: Policy, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(MemoryStore::with_clock(policy, clock))
    }
}

bank_engine_core::store_conformance!(Memory);
