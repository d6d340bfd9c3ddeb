//! The unit of work: everything one decision changes, as a value that a store applies whole or not at all.

use std::collections::BTreeMap;

use crate::audit::{AuditBody, AuditNote, AuditRecord, MerchantNote};
use crate::cash::CashTender;
use crate::event::OutboxMessage;
use crate::exception::MoneyException;
use crate::idempotency::{IdempotencyRecord, IdempotencySlot, StoredAnswer};
use crate::ids::{ChargeId, DeliveryId, LeaseToken, MerchantId, OrderCode, PaymentId};
use crate::lease::Lease;
use crate::offline::{OfflineConflict, OfflineEntry, ReportedPayment};
use crate::order::Order;
use crate::payment::{Payment, Revision};
use crate::time::Timestamp;

/// Everything one decision changes. A store applies all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitOfWork {
    /// What was read of the orders that the decision is about: it MUST still be so.
    pub orders_read: Vec<OrderRead>,
    /// Payments with their charges and receipts.
    pub payments: Vec<PaymentWrite>,
    /// Orders.
    pub orders: Vec<OrderWrite>,
    /// Cash that was taken.
    pub tenders: Vec<CashTender>,
    /// Who holds an order's one displayed charge.
    pub live_orders: Vec<LiveOrderWrite>,
    /// Exceptions raised (once per key) and resolved.
    pub exceptions: Vec<ExceptionWrite>,
    /// What a till reported.
    pub offline: Vec<OfflineWrite>,
    /// Idempotency keys.
    pub idempotency: Vec<IdempotencyWrite>,
    /// What becomes of webhook deliveries.
    pub inbox: Vec<InboxMark>,
    /// Messages on their way out.
    pub outbox: Vec<OutboxMessage>,
    /// Links of audit chains.
    pub audit: Vec<AuditRecord>,
    /// What is put on merchants' chains, in that order.
    pub merchant_notes: Vec<MerchantNote>,
    /// Redacted bodies, by digest.
    pub bodies: Vec<AuditBody>,
}

/// An order as it was read, registered or not: a decision rests on all its payments, written or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRead {
    /// The tenant.
    pub merchant: MerchantId,
    /// The order.
    pub order_code: OrderCode,
    /// Its revision; [`Revision::NEW`] where it was not registered.
    pub order: Revision,
    /// Every payment of it, with the revision it was read under.
    pub payments: BTreeMap<PaymentId, Revision>,
}

/// A payment to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentWrite {
    /// As it shall be. The store counts its revision up. Its details are written when it is inserted, and MUST be left as
    /// they are afterwards: a customer may have been forgotten since the payment was read.
    pub payment: Payment,
    /// The revision it was decided on; [`Revision::NEW`] inserts.
    pub expected: Revision,
    /// When a worker shall look at it.
    pub due: Due,
}

/// When a worker shall look at a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Not any more.
    Never,
    /// From then on.
    At(Timestamp),
    /// Whoever writes this is at work on it; at once if the lease runs out.
    Leased(Lease),
}

/// An order to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderWrite {
    /// As it shall be.
    pub order: Order,
    /// The revision it was decided on; [`Revision::NEW`] inserts.
    pub expected: Revision,
}

/// A change of who holds an order's one displayed charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveOrderWrite {
    /// This charge takes the place; if another payment holds it, nothing is written. The same
    /// payment may put its next charge in the place of its last.
    Hold {
        /// The tenant.
        merchant: MerchantId,
        /// The order.
        order_code: OrderCode,
        /// The payment.
        payment: PaymentId,
        /// Its charge.
        charge: ChargeId,
    },
    /// The place is free, if this payment held it.
    Release {
        /// The tenant.
        merchant: MerchantId,
        /// The order.
        order_code: OrderCode,
        /// The payment.
        payment: PaymentId,
    },
}

/// A change of an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionWrite {
    /// Raise it, unless one with its key exists.
    Raise(MoneyException),
    /// Put a resolved one in the place of the open one.
    Resolve(MoneyException),
}

/// What is kept of a till's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfflineWrite {
    /// Record what was first reported under a reference; if something was, nothing is written.
    Record(OfflineEntry),
    /// Keep that a till reported a payment; where that is kept already, it stays.
    Report(ReportedPayment),
    /// Put a report that does not fit before a person; if its content is there already, nothing is written.
    Raise(OfflineConflict),
    /// Put a resolved conflict in the place of the open one.
    Resolve(OfflineConflict),
}

/// A change of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyWrite {
    /// Take the key; if it is taken (and not past its time), nothing is written.
    Claim {
        /// The record to keep.
        record: IdempotencyRecord,
        /// Now: a record whose time is over is replaced.
        now: Timestamp,
    },
    /// Keep this answer for it. A key that belongs to another payment by now keeps what it has.
    Answer {
        /// Which key.
        slot: IdempotencySlot,
        /// The payment that is answered.
        payment: PaymentId,
        /// The answer.
        answer: StoredAnswer,
    },
    /// Forget the key, unless it belongs to another payment by now: the request may be tried again.
    Release {
        /// Which key.
        slot: IdempotencySlot,
        /// The payment it led to.
        payment: PaymentId,
    },
}

/// What becomes of a webhook delivery. Only its holder may say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMark {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Proof of holding it.
    pub token: LeaseToken,
    /// What becomes of it.
    pub fate: InboxFate,
}

/// What becomes of a webhook delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxFate {
    /// Dealt with.
    Done,
    /// It fits nothing we know; it is looked at again whenever that may have changed.
    Parked {
        /// Why, for the operator.
        why: String,
    },
    /// Given up: kept as a dead letter for a person.
    Dead {
        /// Why, for the operator.
        why: String,
    },
}

impl UnitOfWork {
    /// Puts a note on a payment's chain; the payment's head moves with it. The payment must be
    /// written in the same unit, after all notes.
    pub fn note(&mut self, payment: &mut Payment, note: AuditNote) {
        let (record, head) = payment.audit.append(payment.id, &note);
        payment.audit = head;
        self.audit.push(record);
        self.bodies.extend(note.bodies);
    }

    /// When the last of its records was made; what is put on record is kept from then on.
    #[must_use]
    pub fn recorded_at(&self) -> Timestamp {
        self.audit.iter().map(|record| record.at).max().unwrap_or(Timestamp::EPOCH)
    }

    /// Writes a payment that was read or has never been written.
    pub fn write(&mut self, payment: Payment, due: Due) {
        let expected = payment.revision;
        self.payments.push(PaymentWrite { payment, expected, due });
    }
}
