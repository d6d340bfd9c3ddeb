//! Device: how far a till came with its reports, and what is missing in between.

use super::{Gateway, Scope};
use crate::ids::DeviceId;
use crate::offline::{Gap, OfflineDevice, OfflineEntry, OfflineReference, gaps};
use crate::ports::StoreError;

/// Gaps that are told of at most.
const GAPS_MAX: usize = 100;

/// A till, and what it reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceView {
    /// What is known of it.
    pub device: OfflineDevice,
    /// What it reported last.
    pub last: Option<OfflineReference>,
    /// The highest number of its latest day, where its numbers are decimal.
    pub last_sequence: Option<u64>,
    /// Numbers that it did not report.
    pub gaps: Vec<Gap>,
    /// How many things it reported.
    pub entries: usize,
}

impl Gateway {
    /// A till that reported something; `None` if it never did, or in another branch only.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be read.
    pub async fn read_device(&self, scope: &Scope, device: &DeviceId) -> Result<Option<DeviceView>, StoreError> {
        let found = self.ports.offline.device(&scope.merchant, device).await?;
        let is_seen = |device: &OfflineDevice| scope.branch.is_none() || scope.branch == device.branch;
        let Some(device) = found.filter(is_seen) else { return Ok(None) };
        let entries = self.ports.offline.entries(&scope.merchant, &device.device).await?;
        Ok(Some(view(device, &entries)))
    }
}

fn view(device: OfflineDevice, entries: &[OfflineEntry]) -> DeviceView {
    let references = || entries.iter().map(|entry| &entry.reference);
    DeviceView {
        last: references().next_back().cloned(),
        last_sequence: references().filter_map(OfflineReference::numbered).max().map(|(_, number)| number),
        gaps: gaps(references(), GAPS_MAX),
        entries: entries.len(),
        device,
    }
}
