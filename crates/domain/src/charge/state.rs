//! Where a charge stands: an enum with its data and one total function.

use super::{FailureReason, Funds, Receipt, Signal};
use crate::ids::ProviderRef;
use crate::money::{Money, ReportedMoney};
use crate::time::Timestamp;

/// Where a charge stands. Later variants outrank earlier ones; the higher rank stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChargeState {
    /// Ours; the provider is not known to have it.
    Initiated,
    /// The provider has it and waits for money.
    Pending,
    /// Its time is over; it is still watched.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Cancelled; it is still watched.
    Canceled {
        /// When.
        at: Timestamp,
    },
    /// Failed; it is still watched.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: FailureReason,
    },
    /// Money came that fits what was asked.
    Paid(Funds),
    /// A part of it went back.
    PartiallyRefunded(Funds),
    /// All of it went back.
    Refunded(Funds),
    /// The provider took every payment back.
    Reversed(Funds),
}

/// A [`ChargeState`] without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargeStatus {
    /// [`ChargeState::Initiated`]
    Initiated,
    /// [`ChargeState::Pending`]
    Pending,
    /// [`ChargeState::Expired`]
    Expired,
    /// [`ChargeState::Canceled`]
    Canceled,
    /// [`ChargeState::Failed`]
    Failed,
    /// [`ChargeState::Paid`]
    Paid,
    /// [`ChargeState::PartiallyRefunded`]
    PartiallyRefunded,
    /// [`ChargeState::Refunded`]
    Refunded,
    /// [`ChargeState::Reversed`]
    Reversed,
}

/// What a signal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The charge stands elsewhere, or holds more money.
    Moved(ChargeState),
    /// Nothing new was said.
    Unchanged,
    /// Something true earlier, outranked by what is known.
    Stale,
    /// It does not fit; the charge stays, and somebody must look.
    Disputed(DisputeReason),
}

/// Why a signal does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisputeReason {
    /// Money of another amount or currency than was asked.
    AmountMismatch {
        /// What was asked.
        expected: Money,
        /// What was reported.
        got: ReportedMoney,
    },
    /// One payment, reported with two amounts.
    ReceiptChanged {
        /// Which payment.
        payment_ref: ProviderRef,
        /// What was known.
        known: ReportedMoney,
        /// What was reported now.
        got: ReportedMoney,
    },
}

impl ChargeStatus {
    /// Every status, lowest rank first.
    pub const ALL: [Self; 9] = [
        Self::Initiated,
        Self::Pending,
        Self::Expired,
        Self::Canceled,
        Self::Failed,
        Self::Paid,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Reversed,
    ];

    /// One word for tables and records.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Paid => "paid",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Reversed => "reversed",
        }
    }
}

impl ChargeState {
    /// Which status it is.
    #[must_use]
    pub const fn status(&self) -> ChargeStatus {
        match self {
            Self::Initiated => ChargeStatus::Initiated,
            Self::Pending => ChargeStatus::Pending,
            Self::Expired { .. } => ChargeStatus::Expired,
            Self::Canceled { .. } => ChargeStatus::Canceled,
            Self::Failed { .. } => ChargeStatus::Failed,
            Self::Paid(_) => ChargeStatus::Paid,
            Self::PartiallyRefunded(_) => ChargeStatus::PartiallyRefunded,
            Self::Refunded(_) => ChargeStatus::Refunded,
            Self::Reversed(_) => ChargeStatus::Reversed,
        }
    }

    /// The money it holds, if any ever came.
    #[must_use]
    pub const fn funds(&self) -> Option<&Funds> {
        match self {
            Self::Paid(funds) | Self::PartiallyRefunded(funds) | Self::Refunded(funds) | Self::Reversed(funds) => {
                Some(funds)
            }
            Self::Initiated | Self::Pending | Self::Expired { .. } | Self::Canceled { .. } | Self::Failed { .. } => {
                None
            }
        }
    }

    /// Whether money may still be expected: not ended, not paid.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Initiated | Self::Pending)
    }

    /// What a signal makes of this state, for a charge of `asked`. Total: every state takes every
    /// signal. The final (status, amount, `paid_at`) does not depend on their order or number.
    #[must_use]
    pub fn on(&self, signal: &Signal, asked: &Money) -> Outcome {
        match signal {
            Signal::Pending => self.raise(Self::Pending),
            Signal::Expired { at } => self.raise(Self::Expired { at: *at }),
            Signal::Canceled { at } => self.raise(Self::Canceled { at: *at }),
            Signal::Failed { at, reason } => self.raise(Self::Failed { at: *at, reason: reason.clone() }),
            Signal::Received(receipt) => self.receive(receipt, asked),
            Signal::Refunded(refund) => self.with_funds(|funds| funds.add_refund(refund.clone())),
            Signal::Reversed { payment_ref, at } => {
                self.with_funds(|funds| funds.add_reversal(payment_ref.clone(), *at))
            }
        }
    }

    /// The state without money that two such states make together: the higher rank.
    fn raise(&self, to: Self) -> Outcome {
        match self.status().cmp(&to.status()) {
            std::cmp::Ordering::Less => Outcome::Moved(to),
            std::cmp::Ordering::Equal => Outcome::Unchanged,
            std::cmp::Ordering::Greater => Outcome::Stale,
        }
    }

    fn receive(&self, receipt: &Receipt, asked: &Money) -> Outcome {
        if let Some(known) = self.funds().and_then(|funds| funds.receipt(&receipt.payment_ref))
            && known.money != receipt.money
        {
            return Outcome::Disputed(DisputeReason::ReceiptChanged {
                payment_ref: receipt.payment_ref.clone(),
                known: known.money.clone(),
                got: receipt.money.clone(),
            });
        }
        if !receipt.money.fits(asked) {
            return Outcome::Disputed(DisputeReason::AmountMismatch {
                expected: asked.clone(),
                got: receipt.money.clone(),
            });
        }
        self.with_funds(|funds| funds.add_receipt(receipt.clone()))
    }

    fn with_funds(&self, add: impl FnOnce(&mut Funds)) -> Outcome {
        let mut funds = self.funds().cloned().unwrap_or_default();
        add(&mut funds);
        if self.funds() == Some(&funds) { Outcome::Unchanged } else { Outcome::Moved(Self::of(funds)) }
    }

    /// The state that money alone decides.
    #[must_use]
    pub fn of(funds: Funds) -> Self {
        let (received, refunded) = (funds.received(), funds.refunded());
        if funds.standing().next().is_none() && funds.reversals().next().is_some() {
            Self::Reversed(funds)
        } else if refunded.is_zero() {
            Self::Paid(funds)
        } else if refunded < received {
            Self::PartiallyRefunded(funds)
        } else {
            Self::Refunded(funds)
        }
    }
}
