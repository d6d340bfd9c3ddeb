//! What the charges make of a payment.

use super::{Display, Intake, Payment, Withdrawal};
use crate::charge::{Charge, ChargeState, Funds, Receipt};
use crate::time::Timestamp;

/// Where a payment stands: derived, never stored as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentStatus {
    /// Money is waited for, or a charge is being opened.
    Pending,
    /// Its time is over.
    Expired,
    /// Cancelled.
    Canceled,
    /// No charge could be opened, or the charge failed.
    Failed,
    /// Money came.
    Paid,
    /// A part of it went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
    /// The provider took it back.
    Reversed,
}

/// A payment's status with what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Money is waited for, or a charge is being opened.
    Pending,
    /// Its time is over.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Cancelled.
    Canceled {
        /// When.
        at: Timestamp,
    },
    /// Failed.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: crate::charge::FailureReason,
    },
    /// Money came, and may have gone back since.
    Settled {
        /// [`PaymentStatus::Paid`] or one of those after it.
        status: PaymentStatus,
        /// The earliest receipt that stands.
        receipt: Option<Receipt>,
    },
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Expired,
        Self::Canceled,
        Self::Failed,
        Self::Paid,
        Self::PartiallyRefunded,
        Self::Refunded,
        Self::Reversed,
    ];

    /// One word for records. The seed's database word for [`Paid`](Self::Paid) is `success`; that is
    /// the store's mapping, and `paid` over HTTP is the till's.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
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

    /// Those in which money came in and at least a part of it is still here.
    pub const HOLDING_MONEY: [Self; 2] = [Self::Paid, Self::PartiallyRefunded];

    /// Whether money came in and at least a part of it is still here.
    #[must_use]
    pub fn holds_money(self) -> bool {
        Self::HOLDING_MONEY.contains(&self)
    }

    /// Whether money ever came.
    #[must_use]
    pub const fn saw_money(self) -> bool {
        matches!(self, Self::Paid | Self::PartiallyRefunded | Self::Refunded | Self::Reversed)
    }
}

impl Standing {
    /// The status alone.
    #[must_use]
    pub const fn status(&self) -> PaymentStatus {
        match self {
            Self::Pending => PaymentStatus::Pending,
            Self::Expired { .. } => PaymentStatus::Expired,
            Self::Canceled { .. } => PaymentStatus::Canceled,
            Self::Failed { .. } => PaymentStatus::Failed,
            Self::Settled { status, .. } => *status,
        }
    }
}

impl Payment {
    /// Where the payment stands.
    #[must_use]
    pub fn status(&self) -> PaymentStatus {
        self.standing().status()
    }

    /// When the customer's money moved: the earliest receipt's time.
    #[must_use]
    pub fn paid_at(&self) -> Option<Timestamp> {
        match self.standing() {
            Standing::Settled { receipt, .. } => receipt.map(|receipt| receipt.paid_at),
            Standing::Pending | Standing::Expired { .. } | Standing::Canceled { .. } | Standing::Failed { .. } => None,
        }
    }

    /// Every receipt of every charge.
    pub fn receipts(&self) -> impl Iterator<Item = (&Charge, &Receipt)> {
        self.charges.iter().flat_map(|charge| {
            charge.state.funds().into_iter().flat_map(Funds::receipts).map(move |receipt| (charge, receipt))
        })
    }

    /// The earliest receipt that was not reversed, and its charge.
    #[must_use]
    pub fn first_standing(&self) -> Option<(&Charge, &Receipt)> {
        let standing = self.charges.iter().flat_map(|charge| {
            charge.state.funds().into_iter().flat_map(Funds::standing).map(move |receipt| (charge, receipt))
        });
        standing.min_by_key(|(_, receipt)| (receipt.paid_at, &receipt.payment_ref))
    }

    /// Where the payment stands, with what goes with it. Receipts decide; without any it is pending
    /// while a charge that may be seen is open, or while one may still be opened; else it stands
    /// where the last charge that was not hidden stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if let Some(settled) = self.settled() {
            return settled;
        }
        let visible_open = self.charges.iter().any(|charge| !charge.is_hidden() && charge.state.is_open());
        if visible_open || self.intake == Intake::Open {
            return Standing::Pending;
        }
        match self.shown_charge().map(|charge| &charge.state) {
            Some(ChargeState::Expired { at }) => Standing::Expired { at: *at },
            Some(ChargeState::Canceled { at }) => Standing::Canceled { at: *at },
            Some(ChargeState::Failed { at, reason }) => Standing::Failed { at: *at, reason: reason.clone() },
            Some(
                ChargeState::Initiated
                | ChargeState::Pending
                | ChargeState::Paid(_)
                | ChargeState::PartiallyRefunded(_)
                | ChargeState::Refunded(_)
                | ChargeState::Reversed(_),
            ) => Standing::Pending,
            None => self.standing_of_all_hidden(),
        }
    }

    fn standing_of_all_hidden(&self) -> Standing {
        match self.display {
            Display::Shown => Standing::Pending,
            Display::Withdrawn { at, why: Withdrawal::Expired } => Standing::Expired { at },
            Display::Withdrawn {
                at,
                why:
                    Withdrawal::Cancelled
                    | Withdrawal::Superseded
                    | Withdrawal::PaidBy { .. }
                    | Withdrawal::PaidInCash
                    | Withdrawal::Voided,
            } => Standing::Canceled { at },
        }
    }

    /// The money of all charges taken as one.
    fn settled(&self) -> Option<Standing> {
        let mut all = self.charges.iter().filter_map(|charge| charge.state.funds()).peekable();
        all.peek()?;
        let parts: Vec<&Funds> = all.collect();
        let funds = Funds::from_facts(
            parts.iter().flat_map(|funds| funds.receipts().cloned()),
            parts.iter().flat_map(|funds| funds.refunds().cloned()),
            parts.iter().flat_map(|funds| funds.reversals().map(|(payment_ref, at)| (payment_ref.clone(), at))),
        );
        let receipt = funds.first_receipt().cloned();
        let status = match ChargeState::of(funds) {
            ChargeState::PartiallyRefunded(_) => PaymentStatus::PartiallyRefunded,
            ChargeState::Refunded(_) => PaymentStatus::Refunded,
            ChargeState::Reversed(_) => PaymentStatus::Reversed,
            ChargeState::Paid(_)
            | ChargeState::Initiated
            | ChargeState::Pending
            | ChargeState::Expired { .. }
            | ChargeState::Canceled { .. }
            | ChargeState::Failed { .. } => PaymentStatus::Paid,
        };
        Some(Standing::Settled { status, receipt })
    }
}

#[cfg(test)]
mod tests;
