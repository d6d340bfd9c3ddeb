//! Where the accounts of merchants are kept, their secrets sealed.

use async_trait::async_trait;

use super::StoreError;
use crate::account::{AccountNote, StoredAccount};
use crate::ids::{AccountId, MerchantId, ProviderId, ProviderRef};
use crate::payment::Revision;

/// What came of writing an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountWritten {
    /// It is stored, with its notes.
    Written,
    /// It was written since it was read. Nothing was written.
    Conflict,
    /// Its name is taken, or another account is enabled for the same merchant, branch and provider. Nothing was
    /// written.
    Taken,
    /// It is enabled, and its merchant has as many beside it as there may be. Nothing was written.
    TooMany,
}

/// The accounts of merchants.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Writes an account that stands at `expected` ([`Revision::NEW`]: it is new), with the notes of what was done, all
    /// or nothing; it stands at the next revision then, whatever its own says. An account's name MUST be unique at its
    /// provider, and for each merchant, branch and provider at most one account MUST be enabled. Notes MUST never
    /// change. However many are written at once, no merchant MUST come to have more than
    /// [`ACCOUNTS_OF_MERCHANT_MAX`](crate::account::ACCOUNTS_OF_MERCHANT_MAX) that are enabled.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    async fn write_account(
        &self,
        account: &StoredAccount,
        expected: Revision,
        notes: &[AccountNote],
    ) -> Result<AccountWritten, StoreError>;

    /// A merchant's accounts, by provider and name.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn accounts_of(&self, merchant: &MerchantId) -> Result<Vec<StoredAccount>, StoreError>;

    /// The account of that name.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn account(&self, provider: &ProviderId, id: &AccountId) -> Result<Option<StoredAccount>, StoreError>;

    /// The accounts that their merchants say the provider knows by that name, at most `limit`. Nobody vouches for what
    /// they say.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn accounts_known_as(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError>;

    /// Up to `limit` accounts behind the one given, by provider and name.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn accounts(
        &self,
        after: Option<(ProviderId, AccountId)>,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError>;

    /// What was done to an account, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn account_notes(&self, provider: &ProviderId, id: &AccountId) -> Result<Vec<AccountNote>, StoreError>;
}
