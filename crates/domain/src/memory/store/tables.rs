//! The tables and the indexes beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Journaled, Table};
use crate::account::{AccountNote, StoredAccount};
use crate::audit::{AuditAnchor, AuditHead, AuditRecord, Digest, MerchantRecord};
use crate::cash::CashTender;
use crate::endpoint::{EndpointNote, EventEndpoint};
use crate::event::OutboxMessage;
use crate::exception::MoneyException;
use crate::idempotency::{IdempotencyRecord, IdempotencySlot};
use crate::ids::{
    AccountId, ChargeId, ConflictId, DeliveryId, DeviceId, EndpointId, ExceptionId, LeaseToken, MerchantId, MessageId,
    OrderCode, OurReference, PaymentId, ProviderId, ProviderRef, TenderId,
};
use crate::lease::Lease;
use crate::offline::{OfflineConflict, OfflineDevice, OfflineEntry, OfflineKind, OfflineReference, ReportedPayment};
use crate::order::Order;
use crate::payment::Payment;
use crate::ports::ConflictKey;
use crate::time::Timestamp;
use crate::webhook::Delivery;

/// An account at a provider.
pub(super) type AccountKey = (ProviderId, AccountId);

/// Who holds a row, until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) token: LeaseToken,
    pub(super) until: Timestamp,
}

impl Held {
    pub(super) fn from(lease: Lease, now: Timestamp) -> Self {
        Self { token: lease.token, until: now.plus(lease.ttl) }
    }
}

/// Whether nobody holds a row now.
pub(super) fn is_free(held: Option<Held>, now: Timestamp) -> bool {
    held.is_none_or(|held| held.until <= now)
}

/// Whether that token is the last holder's. An overdue holder may still finish as long as nobody
/// else took the row up.
pub(super) fn is_held_by(held: Option<Held>, token: LeaseToken) -> bool {
    held.is_some_and(|held| held.token == token)
}

#[derive(Debug, Clone)]
pub(super) struct PaymentRow {
    pub(super) payment: Payment,
    pub(super) due: Option<Timestamp>,
    pub(super) held: Option<Held>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InboxState {
    Open { due: Timestamp },
    Done,
    Parked,
    Dead,
}

#[derive(Debug, Clone)]
pub(super) struct InboxRow {
    pub(super) delivery: Delivery,
    pub(super) number: u64,
    pub(super) deliveries: u32,
    pub(super) state: InboxState,
    /// When it was due last, whatever became of it then.
    pub(super) due: Timestamp,
    pub(super) held: Option<Held>,
}

#[derive(Debug, Clone)]
pub(super) struct OutboxRow {
    pub(super) message: OutboxMessage,
    pub(super) attempts: u32,
    pub(super) due: Timestamp,
    pub(super) held: Option<Held>,
}

/// An endpoint, how far it was to be told, and how it fares.
#[derive(Debug, Clone)]
pub(super) struct EndpointRow {
    pub(super) endpoint: EventEndpoint,
    pub(super) notes: Vec<EndpointNote>,
    pub(super) told_to: u64,
    pub(super) failures: u32,
    pub(super) rest_until: Option<Timestamp>,
    pub(super) claimed: u64,
}

#[derive(Debug, Clone)]
pub(super) struct DispatchRow {
    pub(super) message: OutboxMessage,
    pub(super) attempts: u32,
    pub(super) due: Timestamp,
    pub(super) held: Option<Held>,
}

/// Endpoints, and what is on its way to them.
#[derive(Debug, Default)]
pub(super) struct EndpointTables {
    pub(super) known: Table<EndpointId, EndpointRow>,
    pub(super) dispatches: Table<(EndpointId, u64), DispatchRow>,
}

impl Journaled for EndpointTables {
    fn keep(&mut self) {
        self.known.keep();
        self.dispatches.keep();
    }

    fn roll_back(&mut self) {
        self.known.roll_back();
        self.dispatches.roll_back();
    }
}

/// What tills report that does not fit.
#[derive(Debug, Default)]
pub(super) struct ConflictTables {
    pub(super) known: Table<ConflictId, OfflineConflict>,
    pub(super) by_key: Table<ConflictKey, ConflictId>,
}

impl Journaled for ConflictTables {
    fn keep(&mut self) {
        self.known.keep();
        self.by_key.keep();
    }

