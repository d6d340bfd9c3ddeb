//! What the outside is told of: messages that commit with what they tell.

use crate::ids::{BranchId, MerchantId, MessageId, OrderCode, PaymentId};
use crate::payment::{Payment, PaymentStatus, Revision};
use crate::time::Timestamp;

/// A message on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Its id; whoever gets it twice can tell.
    pub id: MessageId,
    /// The tenant.
    pub merchant: MerchantId,
    /// The branch.
    pub branch: Option<BranchId>,
    /// Which payment.
    pub payment: PaymentId,
    /// Of which order.
    pub order_code: OrderCode,
    /// The payment's revision that it tells of.
    pub revision: Revision,
    /// When it was written.
    pub at: Timestamp,
    /// What it tells.
    pub event: PaymentEvent,
}

/// A message with its place in the feed of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place.
    pub place: FeedPlace,
    /// The message.
    pub message: OutboxMessage,
}

/// A piece of a feed of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPiece {
    /// What it has, oldest first.
    pub changes: Vec<Change>,
    /// Where to go on: behind the last of these changes, and behind all that was looked at where no more were found.
    pub next: FeedPlace,
}

impl FeedPiece {
    /// Those changes, found by a look behind `after` for up to `limit`, where nothing more is ever added up to `looked_to`.
    #[must_use]
    pub fn of(changes: Vec<Change>, after: FeedPlace, limit: u32, looked_to: FeedPlace) -> Self {
        let last = changes.last().map_or(after, |change| change.place);
        // A full piece may have left out what is there before that place.
        let is_full = u32::try_from(changes.len()).is_ok_and(|found| found >= limit);
        Self { next: if is_full { last } else { last.max(looked_to) }, changes }
    }
}

/// A place in the feed of changes. Places only grow; they have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeedPlace(u64);

impl FeedPlace {
    /// Before every change.
    pub const START: Self = Self(0);

    /// The place of that number.
    #[must_use]
    pub const fn of(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What can be told of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentEvent {
    /// It stands there now.
    StatusChanged(PaymentStatus),
    /// It pays its order: the transaction ledger must hear of it.
    OrderPaid {
        /// When the money moved.
        paid_at: Timestamp,
    },
    /// Something about it needs a person.
    ExceptionRaised,
}

impl PaymentEvent {
    /// One word for stores and feeds.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::StatusChanged(_) => "status_changed",
            Self::OrderPaid { .. } => "order_paid",
            Self::ExceptionRaised => "exception_raised",
        }
    }
}

impl OutboxMessage {
    /// A message about a payment as it will be after the commit it goes into.
    #[must_use]
    pub fn about(payment: &Payment, id: MessageId, at: Timestamp, event: PaymentEvent) -> Self {
        Self {
            id,
            merchant: payment.merchant.clone(),
            branch: payment.branch.clone(),
            payment: payment.id,
            order_code: payment.order_code.clone(),
            revision: payment.revision.next(),
            at,
            event,
        }
    }
}
