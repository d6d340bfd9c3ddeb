//! What tills reported, and cash.

use std::cmp::Reverse;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::Tables;
use crate::cash::CashTender;
use crate::ids::{ConflictId, DeviceId, MerchantId, OrderCode, PaymentId};
use crate::offline::{
    ConflictState, DeviceProgress, NumberRange, OfflineConflict, OfflineDevice, OfflineEntry, OfflineKind,
    OfflineReference, ReportedPayment,
};
use crate::ports::{CommitError, ConflictFilter, ConflictKey, ConflictPlace, OfflineStore, StoreError};
use crate::time::Timestamp;
use crate::unit_of_work::OfflineWrite;

impl Tables {
    pub(super) fn add_tender(&mut self, tender: &CashTender) -> Result<(), CommitError> {
        if self.tender_ids.get(&tender.id).is_some() {
            return Err(CommitError::Duplicate { what: "tender id" });
        }
        let key = (tender.merchant.clone(), tender.order_code.clone(), self.number());
        self.tender_ids.put(tender.id, ());
        self.tenders.put(key, tender.clone());
        Ok(())
    }

    pub(super) fn write_offline(&mut self, write: &OfflineWrite) -> Result<(), CommitError> {
        match write {
            OfflineWrite::Record(entry) => {
                let key = (entry.merchant.clone(), entry.kind, entry.reference.clone());
                if self.offline.get(&key).is_some() {
                    return Err(CommitError::Duplicate { what: "offline reference" });
                }
                let number = self.number();
                self.offline.put(key, (number, entry.clone()));
            }
            OfflineWrite::Report(report) => {
                if self.reported.get(&report.payment).is_none() {
                    self.reported.put(report.payment, report.clone());
                }
            }
            OfflineWrite::Raise(conflict) => {
                let key = ConflictKey::of(conflict);
                if self.conflicts.by_key.get(&key).is_some() || self.conflicts.known.get(&conflict.id).is_some() {
                    return Err(CommitError::Duplicate { what: "conflict" });
                }
                self.conflicts.by_key.put(key, conflict.id);
                self.conflicts.known.put(conflict.id, conflict.clone());
            }
            OfflineWrite::Resolve(conflict) => match self.conflicts.known.get(&conflict.id) {
                Some(stored) if stored.state == ConflictState::Open => {
                    self.conflicts.known.put(conflict.id, conflict.clone());
                }
                Some(_) | None => return Err(CommitError::Conflict { current: None }),
            },
        }
        Ok(())
    }
}

impl Tables {
    fn entries_where(&self, is_wanted: impl Fn(&OfflineEntry) -> bool) -> Vec<OfflineEntry> {
        let mut found: Vec<&(u64, OfflineEntry)> =
            self.offline.rows().values().filter(|(_, entry)| is_wanted(entry)).collect();
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, entry)| entry.clone()).collect()
    }
}

fn admits(filter: &ConflictFilter, conflict: &OfflineConflict) -> bool {
    filter.merchant == conflict.merchant
        && (filter.branch.is_none() || filter.branch == conflict.branch)
        && filter.device.as_ref().is_none_or(|device| device == &conflict.device)
        && filter.order_code.as_ref().is_none_or(|code| code == &conflict.order_code)
        && filter.open.is_none_or(|open| open == (conflict.state == ConflictState::Open))
}

#[async_trait]
impl OfflineStore for MemoryStore {
    async fn entry(
        &self,
        merchant: &MerchantId,
        kind: OfflineKind,
        reference: &OfflineReference,
    ) -> Result<Option<OfflineEntry>, StoreError> {
        let key = (merchant.clone(), kind, reference.clone());
        Ok(self.read(|tables| tables.offline.get(&key).map(|(_, entry)| entry.clone())))
    }

    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError> {
        Ok(self.read(|tables| tables.entries_where(|entry| &entry.merchant == merchant && &entry.device == device)))
    }

    async fn entries_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<OfflineEntry>, StoreError> {
        Ok(self.read(|tables| tables.entries_where(|entry| &entry.merchant == merchant && &entry.order_code == code)))
    }

    async fn reported(&self, payment: &PaymentId) -> Result<Option<ReportedPayment>, StoreError> {
        Ok(self.read(|tables| tables.reported.get(payment).cloned()))
    }

    async fn conflict(&self, merchant: &MerchantId, id: &ConflictId) -> Result<Option<OfflineConflict>, StoreError> {
        let found = self.read(|tables| tables.conflicts.known.get(id).cloned());
        Ok(found.filter(|conflict| &conflict.merchant == merchant))
    }

    async fn conflict_of(&self, key: &ConflictKey) -> Result<Option<OfflineConflict>, StoreError> {
        Ok(self.read(|tables| tables.conflicts.by_key.get(key).and_then(|id| tables.conflicts.known.get(id)).cloned()))
    }

    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        after: Option<ConflictPlace>,
        limit: u32,
    ) -> Result<Vec<OfflineConflict>, StoreError> {
        let is_behind = |conflict: &&OfflineConflict| after.is_none_or(|after| ConflictPlace::of(conflict) < after);
        let mut found: Vec<OfflineConflict> = self.read(|tables| {
            let wanted = |conflict: &&OfflineConflict| admits(filter, conflict);
            tables.conflicts.known.rows().values().filter(wanted).filter(is_behind).cloned().collect()
        });
        found.sort_by_key(|conflict| Reverse(ConflictPlace::of(conflict)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn progress(
        &self,
        merchant: &MerchantId,
        device: &DeviceId,
        limit: u32,
    ) -> Result<DeviceProgress, StoreError> {
        let entries = self.entries(merchant, device).await?;
        let mut numbers = NumberRange::all_of(entries.iter().map(|entry| &entry.reference));
        let earlier = numbers.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(DeviceProgress {
            reported: u64::try_from(entries.len()).unwrap_or(u64::MAX),
            last: entries.last().map(|entry| entry.reference.clone()),
            numbers: numbers.split_off(earlier),
        })
    }

    /// Here nothing is counted but what is kept.
    async fn recount(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn device(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Option<OfflineDevice>, StoreError> {
        let key = (merchant.clone(), device.clone());
        Ok(self.read(|tables| tables.devices.get(&key).cloned()))
    }

    async fn see_device(&self, device: &OfflineDevice) -> Result<(), StoreError> {
        let key = (device.merchant.clone(), device.device.clone());
        self.write(|tables| {
            tables.devices.put(key, device.clone());
            Ok(())
        })
    }

    async fn reported_again(&self, payments: &[PaymentId], at: Timestamp) -> Result<(), StoreError> {
        self.write(|tables| {
            for payment in payments {
                tables.reported.change(payment, |report| {
                    report.sync_attempts = report.sync_attempts.saturating_add(1);
                    report.last_sync_at = at;
                });
            }
            Ok(())
        })
    }
}
