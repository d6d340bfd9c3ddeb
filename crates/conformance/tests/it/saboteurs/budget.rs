//! Budgets with one bug each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::budget::{BudgetHarness, BudgetRig};
use mstore_pay_conformance::budget_failures;
use mstore_pay_domain::ports::{RateBudget, Watches};
use mstore_pay_domain::time::Timestamp;

use crate::memory::budget::MemoryBudgetHarness;

/// Nodes that know nothing of each other.
struct Strangers;

struct StrangersRig([Box<dyn BudgetRig>; 2]);

#[async_trait]
impl BudgetHarness for Strangers {
    async fn fresh(&self) -> Box<dyn BudgetRig> {
        Box::new(StrangersRig([MemoryBudgetHarness.fresh().await, MemoryBudgetHarness.fresh().await]))
    }
}

#[async_trait]
impl BudgetRig for StrangersRig {
    fn budgets(&self) -> [Arc<dyn RateBudget>; 2] {
        self.0.each_ref().map(|rig| rig.budgets()[0].clone())
    }

    fn watches(&self) -> [Arc<dyn Watches>; 2] {
        self.0.each_ref().map(|rig| rig.watches()[0].clone())
    }

    fn now(&self) -> Timestamp {
        self.0[0].now()
    }

    async fn pass(&self, time: Duration) {
        for rig in &self.0 {
            rig.pass(time).await;
        }
    }
}

#[test]
fn nodes_that_do_not_share_are_caught() {
    let failed = budget_failures!(Strangers);
    let want = [
        "nodes_share_one_window",
        "racing_nodes_never_exceed_the_limit",
        "what_one_node_observes_binds_the_other",
        "what_one_node_hears_of_a_larger_limit_frees_the_other",
        "watch_is_seen_by_every_node_until_it_is_over",
    ];
    assert_eq!(failed, want);
}
