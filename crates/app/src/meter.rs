//! What the domain tells of, counted: how soon money was on record, and how the rate limits are used.

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::{
    BudgetClass, Endpoint, RateBudget, RateLimitStatus, RecordedMoney, Reservation, Witness,
};

/// Times how soon the truth was known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter;

impl Witness for Meter {
    fn recorded(&self, money: &RecordedMoney) {
        metrics::histogram!(
            "mstore_pay_time_to_truth_seconds", "provider" => money.provider.to_string(), "by" => money.by.word()
        )
        .record(money.recorded_at.since(money.paid_at));
    }
}

/// A budget whose use is seen.
pub(crate) struct MeteredBudget {
    inner: Arc<dyn RateBudget>,
}

impl MeteredBudget {
    pub(crate) const fn new(inner: Arc<dyn RateBudget>) -> Self {
        Self { inner }
    }
}

#[async_trait]
impl RateBudget for MeteredBudget {
    async fn reserve(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        endpoint: Endpoint,
        class: BudgetClass,
        calls: u32,
    ) -> Reservation {
        let reserved = self.inner.reserve(provider, account, endpoint, class, calls).await;
        let result = match reserved {
            Reservation::Granted => "granted",
            Reservation::Wait(_) => "held_up",
        };
        metrics::counter!(
            "mstore_pay_budget_calls_total",
            "provider" => provider.to_string(), "endpoint" => endpoint_word(endpoint), "class" => class_word(class),
            "result" => result
        )
        .increment(calls.into());
        reserved
    }

    async fn observe(&self, provider: &ProviderId, account: &AccountId, endpoint: Endpoint, status: RateLimitStatus) {
        let of = [("limit", status.limit), ("remaining", status.remaining)];
        for (what, calls) in of {
            metrics::gauge!(
                "mstore_pay_rate_limit_calls",
                "provider" => provider.to_string(), "account" => account.to_string(),
                "endpoint" => endpoint_word(endpoint), "what" => what
            )
            .set(calls);
        }
        self.inner.observe(provider, account, endpoint, status).await;
    }
}

const fn endpoint_word(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Open => "open",
        Endpoint::Inquire => "inquire",
        Endpoint::Payment => "payment",
        Endpoint::Cancel => "cancel",
        Endpoint::Refund => "refund",
        Endpoint::Sweep => "sweep",
    }
}

const fn class_word(class: BudgetClass) -> &'static str {
    match class {
        BudgetClass::Confirm => "confirm",
        BudgetClass::Watched => "watched",
        BudgetClass::Fresh => "fresh",
        BudgetClass::Rest => "rest",
    }
}
