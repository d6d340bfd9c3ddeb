//! Sync a batch: what a till did while its line was down is taken in, each thing once and in a unit of work of its own,
//! so that a batch that was cut off is simply sent again. What does not fit becomes a conflict, and what is known stays.

mod book;
mod matching;
mod report;

use std::time::Duration;

use super::deadline::Deadline;
use super::{DecideError, Gateway, Scope};
use crate::audit::Actor;
use crate::dossier::Dossier;
use crate::ids::{ConflictId, DeviceId, MerchantId, OrderCode, PaymentId, TenderId, UserId};
use crate::offline::{
    ConflictKind, ConflictState, OfflineConflict, OfflineDevice, OfflineEntry, OfflineItem, OfflineKind, OfflineTender,
    Reported, Resolution,
};
use crate::payment::Withdrawal;
use crate::ports::{CommitError, ConflictFilter, ConflictKey, CrashPoint, StoreError};
use crate::time::Timestamp;
use crate::unit_of_work::{OfflineWrite, UnitOfWork};

pub(super) use book::{Ruling, Terms, book};
use matching::Claim;
pub(super) use matching::Named;

/// How often a thing is taken in anew when others act on the same order.
const TRIES_MAX: u32 = 5;
/// For closing what could still pay the orders of one batch; what is not closed by then is closed by the schedule.
const CLOSINGS_WITHIN: Duration = Duration::from_secs(10);
/// Resolved conflicts that are looked at of one order.
const RESOLVED_MAX: u32 = 1_000;
/// What a till's clock may show beyond ours.
const CLOCK_AHEAD_MAX: Duration = Duration::from_mins(5);
/// How old a report may be.
const REPORT_AGE_MAX: Duration = Duration::from_hours(30 * 24);

/// What a till did while its line was down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncBatch {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Who reports.
    pub user: UserId,
    /// The till.
    pub device: DeviceId,
    /// When it reports, by its own clock.
    pub synced_at: Option<Timestamp>,
    /// What it did.
    pub items: Vec<OfflineItem>,
}

/// What came of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncedItem {
    /// It is here, now or from before.
    Stored {
        /// What it led to: a payment, a tender, or the order itself.
        server_id: String,
        /// Its order.
        order_code: OrderCode,
        /// Whether the till's clock cannot be right about it: our own time stands in its place.
        clock_is_off: bool,
    },
    /// It does not fit: a person decides.
    Conflict(Box<OfflineConflict>),
    /// Its order is not known here: it may be sent again.
    OrderNotFound,
}

impl Gateway {
    /// Takes in what a till reports: sales, then payments, then voids, each in the order in which it came. The same again
    /// gives the same answers, in the order of the items.
    ///
    /// # Errors
    /// [`StoreError`]: what was taken in by then stays so; the batch is sent again.
    pub async fn sync_batch(&self, batch: &SyncBatch) -> Result<Vec<SyncedItem>, StoreError> {
        self.see_device(batch).await?;
        let deadline = Deadline::within(CLOSINGS_WITHIN, self.ports.clock.as_ref());
        let mut synced: Vec<(usize, SyncedItem)> = Vec::with_capacity(batch.items.len());
        let mut again = Vec::new();
        for kind in OfflineKind::ALL {
            for (place, item) in batch.items.iter().enumerate().filter(|(_, item)| item.kind() == kind) {
                if let Some(known) = self.known(batch, item).await? {
                    again.extend(payment_of(&known));
                    synced.push((place, known));
                    continue;
                }
                synced.push((place, self.sync_item(batch, item, deadline).await?));
                self.ports.probe.reach(CrashPoint::SyncMidBatch).await?;
            }
        }
        if !again.is_empty() {
            self.ports.offline.reported_again(&again, self.ports.clock.now()).await?;
        }
        synced.sort_by_key(|(place, _)| *place);
        Ok(synced.into_iter().map(|(_, item)| item).collect())
    }

