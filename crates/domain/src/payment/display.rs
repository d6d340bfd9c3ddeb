//! Whether a payment's charge may be put before a customer.

use crate::ids::PaymentId;
use crate::time::Timestamp;

/// Whether a payment's charge may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// It may.
    Shown,
    /// No longer.
    Withdrawn {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: Withdrawal,
    },
}

/// Why a charge was taken from display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The cashier cancelled.
    Cancelled,
    /// The cashier chose another method or amount.
    Superseded,
    /// The order was paid by another payment.
    PaidBy {
        /// Which.
        payment: PaymentId,
    },
    /// The order was paid in cash.
    PaidInCash,
    /// Its time is over.
    Expired,
    /// The order was voided.
    Voided,
}

impl Withdrawal {
    /// One word for records.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::PaidBy { .. } => "paid_by",
            Self::PaidInCash => "paid_in_cash",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }
}
