//! Look at accounts, and at whether their secrets open.

use super::secrets::Secrets;
use super::{AccountDesk, AccountError, is_within};
use crate::account::{AccountNote, StoredAccount};
use crate::gateway::Scope;
use crate::ids::{AccountId, ProviderId};
use crate::ports::{StoreError, VaultError};

/// Accounts that are read at once.
pub(super) const PAGE_ROWS: u32 = 500;

/// An account whose secrets do not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// At which provider.
    pub provider: ProviderId,
    /// Which.
    pub id: AccountId,
    /// Why.
    pub why: VaultError,
}

impl AccountDesk {
    /// A merchant's accounts, or those of a branch.
    ///
    /// # Errors
    /// [`AccountError::Store`]
    pub async fn list(&self, scope: &Scope) -> Result<Vec<StoredAccount>, AccountError> {
        let mut accounts = self.store.accounts_of(&scope.merchant).await?;
        accounts.retain(|account| is_within(account, scope));
        Ok(accounts)
    }

    /// One account, and what was done to it.
    ///
    /// # Errors
    /// [`AccountError::NotFound`], [`AccountError::Store`]
    pub async fn read(
        &self,
        scope: &Scope,
        provider: &ProviderId,
        id: &AccountId,
    ) -> Result<(StoredAccount, Vec<AccountNote>), AccountError> {
        let account = self.find(scope, provider, id).await?;
        let notes = self.store.account_notes(provider, id).await?;
        Ok((account, notes))
    }

    /// The accounts of all merchants whose secrets do not open.
    ///
    /// # Errors
    /// [`StoreError`] where the accounts cannot be read.
    pub async fn unopened(&self) -> Result<Vec<Unopened>, StoreError> {
        let (mut unopened, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.accounts(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { return Ok(unopened) };
            after = Some((last.provider.clone(), last.id.clone()));
            unopened.extend(page.into_iter().filter_map(|account| {
                let (_, why) = Secrets::open(&*self.vault, &account).err()?;
                Some(Unopened { provider: account.provider, id: account.id, why })
            }));
        }
    }
}
