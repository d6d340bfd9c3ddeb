//! What can go wrong at a provider, on three axes: what, whether anything happened, whether to try again.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::Exchange;
use crate::charge::FailureReason;
use crate::ids::{ProviderId, ProviderRef};

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Opening a charge.
    Open,
    /// Asking about it.
    Inquire,
    /// Closing it.
    Cancel,
    /// Giving money back.
    Refund,
    /// Ordering a test payment.
    Simulate,
    /// Listing arrived money.
    Sweep,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open a charge",
            Self::Inquire => "ask about a charge",
            Self::Cancel => "cancel a charge",
            Self::Refund => "refund a payment",
            Self::Simulate => "simulate a payment",
            Self::Sweep => "list arrived money",
        })
    }
}

/// Might it have happened? The only question that matters for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// The provider certainly did nothing: it may be tried elsewhere.
    NotApplied,
    /// It may have happened.
    Unknown,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// The provider says no to this payment.
    Declined,
    /// The provider says that the request is wrong.
    InvalidRequest,
    /// The provider, or this account, does not do that.
    Unsupported,
    /// There is no such thing.
    NotFound,
    /// Our credential is refused, or the channel is not active for it.
    Unauthorized,
    /// Too many calls.
    RateLimited {
        /// When to come back, where the provider says. Where it does not, or where our own budget left no room, a
        /// read is not made again at once.
        retry_after: Option<Duration>,
    },
    /// The provider cannot be reached or says that it is out of order.
    Unavailable,
    /// No answer in time.
    TimedOut,
    /// An answer that makes no sense, or that speaks of something else than was asked.
    Malformed,
}

/// What the provider itself said, cut to what is safe to keep.
///
/// Made by [`Upstream::answered`], or by `default` where there was no answer, so that an adapter still compiles when
/// there is more to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Upstream {
    /// The HTTP status.
    pub status: Option<u16>,
    /// The provider's error code.
    pub code: Option<Box<str>>,
    /// When it wants to be asked again, where it said so of being out of order.
    pub retry_after: Option<Duration>,
}

impl Upstream {
    /// An answer of that HTTP status.
    #[must_use]
    pub fn answered(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// The same with the provider's error code, if it told one.
    #[must_use]
    pub fn with_code(mut self, code: Option<Box<str>>) -> Self {
        self.code = code;
        self
    }

    /// The same with the time after which the provider wants to be asked again, if it told one.
    #[must_use]
    pub const fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
}

/// A provider that did not do what it was asked.
#[derive(Debug, Error)]
#[error("could not {operation} at {provider}")]
pub struct ProviderError {
    /// Which provider.
    pub provider: ProviderId,
    /// What we tried.
    pub operation: Operation,
    /// What went wrong.
    pub kind: ProviderErrorKind,
    /// Whether it may have happened all the same.
    pub certainty: Certainty,
    /// What the provider said.
    pub upstream: Upstream,
    /// What was said on the wire, redacted.
    pub exchange: Box<Exchange>,
    /// The id that an answer told although it did not fit. An adapter MUST leave it out unless the answer bears our
    /// reference: by it the charge is closed, and another's must not be.
    pub told: Option<Box<ProviderRef>>,
    /// Why.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ProviderError {
    /// An error without a cause or anything said.
    #[must_use]
    pub fn new(provider: ProviderId, operation: Operation, kind: ProviderErrorKind, certainty: Certainty) -> Self {
        Self {
            provider,
            operation,
            kind,
            certainty,
            upstream: Upstream::default(),
            exchange: Box::default(),
            told: None,
            source: None,
        }
    }

    /// This error with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// This error with what the provider said.
    #[must_use]
    pub fn saying(mut self, upstream: Upstream) -> Self {
        self.upstream = upstream;
        self
    }

    /// This error with what was said on the wire.
    #[must_use]
    pub fn during(mut self, exchange: Exchange) -> Self {
        *self.exchange = exchange;
        self
    }

    /// This error with the id that was told all the same.
    #[must_use]
    pub fn telling(mut self, told: Option<ProviderRef>) -> Self {
        self.told = told.map(Box::new);
        self
    }

    /// Whether the provider says no to the payment itself: it is tried nowhere else.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self.kind, ProviderErrorKind::Declined | ProviderErrorKind::InvalidRequest)
            && matches!(self.certainty, Certainty::NotApplied)
    }

    /// When to come back, where the provider says: its limit is reached, or it is out of order until then.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        if let ProviderErrorKind::RateLimited { retry_after } = self.kind {
            retry_after
        } else {
            self.upstream.retry_after
        }
    }

    /// The provider's code, cut to what is safe to keep and show.
    #[must_use]
    pub fn code(&self) -> FailureReason {
        FailureReason::from_code(self.upstream.code.as_deref().unwrap_or_default())
    }

    /// Whether the same call may go better later. Says nothing of whether it is safe: see
    /// [`certainty`](Self::certainty).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self.kind {
            ProviderErrorKind::RateLimited { .. }
            | ProviderErrorKind::Unavailable
            | ProviderErrorKind::TimedOut
            | ProviderErrorKind::Malformed => true,
            ProviderErrorKind::Declined
            | ProviderErrorKind::InvalidRequest
            | ProviderErrorKind::Unsupported
            | ProviderErrorKind::NotFound
            | ProviderErrorKind::Unauthorized => false,
        }
    }
}
