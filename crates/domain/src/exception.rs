//! Money that does not fit: typed, kept, and put before a person. Never dropped, never accepted as right.

use crate::ids::{ChargeId, ExceptionId, MerchantId, OrderCode, PaymentId, ProviderRef, UserId};
use crate::money::{Money, ReportedMoney};
use crate::time::Timestamp;

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// Money came after our expiry or cancel.
    LatePaid {
        /// Which receipt.
        receipt: ProviderRef,
        /// How much.
        amount: Money,
    },
    /// The provider took money back.
    Reversed {
        /// Which receipt.
        receipt: ProviderRef,
        /// How much.
        amount: Money,
    },
    /// More came than was asked.
    Overpaid {
        /// The receipt, or the webhook's claim where no receipt was found.
        source: MoneySource,
        /// What was asked.
        expected: Money,
        /// What was reported.
        got: ReportedMoney,
    },
    /// Less came than was asked, or another currency.
    Underpaid {
        /// The receipt, or the webhook's claim where no receipt was found.
        source: MoneySource,
        /// What was asked.
        expected: Money,
        /// What was reported.
        got: ReportedMoney,
    },
    /// A second receipt for one order.
    PaidTwice {
        /// The later receipt.
        receipt: ProviderRef,
        /// How much.
        amount: Money,
    },
    /// Money, or word of it, that belongs to no charge we know, that the provider does not bear out, also that it was
    /// taken back, or that the transaction ledger refuses.
    Unmatched {
        /// What was heard of.
        source: MoneySource,
        /// How much was claimed, where that could be read.
        claimed: Option<ReportedMoney>,
    },
    /// Money for an order that was called off.
    PaidAfterVoid {
        /// Which receipt.
        receipt: ProviderRef,
        /// How much.
        amount: Money,
    },
    /// Money on an object whose account, reference or order is not the charge's.
    AccountMismatch {
        /// What was heard of.
        source: MoneySource,
    },
    /// A surcharge taken from a customer on QRIS, which Bank Indonesia forbids. Told of by providers that keep a fee
    /// apart from the amount that was asked, as Midtrans does.
    FeeOnQris {
        /// Which receipt.
        receipt: ProviderRef,
        /// How much.
        fee: Money,
    },
    /// Nobody knows whether a charge exists, and it could not be found out.
    OutcomeUnknown,
    /// A refund did not reach the customer.
    RefundFailed {
        /// Which refund.
        refund: ProviderRef,
        /// How much.
        amount: Money,
    },
}

/// Where word of money came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneySource {
    /// A payment object of the provider.
    Receipt(ProviderRef),
    /// The claim of a webhook delivery that the provider did not bear out.
    Claim(crate::ids::DeliveryId),
}

impl MoneySource {
    /// Text for keys and records.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Receipt(receipt) => receipt.to_string(),
            Self::Claim(delivery) => delivery.to_string(),
        }
    }
}

/// Whether somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionState {
    /// Waiting for a person.
    Open,
    /// Done with.
    Resolved {
        /// When.
        at: Timestamp,
        /// By whom.
        by: UserId,
        /// How: `accept`, `refund`, `ignore`, ...
        resolution: String,
        /// Why.
        reason: String,
    },
}

/// Money that does not fit, on record. One exists per [`key`](Self::key), however often it is raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyException {
    /// Our id.
    pub id: ExceptionId,
    /// The tenant, where one is known.
    pub merchant: Option<MerchantId>,
    /// The order, where one is known.
    pub order_code: Option<OrderCode>,
    /// The payment, where one is known.
    pub payment: Option<PaymentId>,
    /// The charge, where one is known.
    pub charge: Option<ChargeId>,
    /// What does not fit.
    pub misfit: Misfit,
    /// When it was raised.
    pub at: Timestamp,
    /// Whether it was dealt with.
    pub state: ExceptionState,
}

impl Misfit {
    /// Every kind.
    pub const KINDS: [&str; 11] = [
        "late_paid",
        "reversed",
        "overpaid",
        "underpaid",
        "paid_twice",
        "unmatched",
        "paid_after_void",
        "account_mismatch",
        "fee_on_qris",
        "outcome_unknown",
        "refund_failed",
    ];

    /// The kind, one word: `late_paid`, `paid_twice`, ...
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LatePaid { .. } => "late_paid",
            Self::Reversed { .. } => "reversed",
            Self::Overpaid { .. } => "overpaid",
            Self::Underpaid { .. } => "underpaid",
            Self::PaidTwice { .. } => "paid_twice",
            Self::Unmatched { .. } => "unmatched",
            Self::PaidAfterVoid { .. } => "paid_after_void",
            Self::AccountMismatch { .. } => "account_mismatch",
            Self::FeeOnQris { .. } => "fee_on_qris",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::RefundFailed { .. } => "refund_failed",
        }
    }

    /// How much money it is about, where that is known in rupiah.
    #[must_use]
    pub const fn amount(&self) -> Option<&Money> {
        match self {
            Self::LatePaid { amount, .. }
            | Self::Reversed { amount, .. }
            | Self::PaidTwice { amount, .. }
            | Self::PaidAfterVoid { amount, .. }
            | Self::RefundFailed { amount, .. } => Some(amount),
            Self::FeeOnQris { fee, .. } => Some(fee),
            Self::Overpaid { got, .. } | Self::Underpaid { got, .. } => Some(&got.amount),
            Self::Unmatched { claimed, .. } => match claimed {
                Some(claimed) => Some(&claimed.amount),
                None => None,
            },
            Self::AccountMismatch { .. } | Self::OutcomeUnknown => None,
        }
    }

    /// The misfit of money that is not what was asked: underpaid unless it is more rupiah.
    #[must_use]
    pub fn of_amount(source: MoneySource, expected: Money, got: ReportedMoney) -> Self {
        let is_rupiah = got.currency == crate::money::Currency::Idr.code();
        if is_rupiah && got.amount > expected {
            Self::Overpaid { source, expected, got }
        } else {
            Self::Underpaid { source, expected, got }
        }
    }

    /// What it is about, for the key: the same money raises the same exception once.
    fn subject(&self) -> String {
        match self {
            Self::LatePaid { receipt, .. }
            | Self::Reversed { receipt, .. }
            | Self::PaidTwice { receipt, .. }
            | Self::PaidAfterVoid { receipt, .. }
            | Self::FeeOnQris { receipt, .. } => receipt.to_string(),
            Self::Overpaid { source, .. }
            | Self::Underpaid { source, .. }
            | Self::Unmatched { source, .. }
            | Self::AccountMismatch { source } => source.text(),
            Self::RefundFailed { refund, .. } => refund.to_string(),
            Self::OutcomeUnknown => String::new(),
        }
    }

    /// What makes it the same exception when it is raised again, about this charge or about none.
    #[must_use]
    pub fn key(&self, charge: Option<&ChargeId>) -> String {
        let charge = charge.map(ToString::to_string).unwrap_or_default();
        format!("{}/{charge}/{}", self.kind(), self.subject())
    }
}

impl MoneyException {
    /// Money of which no owner is known, waiting for a person.
    #[must_use]
    pub const fn of_nobody(id: ExceptionId, misfit: Misfit, at: Timestamp) -> Self {
        Self {
            id,
            merchant: None,
            order_code: None,
            payment: None,
            charge: None,
            misfit,
            at,
            state: ExceptionState::Open,
        }
    }

    /// What makes it the same exception when it is raised again.
    #[must_use]
    pub fn key(&self) -> String {
        self.misfit.key(self.charge.as_ref())
    }
}
