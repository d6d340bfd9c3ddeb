//! Which answer means what, and above all: can Acme Pay have acted?

use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::ports::{Certainty, Exchange, Operation, ProviderError, ProviderErrorKind as Kind, Upstream};
use mstore_pay_outbound::{HttpError, Reply};

use Certainty::{NotApplied, Unknown};

/// A call that went wrong, before it is known in which operation.
pub(crate) struct Failure {
    kind: Kind,
    certainty: Certainty,
    status: Option<u16>,
    exchange: Exchange,
    why: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// Not offered, and nothing was sent.
    pub(crate) fn unsupported() -> Self {
        Self { kind: Kind::Unsupported, certainty: NotApplied, status: None, exchange: Exchange::default(), why: None }
    }

    /// No answer. The client knows whether the request can have left this machine.
    pub(crate) fn unanswered(error: HttpError, asked: &str) -> Self {
        let (kind, certainty) = error.classify();
        let exchange = Exchange { request: Some(asked.to_owned()), ..Exchange::default() };
        Self { kind, certainty, status: None, exchange, why: Some(error.into()) }
    }

    /// An answer that says no. What a provider refuses it did not do; what it broke down over it may have.
    pub(crate) fn refused(reply: &Reply, asked: &str) -> Self {
        let (kind, certainty) = match reply.status {
            401 | 403 => (Kind::Unauthorized, NotApplied),
            402 => (Kind::Declined, NotApplied),
            404 => (Kind::NotFound, NotApplied),
            // Given up on halfway, or still at work on the same key: it may yet come about.
            408 => (Kind::TimedOut, Unknown),
            409 => (Kind::Unavailable, Unknown),
            429 => (Kind::RateLimited { retry_after: reply.retry_after }, NotApplied),
            400..=499 => (Kind::InvalidRequest, NotApplied),
            500..=599 => (Kind::Unavailable, Unknown),
            _ => (Kind::Malformed, Unknown),
        };
        Self { kind, certainty, status: Some(reply.status), exchange: exchange(asked, reply), why: None }
    }

    /// An answer of success that cannot be read: Acme Pay did something, and nobody knows what.
    pub(crate) fn malformed(reply: &Reply, field: &'static str, asked: &str) -> Self {
        let why = Some(format!("unreadable: {field}").into());
        let exchange = exchange(asked, reply);
        Self { kind: Kind::Malformed, certainty: Unknown, status: Some(reply.status), exchange, why }
    }

    /// An answer of success that speaks of another charge.
    pub(crate) fn mismatch(exchange: Exchange) -> Self {
        let why = Some("not the charge that was asked for".into());
        Self { kind: Kind::Malformed, certainty: Unknown, status: None, exchange, why }
    }

    /// Whether it says that the charge was over before: Acme Pay answers 409 to that.
    pub(crate) fn says_over(&self) -> bool {
        self.status == Some(409)
    }

    /// As the port wants it.
    pub(crate) fn in_operation(self, provider: &ProviderId, operation: Operation) -> ProviderError {
        let error = ProviderError::new(provider.clone(), operation, self.kind, self.certainty)
            .saying(self.status.map(Upstream::answered).unwrap_or_default())
            .during(self.exchange);
        match self.why {
            Some(why) => error.because(why),
            None => error,
        }
    }
}

fn exchange(asked: &str, reply: &Reply) -> Exchange {
    Exchange { request: Some(asked.to_owned()), response: Some(reply.on_record()), ..Exchange::default() }
}

/// The same for outcomes.
pub(crate) trait Failures<T> {
    fn in_operation(self, provider: &ProviderId, operation: Operation) -> Result<T, ProviderError>;
}

impl<T> Failures<T> for Result<T, Failure> {
    fn in_operation(self, provider: &ProviderId, operation: Operation) -> Result<T, ProviderError> {
        self.map_err(|failure| failure.in_operation(provider, operation))
    }
}
