//! What tills reported of the time in which their line was down.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::Digest;
use crate::ids::{BranchId, ConflictId, DeviceId, MerchantId, OrderCode, PaymentId};
use crate::offline::{
    DeviceProgress, OfflineConflict, OfflineDevice, OfflineEntry, OfflineKind, OfflineReference, ReportedPayment,
};
use crate::time::Timestamp;

/// What makes a conflict the same one when it is reported again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConflictKey {
    /// The tenant.
    pub merchant: MerchantId,
    /// The till.
    pub device: DeviceId,
    /// What kind of thing was reported.
    pub kind: OfflineKind,
    /// The till's name for it.
    pub reference: OfflineReference,
    /// Digest of what was reported.
    pub fingerprint: Digest,
}

impl ConflictKey {
    /// The key of a conflict.
    #[must_use]
    pub fn of(conflict: &OfflineConflict) -> Self {
        Self {
            merchant: conflict.merchant.clone(),
            device: conflict.device.clone(),
            kind: conflict.kind,
            reference: conflict.reference.clone(),
            fingerprint: conflict.fingerprint,
        }
    }
}

/// Which conflicts of a merchant; what is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictFilter {
    /// The tenant.
    pub merchant: MerchantId,
    /// Of that branch.
    pub branch: Option<BranchId>,
    /// Of that till.
    pub device: Option<DeviceId>,
    /// About that order.
    pub order_code: Option<OrderCode>,
    /// Only those that wait for a person, or only those that do not.
    pub open: Option<bool>,
}

/// A conflict's place in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConflictPlace {
    /// When it was reported.
    pub at: Timestamp,
    /// Its id, which tells conflicts of the same moment apart.
    pub id: ConflictId,
}

impl ConflictPlace {
    /// Where a conflict stands in a listing.
    #[must_use]
    pub const fn of(conflict: &OfflineConflict) -> Self {
        Self { at: conflict.at, id: conflict.id }
    }
}

/// What tills reported. Entries, conflicts and what is kept of payments are written by
/// [`commit`](super::PaymentRepository::commit).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OfflineStore: Send + Sync {
    /// What was first reported under a reference.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn entry(
        &self,
        merchant: &MerchantId,
        kind: OfflineKind,
        reference: &OfflineReference,
    ) -> Result<Option<OfflineEntry>, StoreError>;

    /// Every entry of a till, in the order in which they were reported.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError>;

    /// Every entry about an order, of whichever till, in the order in which they were reported.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn entries_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<OfflineEntry>, StoreError>;

    /// What is kept of a payment that a till reported.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn reported(&self, payment: &PaymentId) -> Result<Option<ReportedPayment>, StoreError>;

    /// The conflict of that id; another merchant's is `None`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn conflict(&self, merchant: &MerchantId, id: &ConflictId) -> Result<Option<OfflineConflict>, StoreError>;

    /// The conflict that was raised for that content.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn conflict_of(&self, key: &ConflictKey) -> Result<Option<OfflineConflict>, StoreError>;

    /// Up to `limit` conflicts that the filter admits, newest first: by the time they were reported, those of the same
    /// moment by id. They are those that come behind `after`, whether or not it is still there.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        after: Option<ConflictPlace>,
        limit: u32,
    ) -> Result<Vec<OfflineConflict>, StoreError>;

    /// How far a till came, with up to `limit` runs of its numbers: the latest ones, in order. MUST NOT take longer
    /// the more it reported.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be read.
    async fn progress(
        &self,
        merchant: &MerchantId,
        device: &DeviceId,
        limit: u32,
    ) -> Result<DeviceProgress, StoreError>;

    /// Counts anew how far every till came of which more or less is kept than was counted: a gateway of a version that
    /// counts nothing takes reports in beside those that do. How many tills that were. A report that is taken in
    /// meanwhile MUST be counted as well, and once.
    ///
    /// # Errors
    /// [`StoreError`]: the tills that were not counted yet are the next time.
    async fn recount(&self) -> Result<u64, StoreError>;

    /// A till that reported something.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn device(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Option<OfflineDevice>, StoreError>;

    /// Keeps what is known of a till, in the place of what was.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn see_device(&self, device: &OfflineDevice) -> Result<(), StoreError>;

    /// Counts one more report of each of these payments; of those that no till reported, nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn reported_again(&self, payments: &[PaymentId], at: Timestamp) -> Result<(), StoreError>;
}
