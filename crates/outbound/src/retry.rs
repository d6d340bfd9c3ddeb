//! Trying again where that is safe.

mod plan;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, BudgetClass, CancelCharge, Canceled, Capabilities, ChargeSnapshot, Clock, Endpoint, OpenCharge,
    OpenedCharge, PaymentProvider, Period, ProviderError, ProviderErrorKind, Query, RateBudget, RefundCharge,
    RefundOutcome, Reservation, Simulation, Sweep,
};

use crate::BreakerOpen;
use plan::{Plan, Safety};

/// How often and how soon to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first.
    pub retries_max: usize,
    /// The first pause; each later one is twice as long, and up to as much again is added by chance.
    pub pause_min: Duration,
    /// The longest pause before chance is added.
    pub pause_max: Duration,
    /// What must be left of the call's time for another try to make sense.
    pub try_min: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries_max: 2,
            pause_min: Duration::from_millis(100),
            pause_max: Duration::from_secs(1),
            try_min: Duration::from_millis(300),
        }
    }
}

/// A provider whose calls are tried again, within the time each was given: reads on any passing error;
/// whatever changes something only where the provider certainly did nothing.
///
/// The caller of a read reserved one try. Each further one is reserved here, and is not made where the rate limit has no
/// room for it.
pub struct Retry<P> {
    inner: P,
    budget: Arc<dyn RateBudget>,
    clock: Arc<dyn Clock>,
    policy: RetryPolicy,
}

impl<P: PaymentProvider> Retry<P> {
    /// Puts retries before a provider; `clock` does the waiting, and `budget` knows how many reads are left.
    #[must_use]
    pub fn new(inner: P, budget: Arc<dyn RateBudget>, clock: Arc<dyn Clock>, policy: RetryPolicy) -> Self {
        Self { inner, budget, clock, policy }
    }

    /// The provider behind it.
    #[must_use]
    pub const fn inner(&self) -> &P {
        &self.inner
    }

    fn plan(&self, safety: Safety, within: Duration) -> Plan {
        Plan::new(&self.policy, safety, within, self.clock.monotonic())
    }

    /// Whether nothing more would be sent for some time, because a breaker behind this has opened over that error.
    fn is_shut_by(&self, account: &ProviderAccount, method: Method, error: &ProviderError) -> bool {
        let rests = matches!(self.inner.availability(account, method), Availability::Resting { .. });
        rests && error.kind == ProviderErrorKind::Unavailable
    }

    /// Waits if another try is due; whether it is.
    async fn pause(&self, plan: &mut Plan, error: &ProviderError) -> bool {
        let Some(pause) = plan.pause(error, self.clock.monotonic()) else { return false };
        self.clock.sleep(pause).await;
        true
    }

    /// Whether the rate limit leaves another try of a read. It is paced like the question of somebody who looks: word of
    /// money goes before it, and where a provider fails much, whoever asked comes back anyway.
    async fn may_read(&self, account: &ProviderAccount, endpoint: Endpoint) -> bool {
        let (provider, class) = (self.inner.id(), BudgetClass::Watched);
        self.budget.reserve(&provider, &account.id, endpoint, class, 1).await == Reservation::Granted
    }

    /// Of those queries the ones that the rate limit leaves another try, with their places. The first for which it has no
    /// room is the last that is asked for.
    async fn left_to_ask(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        places: &[usize],
    ) -> (Vec<usize>, Vec<Query>) {
        let mut left = Vec::new();
        for (nth, query) in places.iter().filter_map(|&nth| Some((nth, queries.get(nth)?))) {
            if !self.may_read(account, self.inner.counted_under(query)).await {
                break;
            }
            left.push((nth, query.clone()));
        }
        left.into_iter().unzip()
    }
}

/// Makes `$call` with the time left as `$within` until it goes well, the plan gives up, or `$may_repeat` is not so.
macro_rules! retrying {
    ($self:ident, $safety:expr, $given:expr, $may_repeat:expr, |$within:ident| $call:expr) => {{
        let mut plan = $self.plan($safety, $given);
        let mut $within = $given;
        loop {
            let error = match $call.await {
                Ok(done) => break Ok(done),
                Err(error) => error,
            };
            if !$self.pause(&mut plan, &error).await || !$may_repeat {
                break Err(error);
            }
            // Leave may have taken its time.
            let Some(left) = plan.time_for_a_try($self.clock.monotonic()) else { break Err(error) };
            $within = left;
        }
    }};
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for Retry<P> {
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
        let mut charge = charge.clone();
        retrying!(self, Safety::OnlyIfNotApplied, charge.within, true, |within| {
            charge.within = within;
            let outcome = self.inner.open(account, &charge).await;
            match outcome {
                // Somebody waits, and another provider may be ready.
                Err(error) if self.is_shut_by(account, charge.method, &error) => return Err(error),
                outcome => std::future::ready(outcome),
            }
        })
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        let mut plan = self.plan(Safety::Always, within);
        let mut answers = self.inner.inquire(account, queries, within).await;
        loop {
            let failed: Vec<usize> = (0..answers.len()).filter(|&nth| passing_error(&answers, nth).is_some()).collect();
            let Some(error) = failed.first().and_then(|&nth| passing_error(&answers, nth)) else { return answers };
            if !self.pause(&mut plan, error).await {
                return answers;
            }
            let (places, again) = self.left_to_ask(account, queries, &failed).await;
            let Some(left) = plan.time_for_a_try(self.clock.monotonic()).filter(|_| !again.is_empty()) else {
                return answers;
            };
            let fresh = self.inner.inquire(account, &again, left).await;
            for (nth, answer) in places.into_iter().zip(fresh) {
                // That nothing was sent any more says less than what came before.
                let says_more = !answer.as_ref().is_err_and(is_unsent);
                if let Some(slot) = answers.get_mut(nth).filter(|_| says_more) {
                    *slot = answer;
                }
            }
        }
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        let mut charge = charge.clone();
        retrying!(self, Safety::OnlyIfNotApplied, charge.within, true, |within| {
            charge.within = within;
            self.inner.cancel(account, &charge)
        })
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        let mut refund = refund.clone();
        retrying!(self, Safety::OnlyIfNotApplied, refund.within, true, |within| {
            refund.within = within;
            self.inner.refund(account, &refund)
        })
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        let mut simulation = simulation.clone();
        retrying!(self, Safety::OnlyIfNotApplied, simulation.within, true, |within| {
            simulation.within = within;
            self.inner.simulate(account, &simulation)
        })
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        retrying!(self, Safety::Always, within, self.may_read(account, Endpoint::Sweep).await, |within| {
            self.inner.sweep(account, period, within)
        })
    }
}

/// Whether a breaker behind this kept the call back.
fn is_unsent(error: &ProviderError) -> bool {
    error.source.as_ref().is_some_and(|cause| cause.is::<BreakerOpen>())
}

/// An error of one query after which another try makes sense.
fn passing_error(answers: &[Result<ChargeSnapshot, ProviderError>], nth: usize) -> Option<&ProviderError> {
    let error = answers.get(nth).and_then(|answer| answer.as_ref().err());
    error.filter(|error| error.is_transient() && !is_limited_for_no_known_time(error))
}

/// Over a limit, ours or the provider's, and nobody says for how long: a try at once would only cost more calls.
fn is_limited_for_no_known_time(error: &ProviderError) -> bool {
    matches!(error.kind, ProviderErrorKind::RateLimited { .. }) && error.retry_after().is_none()
}
