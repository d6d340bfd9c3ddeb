//! Device: how far a till came with its reports, and what is missing in between.

use super::{Gateway, Scope};
use crate::ids::DeviceId;
use crate::offline::{DeviceProgress, Gap, OfflineDevice};
use crate::ports::{ConflictFilter, StoreError};

/// Gaps that are told of at most.
const GAPS_MAX: usize = 100;
/// Runs of numbers that are looked at for gaps, the latest: a till without any has one a day.
const RUNS_MAX: u32 = 1_000;
/// Conflicts of a till that are looked at for numbers that nothing else has, the latest.
const CONFLICTS_MAX: u32 = 1_000;

/// A till, and what it reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceView {
    /// What is known of it.
    pub device: OfflineDevice,
    /// How far it came.
    pub progress: DeviceProgress,
    /// Numbers that it did not report, the latest.
    pub gaps: Vec<Gap>,
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
        let progress = self.ports.offline.progress(&scope.merchant, &device.device, RUNS_MAX).await?;
        let reported = ConflictFilter {
            merchant: scope.merchant.clone(),
            branch: None,
            device: Some(device.device.clone()),
            order_code: None,
            open: None,
        };
        let conflicts = self.ports.offline.conflicts(&reported, None, CONFLICTS_MAX).await?;
        let is_whole = progress.numbers.len() < usize::try_from(RUNS_MAX).unwrap_or(usize::MAX);
        let progress = progress.with_numbers_of(conflicts.iter().map(|conflict| &conflict.reference), is_whole);
        let gaps = progress.gaps(GAPS_MAX);
        Ok(Some(DeviceView { device, progress, gaps }))
    }
}
