//! The order: the POS transaction that payments pay.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::ids::{BranchId, MerchantId, OrderCode, PaymentId};
use crate::money::Money;
use crate::payment::Revision;
use crate::time::Timestamp;

/// A POS order as it was registered with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The tenant.
    pub merchant: MerchantId,
    /// The branch it was sold in.
    pub branch: Option<BranchId>,
    /// Its code, unique within the merchant.
    pub code: OrderCode,
    /// What it costs in all.
    pub grand_total: Money,
    /// What the till said it would be paid by.
    pub payment_method: Option<String>,
    /// The registered body beyond what we understand, as JSON text.
    pub body_json: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Under which revision it was read.
    pub revision: Revision,
    /// Where it stands.
    pub state: OrderState,
}

/// By what an order was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidBy {
    /// A payment of ours.
    Payment(PaymentId),
    /// Cash in the till.
    Cash,
}

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderState {
    /// Registered, not yet to be paid.
    Draft,
    /// A payment is under way.
    PendingPayment,
    /// Paid.
    Paid {
        /// When.
        at: Timestamp,
        /// By what.
        by: PaidBy,
    },
    /// Paid and posted to the books.
    Synced {
        /// When it was paid.
        paid_at: Timestamp,
        /// By what.
        by: PaidBy,
    },
    /// Its last payment failed, or the money for it was taken back; another may follow.
    Failed,
    /// Its last payment's time was over; another may follow.
    Expired,
    /// Called off.
    Voided {
        /// When.
        at: Timestamp,
    },
}

/// Something that happens to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderSignal {
    /// A payment was opened for it.
    PaymentOpened,
    /// Its payment failed or was cancelled.
    PaymentFailed,
    /// Its payment's time was over.
    PaymentExpired,
    /// It was paid.
    Paid {
        /// When the money moved.
        at: Timestamp,
        /// By what.
        by: PaidBy,
    },
    /// What it was paid by holds no money any more: the provider took it back.
    MoneyGone {
        /// What it was paid by.
        from: PaidBy,
    },
    /// It was posted to the books.
    Synced,
    /// It was called off.
    Voided {
        /// When.
        at: Timestamp,
    },
}

/// What a signal did to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderOutcome {
    /// It stands elsewhere now.
    Moved(OrderState),
    /// Nothing new.
    Unchanged,
    /// Money came after the order was called off: an exception, and the order stays.
    PaidAfterVoid,
    /// Money came although it was paid by something else: an exception, and the order stays.
    PaidTwice,
    /// Not possible from here.
    Refused,
}

/// One word for each [`OrderState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// [`OrderState::Draft`]
    Draft,
    /// [`OrderState::PendingPayment`]
    PendingPayment,
    /// [`OrderState::Paid`]
    Paid,
    /// [`OrderState::Synced`]
    Synced,
    /// [`OrderState::Failed`]
    Failed,
    /// [`OrderState::Expired`]
    Expired,
    /// [`OrderState::Voided`]
    Voided,
}

/// A word that is no order status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown order status")]
pub struct UnknownOrderStatus;

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Draft, Self::PendingPayment, Self::Paid, Self::Synced, Self::Failed, Self::Expired, Self::Voided];

    /// The word used over HTTP and in stores.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingPayment => "pending_payment",
            Self::Paid => "paid",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }
}

