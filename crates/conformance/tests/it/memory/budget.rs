//! Harness of the budget and the watches in memory: one process, so both nodes are the same.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::budget::{BudgetHarness, BudgetRig, CALLS_PER_MINUTE};
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::memory::{ManualClock, MemoryBudget, MemoryWatches};
use mstore_pay_domain::ports::{Clock, RateBudget, Watches};
use mstore_pay_domain::time::Timestamp;

/// [`MemoryBudget`] and [`MemoryWatches`].
pub(crate) struct MemoryBudgetHarness;

struct MemoryBudgetRig {
    clock: Arc<ManualClock>,
    budget: Arc<MemoryBudget>,
    watches: Arc<MemoryWatches>,
}

#[async_trait]
impl BudgetHarness for MemoryBudgetHarness {
    async fn fresh(&self) -> Box<dyn BudgetRig> {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH.plus(Duration::from_hours(1))));
        let free = ProviderId::parse("free").unwrap();
        let budget = MemoryBudget::new(clock.clone(), Some(CALLS_PER_MINUTE)).limiting(free, None);
        Box::new(MemoryBudgetRig { clock, budget: Arc::new(budget), watches: Arc::default() })
    }
}

#[async_trait]
impl BudgetRig for MemoryBudgetRig {
    fn budgets(&self) -> [Arc<dyn RateBudget>; 2] {
        [self.budget.clone(), self.budget.clone()]
    }

    fn watches(&self) -> [Arc<dyn Watches>; 2] {
        [self.watches.clone(), self.watches.clone()]
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}
