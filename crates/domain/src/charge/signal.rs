//! What can be heard of a charge.

use std::fmt;

use super::{Receipt, RefundFact};
use crate::ids::ProviderRef;
use crate::time::Timestamp;

/// Something heard of a charge: from the provider's answer, a webhook or a check. Signals repeat,
/// come late and out of order, and contradict each other; that is normal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// The provider has it and waits for money.
    Pending,
    /// Its time is over.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was cancelled.
    Canceled {
        /// When.
        at: Timestamp,
    },
    /// It failed.
    Failed {
        /// When.
        at: Timestamp,
        /// Why, as far as the provider tells.
        reason: FailureReason,
    },
    /// Money came.
    Received(Receipt),
    /// Money went back.
    Refunded(RefundFact),
    /// The provider, when asked, said that a payment was taken back.
    Reversed {
        /// Which payment.
        payment_ref: ProviderRef,
        /// When.
        at: Timestamp,
    },
}

/// A [`Signal`] without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignalKind {
    /// [`Signal::Pending`]
    Pending,
    /// [`Signal::Expired`]
    Expired,
    /// [`Signal::Canceled`]
    Canceled,
    /// [`Signal::Failed`]
    Failed,
    /// [`Signal::Received`]
    Received,
    /// [`Signal::Refunded`]
    Refunded,
    /// [`Signal::Reversed`]
    Reversed,
}

impl SignalKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Expired, Self::Canceled, Self::Failed, Self::Received, Self::Refunded, Self::Reversed];

    /// One word for tables and records.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Received => "received",
            Self::Refunded => "refunded",
            Self::Reversed => "reversed",
        }
    }
}

impl Signal {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> SignalKind {
        match self {
            Self::Pending => SignalKind::Pending,
            Self::Expired { .. } => SignalKind::Expired,
            Self::Canceled { .. } => SignalKind::Canceled,
            Self::Failed { .. } => SignalKind::Failed,
            Self::Received(_) => SignalKind::Received,
            Self::Refunded(_) => SignalKind::Refunded,
            Self::Reversed { .. } => SignalKind::Reversed,
        }
    }
}

/// Why a charge failed: the provider's own code, cut to what is safe to keep and show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailureReason(String);

impl FailureReason {
    const CHARS_MAX: usize = 64;

    /// Keeps letters, digits and underscores of the provider's code, at most 64 of them.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let kept: String =
            code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(Self::CHARS_MAX).collect();
        Self(if kept.is_empty() { "UNSPECIFIED".to_owned() } else { kept.to_ascii_uppercase() })
    }

    /// No provider could be reached to open it; which code that had is in the payment's record.
    #[must_use]
    pub fn not_opened() -> Self {
        Self("NOT_OPENED".to_owned())
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