impl FromStr for OrderStatus {
    type Err = UnknownOrderStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.word() == text).ok_or(UnknownOrderStatus)
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl OrderState {
    /// Its status.
    #[must_use]
    pub const fn status(&self) -> OrderStatus {
        match self {
            Self::Draft => OrderStatus::Draft,
            Self::PendingPayment => OrderStatus::PendingPayment,
            Self::Paid { .. } => OrderStatus::Paid,
            Self::Synced { .. } => OrderStatus::Synced,
            Self::Failed => OrderStatus::Failed,
            Self::Expired => OrderStatus::Expired,
            Self::Voided { .. } => OrderStatus::Voided,
        }
    }

    /// By what it was paid, if it was.
    #[must_use]
    pub const fn paid_by(&self) -> Option<PaidBy> {
        match self {
            Self::Paid { by, .. } | Self::Synced { by, .. } => Some(*by),
            Self::Draft | Self::PendingPayment | Self::Failed | Self::Expired | Self::Voided { .. } => None,
        }
    }

    /// What a signal makes of it. Total. Money decides: `paid` is reached from every state but
    /// `voided`, where it is an exception.
    #[must_use]
    pub fn on(&self, signal: &OrderSignal) -> OrderOutcome {
        match (self, signal) {
            (Self::Draft | Self::Failed | Self::Expired, OrderSignal::PaymentOpened) => {
                OrderOutcome::Moved(Self::PendingPayment)
            }
            (Self::PendingPayment, OrderSignal::PaymentFailed) => OrderOutcome::Moved(Self::Failed),
            (Self::PendingPayment, OrderSignal::PaymentExpired) => OrderOutcome::Moved(Self::Expired),
            (Self::Draft | Self::PendingPayment | Self::Failed | Self::Expired, OrderSignal::Paid { at, by }) => {
                OrderOutcome::Moved(Self::Paid { at: *at, by: *by })
            }
            (Self::Paid { by: known, .. } | Self::Synced { by: known, .. }, OrderSignal::Paid { by, .. }) => {
                if known == by { OrderOutcome::Unchanged } else { OrderOutcome::PaidTwice }
            }
            (Self::Voided { .. }, OrderSignal::Paid { .. }) => OrderOutcome::PaidAfterVoid,
            (Self::Paid { by, .. }, OrderSignal::MoneyGone { from }) if by == from => OrderOutcome::Moved(Self::Failed),
            (Self::Paid { at, by }, OrderSignal::Synced) => OrderOutcome::Moved(Self::Synced { paid_at: *at, by: *by }),
            (
                Self::Draft
                | Self::PendingPayment
                | Self::Failed
                | Self::Expired
                | Self::Paid { .. }
                | Self::Synced { .. },
                OrderSignal::Voided { at },
            ) => OrderOutcome::Moved(Self::Voided { at: *at }),
            (Self::Synced { .. }, OrderSignal::Synced)
            | (Self::Voided { .. }, OrderSignal::Voided { .. })
            | (Self::PendingPayment, OrderSignal::PaymentOpened)
            // What is in the books is put right there, by a person.
            | (
                Self::Draft
                | Self::PendingPayment
                | Self::Paid { .. }
                | Self::Synced { .. }
                | Self::Failed
                | Self::Expired
                | Self::Voided { .. },
                OrderSignal::MoneyGone { .. },
            )
            | (
                Self::Paid { .. }
                | Self::Synced { .. }
                | Self::Voided { .. }
                | Self::Draft
                | Self::Failed
                | Self::Expired,
                OrderSignal::PaymentFailed | OrderSignal::PaymentExpired,
            ) => OrderOutcome::Unchanged,
            (Self::Paid { .. } | Self::Synced { .. } | Self::Voided { .. }, OrderSignal::PaymentOpened)
            | (
                Self::Draft | Self::PendingPayment | Self::Failed | Self::Expired | Self::Voided { .. },
                OrderSignal::Synced,
            ) => OrderOutcome::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const AT: Timestamp = Timestamp::EPOCH;

    fn paid_by(n: u128) -> OrderSignal {
        OrderSignal::Paid { at: AT, by: PaidBy::Payment(PaymentId::new(Uuid::from_u128(n))) }
    }

    #[track_caller]
    fn check(signals: &[OrderSignal], want: OrderStatus, last: fn(&OrderOutcome) -> bool) {
        let mut state = OrderState::Draft;
        let mut outcome = OrderOutcome::Unchanged;
        for signal in signals {
            outcome = state.on(signal);
            if let OrderOutcome::Moved(to) = &outcome {
                state = to.clone();
            }
        }
        assert_eq!(state.status(), want);
        assert!(last(&outcome), "{outcome:?}");
    }

    #[test]
    fn every_status_is_told_by_a_word_of_its_own() {
        for status in OrderStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
            assert!(status.word().chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'), "{status}");
        }
        assert_eq!("".parse::<OrderStatus>(), Err(UnknownOrderStatus));
        assert_eq!("PAID".parse::<OrderStatus>(), Err(UnknownOrderStatus));
    }

    #[test]
    fn by_what_an_order_was_paid_is_told_of_paid_and_posted_ones_alone() {
        let by = PaidBy::Cash;
        assert_eq!(OrderState::Paid { at: AT, by }.paid_by(), Some(by));
        assert_eq!(OrderState::Synced { paid_at: AT, by }.paid_by(), Some(by));
        for state in [OrderState::Draft, OrderState::PendingPayment, OrderState::Failed, OrderState::Expired] {
            assert_eq!(state.paid_by(), None, "{state:?}");
        }
    }

    #[test]
    fn money_pays_an_order_from_every_state_but_voided() {
        let moved = |outcome: &OrderOutcome| matches!(outcome, OrderOutcome::Moved(_));
        check(&[paid_by(1)], OrderStatus::Paid, moved);
        check(&[OrderSignal::PaymentOpened, paid_by(1)], OrderStatus::Paid, moved);
        check(&[OrderSignal::PaymentOpened, OrderSignal::PaymentFailed, paid_by(1)], OrderStatus::Paid, moved);
        check(&[OrderSignal::PaymentOpened, OrderSignal::PaymentExpired, paid_by(1)], OrderStatus::Paid, moved);
        check(&[OrderSignal::Voided { at: AT }, paid_by(1)], OrderStatus::Voided, |outcome| {
            *outcome == OrderOutcome::PaidAfterVoid
        });
    }

    #[test]
    fn money_of_a_second_payment_is_paid_twice_and_a_repeat_is_nothing() {
        check(&[paid_by(1), paid_by(2)], OrderStatus::Paid, |outcome| *outcome == OrderOutcome::PaidTwice);
        check(&[paid_by(1), paid_by(1)], OrderStatus::Paid, |outcome| *outcome == OrderOutcome::Unchanged);
        check(&[paid_by(1), OrderSignal::Paid { at: AT, by: PaidBy::Cash }], OrderStatus::Paid, |outcome| {
            *outcome == OrderOutcome::PaidTwice
        });
    }

    #[test]
    fn an_order_whose_money_was_taken_back_is_unpaid_unless_it_is_in_the_books_or_was_paid_by_something_else() {
        let gone = |n| OrderSignal::MoneyGone { from: PaidBy::Payment(PaymentId::new(Uuid::from_u128(n))) };
        let moved = |outcome: &OrderOutcome| matches!(outcome, OrderOutcome::Moved(_));
        let same = |outcome: &OrderOutcome| *outcome == OrderOutcome::Unchanged;
        check(&[paid_by(1), gone(1)], OrderStatus::Failed, moved);
        check(&[paid_by(1), gone(1), paid_by(2)], OrderStatus::Paid, moved);
        check(&[paid_by(1), gone(1), OrderSignal::PaymentOpened], OrderStatus::PendingPayment, moved);
        check(&[paid_by(1), gone(2)], OrderStatus::Paid, same);
        check(&[paid_by(1), OrderSignal::Synced, gone(1)], OrderStatus::Synced, same);
        check(&[OrderSignal::Voided { at: AT }, gone(1)], OrderStatus::Voided, same);
        check(&[OrderSignal::PaymentOpened, gone(1)], OrderStatus::PendingPayment, same);
        check(&[gone(1)], OrderStatus::Draft, same);
    }

    #[test]
    fn only_a_paid_order_is_posted_and_a_voided_one_takes_no_payment() {
        check(&[OrderSignal::Synced], OrderStatus::Draft, |outcome| *outcome == OrderOutcome::Refused);
        check(&[paid_by(1), OrderSignal::Synced], OrderStatus::Synced, |outcome| {
            matches!(outcome, OrderOutcome::Moved(_))
        });
        check(&[OrderSignal::Voided { at: AT }, OrderSignal::PaymentOpened], OrderStatus::Voided, |outcome| {
            *outcome == OrderOutcome::Refused
        });
    }
}