    fn roll_back(&mut self) {
        self.known.roll_back();
        self.by_key.roll_back();
    }
}

/// A body, and since when no record has spoken of it.
#[derive(Debug, Clone)]
pub(super) struct BodyRow {
    pub(super) bytes: Vec<u8>,
    pub(super) at: Timestamp,
}

/// What is on a merchant's record.
#[derive(Debug, Clone, Default)]
pub(super) struct MerchantChain {
    pub(super) records: Vec<MerchantRecord>,
    pub(super) head: AuditHead,
    /// How far the anchors have it.
    pub(super) anchored: u64,
}

/// Everything the store knows.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) payments: Table<PaymentId, PaymentRow>,
    pub(super) charges: Table<ChargeId, PaymentId>,
    pub(super) due: Table<(Timestamp, PaymentId), ()>,
    pub(super) by_order: Table<OrderCode, BTreeSet<PaymentId>>,
    pub(super) our_references: Table<OurReference, BTreeMap<AccountKey, (PaymentId, ChargeId)>>,
    pub(super) charge_refs: Table<ProviderRef, BTreeMap<AccountKey, (PaymentId, ChargeId)>>,
    pub(super) receipts: Table<ProviderRef, BTreeMap<AccountKey, (PaymentId, ChargeId)>>,
    pub(super) orders: Table<(MerchantId, OrderCode), Order>,
    pub(super) live_orders: Table<(MerchantId, OrderCode), (PaymentId, ChargeId)>,
    pub(super) exceptions: Table<ExceptionId, MoneyException>,
    pub(super) exception_keys: Table<(Option<MerchantId>, String), ExceptionId>,
    pub(super) idempotency: Table<IdempotencySlot, IdempotencyRecord>,
    pub(super) inbox: Table<DeliveryId, InboxRow>,
    pub(super) inbox_digests: Table<(ProviderId, AccountId, Digest), DeliveryId>,
    pub(super) inbox_open: Table<u64, DeliveryId>,
    pub(super) outbox: Table<u64, OutboxRow>,
    pub(super) outbox_ids: Table<MessageId, u64>,
    pub(super) changes: Table<(MerchantId, u64), OutboxMessage>,
    pub(super) records: Table<(PaymentId, u64), AuditRecord>,
    pub(super) bodies: Table<Digest, BodyRow>,
    pub(super) anchors: Table<u64, AuditAnchor>,
    /// How far the anchors have each chain.
    pub(super) anchored: Table<PaymentId, u64>,
    pub(super) merchant_chains: Table<MerchantId, MerchantChain>,
    pub(super) tenders: Table<(MerchantId, OrderCode, u64), CashTender>,
    pub(super) tender_ids: Table<TenderId, ()>,
    pub(super) offline: Table<(MerchantId, OfflineKind, OfflineReference), (u64, OfflineEntry)>,
    pub(super) accounts: Table<AccountKey, StoredAccount>,
    pub(super) account_notes: Table<AccountKey, Vec<AccountNote>>,
    pub(super) endpoints: EndpointTables,
    pub(super) reported: Table<PaymentId, ReportedPayment>,
    pub(super) conflicts: ConflictTables,
    pub(super) devices: Table<(MerchantId, DeviceId), OfflineDevice>,
    /// Rows numbered so far: the order in which they came.
    numbered: u64,
}

impl Tables {
    /// The next number; a number that was taken back is never used again.
    pub(super) fn number(&mut self) -> u64 {
        self.numbered = self.numbered.saturating_add(1);
        self.numbered
    }

    pub(super) fn keep(&mut self) {
        self.each(|table| table.keep());
    }

    pub(super) fn roll_back(&mut self) {
        self.each(|table| table.roll_back());
    }

    fn each(&mut self, act: fn(&mut dyn Journaled)) {
        // Taken apart, so that a table added above cannot be forgotten here.
        let Self {
            payments,
            charges,
            due,
            by_order,
            our_references,
            charge_refs,
            receipts,
            orders,
            live_orders,
            exceptions,
            exception_keys,
            idempotency,
            inbox,
            inbox_digests,
            inbox_open,
            outbox,
            outbox_ids,
            changes,
            records,
            bodies,
            anchors,
            anchored,
            merchant_chains,
            tenders,
            tender_ids,
            offline,
            accounts,
            account_notes,
            endpoints,
            reported,
            conflicts,
            devices,
            numbered: _,
        } = self;
        let tables: [&mut dyn Journaled; 32] = [
            payments,
            charges,
            due,
            by_order,
            our_references,
            charge_refs,
            receipts,
            orders,
            live_orders,
            exceptions,
            exception_keys,
            idempotency,
            inbox,
            inbox_digests,
            inbox_open,
            outbox,
            outbox_ids,
            changes,
            records,
            bodies,
            anchors,
            anchored,
            merchant_chains,
            tenders,
            tender_ids,
            offline,
            accounts,
            account_notes,
            endpoints,
            reported,
            conflicts,
            devices,
        ];
        tables.into_iter().for_each(act);
    }
}
