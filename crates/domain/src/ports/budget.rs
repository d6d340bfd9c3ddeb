//! How many calls a provider's rate limit leaves us.

use std::time::Duration;

use async_trait::async_trait;

use crate::ids::{AccountId, ProviderId};

/// A provider's endpoint, as its rate limit counts them: `GET /v3/payments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// Opening a charge.
    Open,
    /// Asking about a charge.
    Inquire,
    /// Asking about a payment by its own id, where the provider counts that apart from charges (Xendit:
    /// `GET /v3/payments/{id}`).
    Payment,
    /// Cancelling a charge.
    Cancel,
    /// Refunding.
    Refund,
    /// Listing arrived money.
    Sweep,
}

/// What a call is for; more urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetClass {
    /// Bearing out a webhook's or a listing's word of money.
    Confirm,
    /// Somebody is looking at the payment.
    Watched,
    /// A young payment.
    Fresh,
    /// All else.
    Rest,
}

/// Leave to call, or how long to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// The calls may be made now.
    Granted,
    /// Not before that long.
    Wait(Duration),
}

/// What a provider's answer said of its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Calls per window.
    pub limit: u32,
    /// Calls left in it.
    pub remaining: u32,
    /// Until the window is fresh.
    pub reset: Duration,
}

/// A sliding-window log per provider, account and endpoint. Creates and cancels are never held up: they reserve
/// nothing. Recovery reserves what it opens, and a part of the openings MUST be left to creates.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RateBudget: Send + Sync {
    /// Leave for `calls` calls. A grant MUST be counted at once.
    async fn reserve(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        endpoint: Endpoint,
        class: BudgetClass,
        calls: u32,
    ) -> Reservation;

    /// Takes in what an answer said of the limit.
    async fn observe(&self, provider: &ProviderId, account: &AccountId, endpoint: Endpoint, status: RateLimitStatus);
}