    async fn see_device(&self, batch: &SyncBatch) -> Result<(), StoreError> {
        let now = self.ports.clock.now();
        let device = OfflineDevice {
            merchant: batch.scope.merchant.clone(),
            device: batch.device.clone(),
            branch: batch.scope.branch.clone(),
            last_seen_at: now,
            clock_skew_micros: batch.synced_at.map(|theirs| theirs.micros().saturating_sub(now.micros())),
        };
        self.ports.offline.see_device(&device).await
    }

    /// What came of it before, if it was reported before.
    async fn known(&self, batch: &SyncBatch, item: &OfflineItem) -> Result<Option<SyncedItem>, StoreError> {
        let entry = self.ports.offline.entry(&batch.scope.merchant, item.kind(), &item.reference).await?;
        match entry {
            Some(entry) if entry.device == batch.device && entry.fingerprint == item.fingerprint => {
                Ok(Some(SyncedItem::Stored {
                    server_id: entry.server_id,
                    order_code: entry.order_code,
                    clock_is_off: clock_is_off(item, entry.received_at),
                }))
            }
            Some(_) | None => {
                let conflict = self.ports.offline.conflict_of(&key_of(batch, item)).await?;
                Ok(conflict.map(|conflict| SyncedItem::Conflict(Box::new(conflict))))
            }
        }
    }

    /// Takes in one thing that was not known, or finds that somebody did meanwhile.
    async fn sync_item(
        &self,
        batch: &SyncBatch,
        item: &OfflineItem,
        deadline: Deadline,
    ) -> Result<SyncedItem, StoreError> {
        let mut way_is_clear = false;
        for attempt in 0..TRIES_MAX {
            if attempt > 0
                && let Some(known) = self.known(batch, item).await?
            {
                return Ok(known);
            }
            let entry = self.ports.offline.entry(&batch.scope.merchant, item.kind(), &item.reference).await?;
            if let Some(conflict) = entry.map(|entry| self.taken_reference(batch, item, &entry)) {
                let raise = vec![OfflineWrite::Raise(conflict.clone())];
                let raised = self.commit(&UnitOfWork { offline: raise, ..UnitOfWork::default() }).await;
                if is_committed(raised)? {
                    return Ok(SyncedItem::Conflict(Box::new(conflict)));
                }
                continue;
            }
            if !way_is_clear && self.clear_the_way(batch, item, deadline).await? {
                way_is_clear = true;
                continue;
            }
            if let Some(synced) = self.try_to_book(batch, item).await? {
                return Ok(synced);
            }
        }
        Err(StoreError::unavailable("others kept changing the order"))
    }

    /// Books one thing; `None` if somebody was faster and it must be seen anew.
    async fn try_to_book(&self, batch: &SyncBatch, item: &OfflineItem) -> Result<Option<SyncedItem>, StoreError> {
        let actor = Actor::User(batch.user.clone());
        let mut dossier = self.dossier(&batch.scope.merchant, item.order_code(), &actor).await?;
        // After the order, which any tender moves: one that came in between makes the commit a conflict.
        let terms = self.terms(&batch.scope, &batch.user, &batch.device, item).await?;
        let now = dossier.now();
        let synced = match book(&mut dossier, &terms) {
            Ruling::Booked { server_id } => {
                dossier.work_mut().offline.push(OfflineWrite::Record(OfflineEntry {
                    merchant: batch.scope.merchant.clone(),
                    device: batch.device.clone(),
                    reference: item.reference.clone(),
                    kind: item.kind(),
                    fingerprint: item.fingerprint,
                    body_json: item.body_json.clone(),
                    created_at_device: item.created_at_device,
                    received_at: now,
                    branch: batch.scope.branch.clone(),
                    order_code: item.order_code().clone(),
                    server_id: server_id.clone(),
                }));
                let clock_is_off = clock_is_off(item, now);
                SyncedItem::Stored { server_id, order_code: item.order_code().clone(), clock_is_off }
            }
            Ruling::Violates { conflict, server_id } => self.raise(&mut dossier, batch, item, (conflict, server_id)),
            Ruling::OfAnotherBranch => self.raise(&mut dossier, batch, item, (ConflictKind::ConstraintViolation, None)),
            Ruling::OrderNotFound => return Ok(Some(SyncedItem::OrderNotFound)),
        };
        Ok(is_committed(self.commit(&dossier.conclude()).await)?.then_some(synced))
    }

