//! Keeping a hanging provider from taking everything with it.

mod lanes;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, Clock, Endpoint, OpenCharge,
    OpenedCharge, Operation, PaymentProvider, Period, ProviderError, ProviderErrorKind, Query, RefundCharge,
    RefundOutcome, Simulation, Sweep,
};
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;

pub use lanes::BulkheadLimits;

use lanes::Lanes;

/// Nothing was sent, because too many such calls are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not called: too many such calls are under way")]
pub struct BulkheadFull;

/// A provider of which only so many calls are under way at once, counted for each account and kind of
/// operation, and openings for each method: openings that hang leave room for inquiries, a wallet's for those of QR
/// codes, and one shop's account for another's.
///
/// A call that finds no room within a short wait ends with [`ProviderErrorKind::Unavailable`] and
/// [`Certainty::NotApplied`], caused by [`BulkheadFull`].
pub struct Bulkhead<P> {
    inner: P,
    clock: Arc<dyn Clock>,
    limits: BulkheadLimits,
    lanes: Lanes,
}

impl<P: PaymentProvider> Bulkhead<P> {
    /// Puts a bulkhead before a provider.
    #[must_use]
    pub fn new(inner: P, clock: Arc<dyn Clock>, limits: BulkheadLimits) -> Self {
        Self { inner, clock, limits, lanes: Lanes::default() }
    }

    /// The provider behind it.
    #[must_use]
    pub const fn inner(&self) -> &P {
        &self.inner
    }

    /// Room for one call and what is left of its time.
    async fn enter(
        &self,
        account: &ProviderAccount,
        operation: Operation,
        method: Option<Method>,
        within: Duration,
    ) -> Result<(OwnedSemaphorePermit, Duration), ProviderError> {
        let lane = self.lanes.of(&account.id, operation, method, &self.limits);
        if let Ok(room) = Arc::clone(&lane).try_acquire_owned() {
            return Ok((room, within));
        }
        let since = self.clock.monotonic();
        let wait = self.clock.sleep(self.limits.wait_max.min(within));
        match select(Box::pin(lane.acquire_owned()), wait).await {
            Either::Left((Ok(room), _)) => {
                Ok((room, within.saturating_sub(self.clock.monotonic().saturating_sub(since))))
            }
            Either::Left((Err(_), _)) | Either::Right(((), _)) => Err(self.full(operation)),
        }
    }

    fn full(&self, operation: Operation) -> ProviderError {
        ProviderError::new(self.inner.id(), operation, ProviderErrorKind::Unavailable, Certainty::NotApplied)
            .because(BulkheadFull)
    }
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for Bulkhead<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        self.inner.capabilities(account, method)
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        self.inner.availability(account, method)
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        self.inner.counted_under(query)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        let (_room, within) = self.enter(account, Operation::Open, Some(charge.method), charge.within).await?;
        self.inner.open(account, &OpenCharge { within, ..charge.clone() }).await
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        match self.enter(account, Operation::Inquire, None, within).await {
            Ok((_room, within)) => self.inner.inquire(account, queries, within).await,
            Err(_full) => queries.iter().map(|_| Err(self.full(Operation::Inquire))).collect(),
        }
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        let (_room, within) = self.enter(account, Operation::Cancel, None, charge.within).await?;
        self.inner.cancel(account, &CancelCharge { within, ..charge.clone() }).await
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        let (_room, within) = self.enter(account, Operation::Refund, None, refund.within).await?;
        self.inner.refund(account, &RefundCharge { within, ..refund.clone() }).await
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        let (_room, within) = self.enter(account, Operation::Simulate, None, simulation.within).await?;
        self.inner.simulate(account, &Simulation { within, ..simulation.clone() }).await
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        let (_room, within) = self.enter(account, Operation::Sweep, None, within).await?;
        self.inner.sweep(account, period, within).await
    }
}
