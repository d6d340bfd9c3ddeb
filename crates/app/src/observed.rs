//! Every call to a provider, counted and timed; every error of one logged, once, with what it hides
//! from the till.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, Certainty, ChargeSnapshot, Drift, Endpoint, OpenCharge,
    OpenedCharge, Operation, PaymentProvider, Period, ProviderError, ProviderErrorKind, Query, RefundCharge,
    RefundOutcome, Simulation, Sweep,
};
use mstore_pay_domain::qr::PaymentQr;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// A provider whose calls are seen.
pub(crate) struct Observed<P> {
    inner: P,
}

impl<P: PaymentProvider> Observed<P> {
    pub(crate) const fn new(inner: P) -> Self {
        Self { inner }
    }

    pub(crate) const fn inner(&self) -> &P {
        &self.inner
    }

    /// The span of a call. It says nothing of what is asked for: the provider's address and our key are in no trace.
    fn span(&self, operation: Operation) -> Span {
        let (provider, operation) = (self.inner.id().to_string(), word(operation));
        tracing::info_span!(
            "provider call",
            "otel.name" = format!("{provider} {operation}"),
            "otel.kind" = "client",
            provider,
            operation,
            outcome = Empty,
        )
    }

    fn see<T>(
        &self,
        operation: Operation,
        since: Instant,
        outcome: &Result<T, ProviderError>,
        drift: impl FnOnce(&T) -> Vec<Drift>,
    ) {
        let unknown = outcome.as_ref().map_or_else(ProviderError::drift, drift);
        count_drift(&self.inner.id(), word(operation), &unknown);
        let (provider, operation) = (self.inner.id().to_string(), word(operation));
        let result = outcome.as_ref().map_or_else(|error| kind_word(error.kind), |_| "ok");
        metrics::counter!(
            "mstore_pay_provider_calls_total",
            "provider" => provider.clone(), "operation" => operation, "result" => result
        )
        .increment(1);
        metrics::histogram!("mstore_pay_provider_call_seconds", "provider" => provider, "operation" => operation)
            .record(since.elapsed());
        if let Err(error) = outcome {
            log(error);
        }
    }
}

/// Says on the span of a call what came of it.
fn tell<T>(span: &Span, outcome: &Result<T, ProviderError>) {
    span.record("outcome", outcome.as_ref().map_or_else(|error| kind_word(error.kind), |_| "ok"));
}

/// Counts what a provider said that we do not know. Which words they were is in the payment's record.
pub(crate) fn count_drift(provider: &ProviderId, operation: &'static str, drift: &[Drift]) {
    for unknown in drift {
        let (provider, kind) = (provider.to_string(), unknown.kind());
        metrics::counter!(
            "mstore_pay_provider_drift_total", "provider" => provider, "operation" => operation, "kind" => kind
        )
        .increment(1);
    }
}

/// One word for metrics.
pub(crate) const fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Open => "open",
        Operation::Inquire => "inquire",
        Operation::Cancel => "cancel",
        Operation::Refund => "refund",
        Operation::Simulate => "simulate",
        Operation::Sweep => "sweep",
    }
}

const fn kind_word(kind: ProviderErrorKind) -> &'static str {
    match kind {
        ProviderErrorKind::Declined => "declined",
        ProviderErrorKind::InvalidRequest => "invalid_request",
        ProviderErrorKind::Unsupported => "unsupported",
        ProviderErrorKind::NotFound => "not_found",
        ProviderErrorKind::Unauthorized => "unauthorized",
        ProviderErrorKind::RateLimited { .. } => "rate_limited",
        ProviderErrorKind::Unavailable => "unavailable",
        ProviderErrorKind::TimedOut => "timed_out",
        ProviderErrorKind::Malformed => "malformed",
        _ => "other",
    }
}

fn log(error: &ProviderError) {
    let kind = kind_word(error.kind);
    let certain = matches!(error.certainty, Certainty::NotApplied);
    let (status, code) = (error.upstream.status, error.upstream.code.as_deref());
    let because = causes(error);
    match error.kind {
        ProviderErrorKind::Unsupported | ProviderErrorKind::NotFound | ProviderErrorKind::Declined => {
            tracing::info!(kind, certain, status, code, because, "{error}: {kind}");
        }
        _ => tracing::warn!(kind, certain, status, code, because, "{error}: {kind}"),
    }
}

/// A QR code that is not the shop's is never shown: whoever wonders why finds both ids.
fn name_foreign_qr(account: &ProviderAccount, artefact: &Artefact) {
    let (Artefact::Qr { qr_string }, Some(ours)) = (artefact, &account.nmid) else { return };
    let Ok(PaymentQr { nmids, .. }) = PaymentQr::parse(qr_string) else { return };
    if !nmids.contains(ours) {
        let (provider, id, theirs) = (&account.provider, &account.id, nmids.join(" and "));
        tracing::warn!(
            %provider, account = %id, nmid = ours, theirs,
            "a QR code of {provider}/{id} is not shown: it carries {theirs} and not {ours}, the NMID that is set"
        );
    }
}

/// Why, and why that, down to the first cause.
pub(crate) fn causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[async_trait]
impl<P: PaymentProvider> PaymentProvider for Observed<P> {
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
        let since = Instant::now();
        let span = self.span(Operation::Open);
        let outcome = self.inner.open(account, charge).instrument(span.clone()).await;
        tell(&span, &outcome);
        self.see(Operation::Open, since, &outcome, OpenedCharge::drift);
        if let Ok(opened) = &outcome {
            name_foreign_qr(account, &opened.artefact);
        }
        outcome
    }

    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        let since = Instant::now();
        let span = self.span(Operation::Inquire);
        let outcomes = self.inner.inquire(account, queries, within).instrument(span.clone()).await;
        // Once for them all: an attribute that is told twice is there twice.
        let failed = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
        span.record("outcome", failed.map_or("ok", |error| kind_word(error.kind)));
        for outcome in &outcomes {
            self.see(Operation::Inquire, since, outcome, ChargeSnapshot::drift);
        }
        outcomes
    }

    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
        let since = Instant::now();
        let span = self.span(Operation::Cancel);
        let outcome = self.inner.cancel(account, charge).instrument(span.clone()).await;
        tell(&span, &outcome);
        self.see(Operation::Cancel, since, &outcome, |_| Vec::new());
        outcome
    }

    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        let since = Instant::now();
        let span = self.span(Operation::Refund);
        let outcome = self.inner.refund(account, refund).instrument(span.clone()).await;
        tell(&span, &outcome);
        self.see(Operation::Refund, since, &outcome, |_| Vec::new());
        outcome
    }

    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError> {
        let since = Instant::now();
        let span = self.span(Operation::Simulate);
        let outcome = self.inner.simulate(account, simulation).instrument(span.clone()).await;
        tell(&span, &outcome);
        self.see(Operation::Simulate, since, &outcome, |()| Vec::new());
        outcome
    }

    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError> {
        let since = Instant::now();
        let span = self.span(Operation::Sweep);
        let outcome = self.inner.sweep(account, period, within).instrument(span.clone()).await;
        tell(&span, &outcome);
        self.see(Operation::Sweep, since, &outcome, |_| Vec::new());
        outcome
    }
}
