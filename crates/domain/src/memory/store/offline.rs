//! What tills reported.

use async_trait::async_trait;

use super::MemoryStore;
use crate::ids::{DeviceId, MerchantId};
use crate::ports::{OfflineEntry, OfflineRecorded, OfflineStore, StoreError};

#[async_trait]
impl OfflineStore for MemoryStore {
    async fn record(&self, entry: &OfflineEntry) -> Result<OfflineRecorded, StoreError> {
        let key = (entry.merchant.clone(), entry.kind, entry.reference.clone());
        self.write(|tables| {
            if let Some((_, stored)) = tables.offline.get(&key) {
                let same = stored.fingerprint == entry.fingerprint;
                return Ok(if same {
                    OfflineRecorded::Same
                } else {
                    OfflineRecorded::Differs { stored: stored.clone() }
                });
            }
            let number = tables.number();
            tables.offline.put(key, (number, entry.clone()));
            Ok(OfflineRecorded::New)
        })
    }

    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError> {
        let mut found: Vec<(u64, OfflineEntry)> = self.read(|tables| {
            let own = |row: &&(u64, OfflineEntry)| &row.1.merchant == merchant && &row.1.device == device;
            tables.offline.rows().values().filter(own).cloned().collect()
        });
        found.sort_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, entry)| entry).collect())
    }
}
