//! Not calling a provider that does not answer.

mod board;
mod machine;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, Clock, Endpoint, OpenCharge,
    OpenedCharge, Operation, PaymentProvider, Period, ProviderError, ProviderErrorKind, Query, RefundCharge,
    RefundOutcome, Simulation, Sweep,
};
use thiserror::Error;

pub use board::{BreakerSnapshot, Line};
pub use machine::{BreakerPolicy, BreakerState};

use board::{Board, Ticket};
use machine::{Verdict, told_wait};

/// Nothing was sent, because the provider has not been answering or asked to be left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not called: the provider has not been answering, or asked to wait")]
pub struct BreakerOpen {
    /// When it will be tried again.
    pub retry_after: Duration,
}

/// A provider that is not called while it does not answer. Each [`Line`] has a breaker of its own, so
/// that a wallet that is down takes no QR code with it, nor a listing that fails the confirmations.
///
/// A line is opened by failures and by slowness, never by a provider that answers no. While it is open its calls end at once with [`ProviderErrorKind::Unavailable`] and
/// [`Certainty::NotApplied`], caused by [`BreakerOpen`]; one call an interval is let through to see. A line on
/// which the provider said when to come back is left alone until then.
pub struct CircuitBreaker<P> {
    inner: P,
    clock: Arc<dyn Clock>,
    board: Board,
}

impl<P: PaymentProvider> CircuitBreaker<P> {
    /// Puts a breaker before a provider.
    #[must_use]
    pub fn new(inner: P, clock: Arc<dyn Clock>, policy: BreakerPolicy) -> Self {
        Self { inner, clock, board: Board::new(policy) }
    }

    /// The provider behind it.
    #[must_use]
    pub const fn inner(&self) -> &P {
        &self.inner
    }

    /// How every line stands that was ever called, for metrics and for whoever asks why.
    #[must_use]
    pub fn snapshot(&self) -> Vec<BreakerSnapshot> {
        self.board.snapshot()
    }

    /// Whether a call on that line would be refused now; nothing is counted.
    #[must_use]
    pub fn is_open(&self, line: &Line) -> bool {
        self.board.rests_for(line, self.clock.now()).is_some()
    }

    fn admit(
        &self,
        account: &ProviderAccount,
        operation: Operation,
        method: Option<Method>,
    ) -> Result<Ticket, BreakerOpen> {
        let line = Line { account: account.id.clone(), operation, method };
        self.board.admit(line, self.clock.now())
    }

    fn settle<T>(&self, ticket: Ticket, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        self.keep_to(&ticket, told_wait(&outcome));
        self.board.record(ticket, Verdict::of(&outcome), self.clock.now());
        outcome
    }

    fn keep_to(&self, ticket: &Ticket, told: Option<Duration>) {
        if let Some(told) = told {
            self.board.wait(ticket, told, self.clock.now());
        }
    }

    fn refused(&self, operation: Operation, open: BreakerOpen) -> ProviderError {
        ProviderError::new(self.inner.id(), operation, ProviderErrorKind::Unavailable, Certainty::NotApplied)
            .because(open)
    }
}

/// Makes `$call` if the line is closed, and takes its outcome into account.
macro_rules! guarded {
    ($self:ident, $account:ident, $operation:ident, $method:expr, $call:expr) => {
        match $self.admit($account, Operation::$operation, $method) {
            Err(open) => Err($self.refused(Operation::$operation, open)),
            Ok(ticket) => {
                let outcome = $call.await;
                $self.settle(ticket, outcome)
            }
        }
    };
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for CircuitBreaker<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        self.inner.capabilities(account, method)
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        let line = Line { account: account.id.clone(), operation: Operation::Open, method: Some(method) };
        match self.board.rests_for(&line, self.clock.now()) {
            Some(retry_after) => Availability::Resting { retry_after },
            None if self.board.is_on_trial(&line, self.clock.now()) => Availability::OnTrial,
            None => self.inner.availability(account, method),
        }
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        self.inner.counted_under(query)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        guarded!(self, account, Open, Some(charge.method), self.inner.open(account, charge))
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        match self.admit(account, Operation::Inquire, None) {
            Err(open) => queries.iter().map(|_| Err(self.refused(Operation::Inquire, open))).collect(),
            Ok(ticket) => {
                let answers = self.inner.inquire(account, queries, within).await;
                self.keep_to(&ticket, answers.iter().find_map(told_wait));
                self.board.record(ticket, Verdict::of_all(&answers), self.clock.now());
                answers
            }
        }
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        guarded!(self, account, Cancel, None, self.inner.cancel(account, charge))
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        guarded!(self, account, Refund, None, self.inner.refund(account, refund))
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        guarded!(self, account, Simulate, None, self.inner.simulate(account, simulation))
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        guarded!(self, account, Sweep, None, self.inner.sweep(account, period, within))
    }
}