    /// Puts a report that does not fit before a person.
    fn raise(
        &self,
        dossier: &mut Dossier,
        batch: &SyncBatch,
        item: &OfflineItem,
        (conflict, server_id): (ConflictKind, Option<String>),
    ) -> SyncedItem {
        let raised = self.conflict(batch, item, conflict, Resolution::KeepServer);
        let raised = OfflineConflict { server_id, ..raised };
        dossier.work_mut().offline.push(OfflineWrite::Raise(raised.clone()));
        SyncedItem::Conflict(Box::new(raised))
    }

    /// What a thing is booked on.
    pub(super) async fn terms<'a>(
        &self,
        scope: &'a Scope,
        user: &'a UserId,
        device: &'a DeviceId,
        item: &'a OfflineItem,
    ) -> Result<Terms<'a>, StoreError> {
        let tenders = self.ports.orders.tenders(&scope.merchant, item.order_code()).await?;
        let claims = self.claims(&scope.merchant, item.order_code()).await?;
        let named = match &item.reported {
            Reported::Payment(payment) => self.named_by_till(scope, &payment.tender).await?,
            Reported::Sale(_) | Reported::Void(_) => Named::Nothing,
        };
        Ok(Terms {
            scope,
            user,
            device,
            item,
            tenders,
            claims,
            named,
            is_forced: false,
            tender: TenderId::new(self.ports.ids.uuid()),
            payment: PaymentId::new(self.ports.ids.uuid()),
        })
    }

    /// What reports of an order led to.
    async fn claims(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<Claim>, StoreError> {
        let entries = self.ports.offline.entries_of_order(merchant, code).await?;
        let resolved = ConflictFilter {
            merchant: merchant.clone(),
            branch: None,
            device: None,
            order_code: Some(code.clone()),
            open: Some(false),
        };
        let conflicts = self.ports.offline.conflicts(&resolved, None, RESOLVED_MAX).await?;
        let entries = entries.into_iter().map(Claim::of_entry);
        Ok(entries.chain(conflicts.iter().filter_map(Claim::of_conflict)).collect())
    }

    /// The payment that a till names; another tenant's is not known, and another branch's neither.
    async fn named_by_till(&self, scope: &Scope, tender: &OfflineTender) -> Result<Named, StoreError> {
        let named = match tender {
            OfflineTender::Unproven { named, .. } | OfflineTender::Nothing { named } => named.as_ref(),
            OfflineTender::Cash => None,
        };
        let Some(named) = named else { return Ok(Named::Nothing) };
        match self.find(scope, named).await {
            Ok(payment) => Ok(Named::ByTill(Box::new(payment))),
            Err(super::FindError::NotFound) => Ok(Named::Unknown),
            Err(super::FindError::Store(store)) => Err(store),
        }
    }

    /// Closes what could still pay an order that is about to be paid in cash or called off, and asks about it once more;
    /// `true` if there was something to close. Nothing is closed for a report that would not be taken in.
    async fn clear_the_way(
        &self,
        batch: &SyncBatch,
        item: &OfflineItem,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let left = deadline.left(self.ports.clock.as_ref());
        let Some(why) = item.ends_its_order().filter(|_| !left.is_zero()) else { return Ok(false) };
        let (merchant, code) = (&batch.scope.merchant, item.order_code());
        let actor = Actor::User(batch.user.clone());
        let mut dossier = self.dossier(merchant, code, &actor).await?;
        let is_live = dossier.live_payment().is_some();
        let terms = self.terms(&batch.scope, &batch.user, &batch.device, item).await?;
        if !is_live || !matches!(book(&mut dossier, &terms), Ruling::Booked { .. }) {
            return Ok(false);
        }
        let limit = self.policies.cancel_within.min(left);
        match self.close_live(merchant, code, &actor, why, limit).await {
            // What others decide meanwhile is seen on the order as it is then.
            Ok(()) | Err(DecideError::Contended | DecideError::Commit(_)) => Ok(true),
            Err(DecideError::Store(store)) => Err(store),
        }
    }

    /// The conflict of a report under a reference that was used before.
    fn taken_reference(&self, batch: &SyncBatch, item: &OfflineItem, entry: &OfflineEntry) -> OfflineConflict {
        let is_same = entry.fingerprint == item.fingerprint;
        let (conflict, suggested) = match (is_same, &entry.order_code == item.order_code()) {
            (true, _) => (ConflictKind::Duplicate, Resolution::KeepServer),
            (false, true) => (ConflictKind::DataMismatch, Resolution::KeepServer),
            // A till that was set back gives old numbers to new sales: both were made.
            (false, false) => (ConflictKind::DataMismatch, Resolution::Merge),
        };
        // What another branch sold is not for this one to see.
        let is_ours = batch.scope.branch.is_none() || batch.scope.branch == entry.branch;
        OfflineConflict {
            server_json: is_ours.then(|| entry.body_json.clone()),
            server_id: is_ours.then(|| entry.server_id.clone()),
            ..self.conflict(batch, item, conflict, suggested)
        }
    }

    fn conflict(
        &self,
        batch: &SyncBatch,
        item: &OfflineItem,
        conflict: ConflictKind,
        suggested: Resolution,
    ) -> OfflineConflict {
        OfflineConflict {
            id: ConflictId::new(self.ports.ids.uuid()),
            merchant: batch.scope.merchant.clone(),
            branch: batch.scope.branch.clone(),
            device: batch.device.clone(),
            kind: item.kind(),
            reference: item.reference.clone(),
            fingerprint: item.fingerprint,
            conflict,
            suggested,
            order_code: item.order_code().clone(),
            local_json: item.body_json.clone(),
            server_json: None,
            server_id: None,
            at: self.ports.clock.now(),
            state: ConflictState::Open,
        }
    }
}

