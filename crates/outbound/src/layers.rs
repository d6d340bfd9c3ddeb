//! The layers in the order that makes sense.

use std::sync::Arc;

use mstore_pay_domain::ports::{Clock, PaymentProvider, RateBudget};

use crate::{BreakerPolicy, Bulkhead, BulkheadLimits, CircuitBreaker, Retry, RetryPolicy};

/// A provider behind all three layers. The breaker stands next to the provider, so that it sees every try, and an open
/// one ends a call without another; the bulkhead stands before all, so that a full one is not taken for an illness of
/// the provider.
pub type Layered<P> = Bulkhead<Retry<CircuitBreaker<P>>>;

/// Puts all three layers before a provider, with their usual settings; reads that are tried again are counted in that
/// budget.
#[must_use]
pub fn layered<P: PaymentProvider>(provider: P, budget: &Arc<dyn RateBudget>, clock: &Arc<dyn Clock>) -> Layered<P> {
    let breaker = CircuitBreaker::new(provider, Arc::clone(clock), BreakerPolicy::default());
    let retry = Retry::new(breaker, Arc::clone(budget), Arc::clone(clock), RetryPolicy::default());
    Bulkhead::new(retry, Arc::clone(clock), BulkheadLimits::default())
}
