//! The directory: whose account a merchant's money goes to. What the store says is remembered for a moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::environment::EnvironmentAccounts;
use super::list::PAGE_ROWS;
use super::secrets::opened;
use crate::account::{AccountState, ProviderAccount, StoredAccount};
use crate::ids::{AccountId, BranchId, MerchantId, ProviderId, ProviderRef};
use crate::ports::{AccountDirectory, AccountStore, Clock, StoreError, Vault};
use crate::time::Timestamp;

/// How long a node may go on by what an account was before it was changed, on whichever node.
pub const ACCOUNT_CHANGES_SEEN_WITHIN: Duration = Duration::from_secs(2);
/// Answers of the store that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// Accounts of one name at a provider that are looked at.
const NAMESAKES_MAX: u32 = 8;

/// What was asked of the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    OfMerchant(MerchantId),
    OfName(ProviderId, AccountId),
    KnownAs(ProviderId, ProviderRef),
}

/// What it answered, and when. Secrets stay sealed in here.
type Remembered = BTreeMap<Question, (Timestamp, Arc<[StoredAccount]>)>;

/// The accounts that a store keeps, and the environment's for merchants who have none there.
pub struct StoredAccounts {
    environment: EnvironmentAccounts,
    store: Arc<dyn AccountStore>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    remembered: Mutex<Remembered>,
}

impl StoredAccounts {
    /// The directory of those accounts.
    #[must_use]
    pub fn new(
        environment: EnvironmentAccounts,
        store: Arc<dyn AccountStore>,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { environment, store, vault, clock, remembered: Mutex::default() }
    }

    async fn answer(&self, question: Question) -> Result<Arc<[StoredAccount]>, StoreError> {
        let now = self.clock.now();
        let is_fresh = |at: &Timestamp| *at <= now && now.since(*at) < ACCOUNT_CHANGES_SEEN_WITHIN;
        let known = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if let Some((_, accounts)) = known.filter(|(at, _)| is_fresh(at)) {
            return Ok(accounts);
        }
        let accounts: Arc<[StoredAccount]> = match &question {
            Question::OfMerchant(merchant) => self.store.accounts_of(merchant).await?,
            Question::OfName(provider, id) => self.store.account(provider, id).await?.into_iter().collect(),
            Question::KnownAs(provider, name) => self.store.accounts_known_as(provider, name, NAMESAKES_MAX).await?,
        }
        .into();
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, (at, _)| is_fresh(at));
        }
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(question, (now, Arc::clone(&accounts)));
        Ok(accounts)
    }

    fn open(&self, account: &StoredAccount) -> Result<ProviderAccount, StoreError> {
        opened(&*self.vault, account, self.clock.now())
            .map_err(|(kind, error)| StoreError::corrupt("provider_accounts", kind.word(), &account.id, error))
    }
}

/// Of a merchant's accounts at one provider, the one of the branch; of a branch without any, the one of every branch.
/// Where there are some and none is enabled, there is none to use.
fn nearest<'a>(
    accounts: &'a [StoredAccount],
    provider: &ProviderId,
    branch: Option<&BranchId>,
) -> Option<&'a StoredAccount> {
    let of = |branch: Option<&BranchId>| -> Vec<&'a StoredAccount> {
        let is_of = |account: &&StoredAccount| &account.provider == provider && account.branch.as_ref() == branch;
        accounts.iter().filter(is_of).collect()
    };
    let own = if branch.is_some() { of(branch) } else { Vec::new() };
    let near = if own.is_empty() { of(None) } else { own };
    near.into_iter().find(|account| account.state == AccountState::Enabled)
}

#[async_trait]
impl AccountDirectory for StoredAccounts {
    async fn for_merchant(
        &self,
        provider: &ProviderId,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
    ) -> Result<Option<ProviderAccount>, StoreError> {
        let accounts = self.answer(Question::OfMerchant(merchant.clone())).await?;
        if accounts.is_empty() {
            return Ok(self.environment.for_merchant(provider, merchant).cloned());
        }
        nearest(&accounts, provider, branch.as_ref()).map(|account| self.open(account)).transpose()
    }

    async fn by_id(&self, provider: &ProviderId, account: &AccountId) -> Result<Option<ProviderAccount>, StoreError> {
        if let Some(main) = self.environment.by_id(provider, account) {
            return Ok(Some(main.clone()));
        }
        let found = self.answer(Question::OfName(provider.clone(), account.clone())).await?;
        found.first().map(|account| self.open(account)).transpose()
    }

    async fn known_as(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
    ) -> Result<Vec<ProviderAccount>, StoreError> {
        let found = self.answer(Question::KnownAs(provider.clone(), provider_merchant_id.clone())).await?;
        let of_environment = self.environment.known_as(provider, provider_merchant_id).cloned();
        Ok(found.iter().filter_map(|account| self.open(account).ok()).chain(of_environment).collect())
    }

    async fn all(&self) -> Result<Vec<ProviderAccount>, StoreError> {
        let (mut all, mut after) = (self.environment.all().to_vec(), None);
        loop {
            let page = self.store.accounts(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some((last.provider.clone(), last.id.clone()));
            let enabled = page.iter().filter(|account| account.state == AccountState::Enabled);
            all.extend(enabled.filter_map(|account| self.open(account).ok()));
        }
    }
}

impl std::fmt::Debug for StoredAccounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredAccounts(..)")
    }
}