impl OfflineItem {
    /// Why whatever could still pay the order is closed first, if it is.
    pub(super) const fn ends_its_order(&self) -> Option<Withdrawal> {
        use crate::offline::SaleState;
        match &self.reported {
            Reported::Sale(sale) => match sale.state {
                SaleState::PaidInCash => Some(Withdrawal::PaidInCash),
                SaleState::CalledOff => Some(Withdrawal::Voided),
                SaleState::Open | SaleState::PaidBy(_) | SaleState::Failed | SaleState::Expired => None,
            },
            Reported::Payment(payment) => match payment.tender {
                OfflineTender::Cash => Some(Withdrawal::PaidInCash),
                OfflineTender::Unproven { .. } | OfflineTender::Nothing { .. } => None,
            },
            Reported::Void(_) => Some(Withdrawal::Voided),
        }
    }
}

fn key_of(batch: &SyncBatch, item: &OfflineItem) -> ConflictKey {
    ConflictKey {
        merchant: batch.scope.merchant.clone(),
        device: batch.device.clone(),
        kind: item.kind(),
        reference: item.reference.clone(),
        fingerprint: item.fingerprint,
    }
}

fn payment_of(synced: &SyncedItem) -> Option<PaymentId> {
    match synced {
        SyncedItem::Stored { server_id, .. } => server_id.parse().ok(),
        SyncedItem::Conflict(_) | SyncedItem::OrderNotFound => None,
    }
}

/// Whether the till's clock cannot be right about when it was.
fn clock_is_off(item: &OfflineItem, received_at: Timestamp) -> bool {
    let at = item.created_at_device;
    at > received_at.plus(CLOCK_AHEAD_MAX) || at < received_at.minus(REPORT_AGE_MAX)
}

/// Whether a unit was committed; `false` where somebody was faster, or nobody knows.
pub(super) fn is_committed(outcome: Result<(), CommitError>) -> Result<bool, StoreError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(
            CommitError::Store(StoreError::CommitUnknown { .. })
            | CommitError::Conflict { .. }
            | CommitError::OrderHeld { .. }
            | CommitError::KeyTaken
            | CommitError::Duplicate { .. }
            | CommitError::LeaseLost,
        ) => Ok(false),
        Err(CommitError::Store(store)) => Err(store),
    }
}
