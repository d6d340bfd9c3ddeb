//! Which account a merchant's money goes to.

use async_trait::async_trait;

use super::StoreError;
use crate::account::ProviderAccount;
use crate::ids::{AccountId, BranchId, MerchantId, ProviderId, ProviderRef};

/// The accounts there are.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AccountDirectory: Send + Sync {
    /// The account of a merchant (and branch) at a provider. A merchant with accounts of its own
    /// MUST NOT be given `main`, whatever their state; `None` where there is none to use.
    ///
    /// # Errors
    /// [`StoreError`] where the accounts cannot be read.
    async fn for_merchant(
        &self,
        provider: &ProviderId,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
    ) -> Result<Option<ProviderAccount>, StoreError>;

    /// The account of that name: the one fixed on a charge, or named by a webhook's path.
    ///
    /// # Errors
    /// [`StoreError`] where the accounts cannot be read.
    async fn by_id(&self, provider: &ProviderId, account: &AccountId) -> Result<Option<ProviderAccount>, StoreError>;

    /// The accounts that the provider may know by that name of its own: nobody vouches for what merchants say of
    /// theirs.
    ///
    /// # Errors
    /// [`StoreError`] where the accounts cannot be read.
    async fn known_as(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
    ) -> Result<Vec<ProviderAccount>, StoreError>;

    /// Every account in use, for sweeps. One whose secrets cannot be opened is left out.
    ///
    /// # Errors
    /// [`StoreError`] where the accounts cannot be read.
    async fn all(&self) -> Result<Vec<ProviderAccount>, StoreError>;
}
