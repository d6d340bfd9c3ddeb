//! Harnesses of the adapters in memory.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::store::{StoreHarness, StoreRig, Stores};
use mstore_pay_domain::memory::{ManualClock, MemoryStore};
use mstore_pay_domain::time::Timestamp;

/// [`MemoryStore`] with a clock that is moved by hand.
pub(crate) struct MemoryStoreHarness;

struct MemoryStoreRig {
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
}

#[async_trait]
impl StoreHarness for MemoryStoreHarness {
    async fn fresh(&self) -> Box<dyn StoreRig> {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        Box::new(MemoryStoreRig { clock, store })
    }
}

#[async_trait]
impl StoreRig for MemoryStoreRig {
    fn stores(&self) -> Stores {
        Stores::of(&self.store)
    }

    async fn reopen(&self) -> Stores {
        self.stores()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}
