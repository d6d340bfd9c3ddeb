//! What can go wrong on the way out and back, whoever is called: a provider, a transaction service, a merchant's back end.
//! Who it was is said by the error that has one of these as its cause.

use mstore_pay_domain::ports::{Certainty, ProviderErrorKind};
use thiserror::Error;

use crate::HttpClient;

/// Whatever lies beneath, kept for logs.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A call that brought no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The request certainly never left: no address, no connection, no TLS, or no legal request.
    #[error("could not reach the host")]
    NotSent {
        /// Why.
        #[source]
        source: Cause,
    },
    /// The time for the whole call ran out; the request may have left.
    #[error("the host did not answer in time")]
    TimedOut {
        /// Where it stood.
        #[source]
        source: Cause,
    },
    /// The connection broke after it had been made; the request may have left.
    #[error("the connection to the host broke")]
    Broken {
        /// Why.
        #[source]
        source: Cause,
    },
    /// The answer, inflated, goes on beyond the cap.
    #[error("the host's answer is larger than {} bytes", HttpClient::BODY_BYTES_MAX)]
    TooLarge,
}

impl HttpError {
    /// Whether the request may have arrived.
    #[must_use]
    pub const fn may_have_left(&self) -> bool {
        match self {
            Self::NotSent { .. } => false,
            Self::TimedOut { .. } | Self::Broken { .. } | Self::TooLarge => true,
        }
    }

    /// What that is to a caller of the provider port.
    #[must_use]
    pub const fn classify(&self) -> (ProviderErrorKind, Certainty) {
        match self {
            Self::NotSent { .. } => (ProviderErrorKind::Unavailable, Certainty::NotApplied),
            Self::TimedOut { .. } => (ProviderErrorKind::TimedOut, Certainty::Unknown),
            Self::Broken { .. } => (ProviderErrorKind::Unavailable, Certainty::Unknown),
            Self::TooLarge => (ProviderErrorKind::Malformed, Certainty::Unknown),
        }
    }
}
