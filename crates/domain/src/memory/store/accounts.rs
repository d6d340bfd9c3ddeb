//! Accounts of merchants.

use std::ops::Bound;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::Tables;
use crate::account::{ACCOUNTS_OF_MERCHANT_MAX, AccountNote, AccountState, StoredAccount};
use crate::ids::{AccountId, MerchantId, ProviderId, ProviderRef};
use crate::payment::Revision;
use crate::ports::{AccountStore, AccountWritten, StoreError};

impl Tables {
    fn write_account(
        &mut self,
        account: &StoredAccount,
        expected: Revision,
        notes: &[AccountNote],
    ) -> Result<(), AccountWritten> {
        let key = (account.provider.clone(), account.id.clone());
        match self.accounts.get(&key) {
            None if expected == Revision::NEW => {}
            Some(stored) if stored.revision == expected => {}
            Some(_) if expected == Revision::NEW => return Err(AccountWritten::Taken),
            Some(_) | None => return Err(AccountWritten::Conflict),
        }
        let rivals = |known: &&StoredAccount| {
            known.state == AccountState::Enabled
                && known.id != account.id
                && (&known.merchant, &known.branch, &known.provider)
                    == (&account.merchant, &account.branch, &account.provider)
        };
        if account.state == AccountState::Enabled && self.accounts.rows().values().any(|known| rivals(&known)) {
            return Err(AccountWritten::Taken);
        }
        if account.state == AccountState::Enabled && !self.has_room_for(account) {
            return Err(AccountWritten::TooMany);
        }
        self.accounts.put(key.clone(), StoredAccount { revision: expected.next(), ..account.clone() });
        let all = self.account_notes.get(&key).into_iter().flatten().chain(notes).cloned().collect();
        self.account_notes.put(key, all);
        Ok(())
    }

    /// Whether a merchant may have that account enabled: one that is stays so.
    fn has_room_for(&self, account: &StoredAccount) -> bool {
        let own = self.accounts.rows().iter().filter(|(_, known)| known.merchant == account.merchant);
        let enabled: Vec<_> = own.filter(|(_, known)| known.state == AccountState::Enabled).collect();
        let is_it = |known: &StoredAccount| (&known.provider, &known.id) == (&account.provider, &account.id);
        enabled.len() < ACCOUNTS_OF_MERCHANT_MAX || enabled.iter().any(|(_, known)| is_it(known))
    }
}

#[async_trait]
impl AccountStore for MemoryStore {
    async fn write_account(
        &self,
        account: &StoredAccount,
        expected: Revision,
        notes: &[AccountNote],
    ) -> Result<AccountWritten, StoreError> {
        let written = self.write(|tables| tables.write_account(account, expected, notes));
        Ok(written.map_or_else(|refused| refused, |()| AccountWritten::Written))
    }

    async fn accounts_of(&self, merchant: &MerchantId) -> Result<Vec<StoredAccount>, StoreError> {
        let own = |account: &&StoredAccount| &account.merchant == merchant;
        Ok(self.read(|tables| tables.accounts.rows().values().filter(own).cloned().collect()))
    }

    async fn account(&self, provider: &ProviderId, id: &AccountId) -> Result<Option<StoredAccount>, StoreError> {
        Ok(self.read(|tables| tables.accounts.get(&(provider.clone(), id.clone())).cloned()))
    }

    async fn accounts_known_as(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError> {
        let named = |account: &&StoredAccount| {
            &account.provider == provider && account.provider_merchant_id.as_ref() == Some(provider_merchant_id)
        };
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| tables.accounts.rows().values().filter(named).take(most).cloned().collect()))
    }

    async fn accounts(
        &self,
        after: Option<(ProviderId, AccountId)>,
        limit: u32,
    ) -> Result<Vec<StoredAccount>, StoreError> {
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| tables.accounts.rows().range(behind).take(most).map(|(_, row)| row.clone()).collect()))
    }

    async fn account_notes(&self, provider: &ProviderId, id: &AccountId) -> Result<Vec<AccountNote>, StoreError> {
        Ok(self.read(|tables| tables.account_notes.get(&(provider.clone(), id.clone())).cloned().unwrap_or_default()))
    }
}
