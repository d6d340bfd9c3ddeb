//! The layers in the order that makes sense.

use std::sync::Arc;

use mstore_pay_domain::ports::{Clock, PaymentProvider};

use crate::{BreakerPolicy, Bulkhead, BulkheadLimits, CircuitBreaker, Retry, RetryPolicy};

/// A provider behind all three layers. The breaker stands before the retries, so that an open one ends a
/// call at once, and behind the bulkhead, so that a full one is not taken for an illness of the provider.
pub type Layered<P> = Bulkhead<CircuitBreaker<Retry<P>>>;

/// Puts all three layers before a provider, with their usual settings.
#[must_use]
pub fn layered<P: PaymentProvider>(provider: P, clock: &Arc<dyn Clock>) -> Layered<P> {
    let retry = Retry::new(provider, Arc::clone(clock), RetryPolicy::default());
    let breaker = CircuitBreaker::new(retry, Arc::clone(clock), BreakerPolicy::default());
    Bulkhead::new(breaker, Arc::clone(clock), BulkheadLimits::default())
}
