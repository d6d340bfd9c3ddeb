//! What every rate budget, and every list of who looks at what, promises to the nodes that share it.

mod cases;

pub use cases::*;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{RateBudget, Watches};
use mstore_pay_domain::time::Timestamp;

/// Calls a minute that a budget under test has for each provider, account and endpoint.
pub const CALLS_PER_MINUTE: u32 = 60;

/// Makes budgets to be tested.
#[async_trait]
pub trait BudgetHarness: Send + Sync {
    /// A budget of [`CALLS_PER_MINUTE`], without limit for the provider `free`, that nobody used yet.
    async fn fresh(&self) -> Box<dyn BudgetRig>;
}

/// One budget, and one list of watches, as two nodes see them. What is for one process by design is the
/// same for both.
#[async_trait]
pub trait BudgetRig: Send + Sync {
    /// The budget, by node.
    fn budgets(&self) -> [Arc<dyn RateBudget>; 2];

    /// The watches, by node.
    fn watches(&self) -> [Arc<dyn Watches>; 2];

    /// What the clock by which both run shows.
    fn now(&self) -> Timestamp;

    /// Lets that much time pass on it.
    async fn pass(&self, time: Duration);
}

/// Every case of the budget suite, handed to a macro; see [`for_each_store_case!`](crate::for_each_store_case).
#[macro_export]
macro_rules! for_each_budget_case {
    ([$($callback:tt)+] $($arguments:tt)*) => {
        $($callback)+! { [$($arguments)*]
            nodes_share_one_window,
            racing_nodes_never_exceed_the_limit,
            minute_before_the_first_call_counts_as_used,
            every_account_and_endpoint_has_its_own_window,
            provider_without_limit_is_never_waited_for,
            what_one_node_observes_binds_the_other,
            what_one_node_hears_of_a_larger_limit_frees_the_other,
            whoever_waits_as_told_is_granted,
            watch_is_seen_by_every_node_until_it_is_over,
        }
    };
}

/// Tests of a budget: `budget_suite!(name, harness)`, or `budget_suite!(name, harness, #[tokio::test])` where
/// its futures need a runtime. `harness` is an expression of a [`BudgetHarness`].
#[macro_export]
macro_rules! budget_suite {
    ($name:ident, $harness:expr $(, #[$($attribute:tt)+])?) => {
        $crate::for_each_budget_case! { [$crate::__tests] budget, $name, $harness $(, #[$($attribute)+])? }
    };
}

/// The names of the cases that a budget fails, in order.
#[macro_export]
macro_rules! budget_failures {
    ($harness:expr) => {
        $crate::for_each_budget_case! { [$crate::__failures] budget, $harness }
    };
}
