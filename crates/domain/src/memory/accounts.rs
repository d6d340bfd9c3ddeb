//! A directory of accounts that is given as a list.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::account::ProviderAccount;
use crate::ids::{AccountId, BranchId, MerchantId, ProviderId, ProviderRef};
use crate::ports::{AccountDirectory, StoreError};

/// An account that belongs to one merchant.
#[derive(Debug, Clone)]
pub struct MerchantAccount {
    /// Whose.
    pub merchant: MerchantId,
    /// Of one branch only; `None`: of every branch without one of its own.
    pub branch: Option<BranchId>,
    /// Whether it may be used for new charges.
    pub enabled: bool,
    /// The account.
    pub account: ProviderAccount,
}

/// Accounts by merchant, and those of the environment for everybody else.
#[derive(Debug, Clone, Default)]
pub struct MemoryAccounts {
    main: Vec<ProviderAccount>,
    main_serves: Option<BTreeSet<MerchantId>>,
    owned: Vec<MerchantAccount>,
}

impl MemoryAccounts {
    /// A directory whose only accounts are those of the environment, one for each provider.
    #[must_use]
    pub fn of_main(main: impl IntoIterator<Item = ProviderAccount>) -> Self {
        Self { main: main.into_iter().collect(), main_serves: None, owned: Vec::new() }
    }

    /// This directory, where the environment's accounts serve those merchants only. Without this
    /// they serve every merchant that has no account of its own.
    #[must_use]
    pub fn main_serving(mut self, merchants: impl IntoIterator<Item = MerchantId>) -> Self {
        self.main_serves = Some(merchants.into_iter().collect());
        self
    }

    /// This directory with one more account of a merchant.
    #[must_use]
    pub fn with(mut self, account: MerchantAccount) -> Self {
        self.owned.push(account);
        self
    }

    fn every(&self) -> impl Iterator<Item = &ProviderAccount> {
        self.main.iter().chain(self.owned.iter().map(|owned| &owned.account))
    }

    fn main_for(&self, provider: &ProviderId, merchant: &MerchantId) -> Option<&ProviderAccount> {
        let served = self.main_serves.as_ref().is_none_or(|served| served.contains(merchant));
        self.main.iter().find(|account| served && &account.provider == provider)
    }
}

#[async_trait]
impl AccountDirectory for MemoryAccounts {
    async fn for_merchant(
        &self,
        provider: &ProviderId,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
    ) -> Result<Option<ProviderAccount>, StoreError> {
        let owned: Vec<&MerchantAccount> = self.owned.iter().filter(|owned| &owned.merchant == merchant).collect();
        if owned.is_empty() {
            return Ok(self.main_for(provider, merchant).cloned());
        }
        let here = |owned: &&&MerchantAccount| &owned.account.provider == provider;
        let of_branch = owned.iter().filter(here).find(|owned| owned.branch.is_some() && &owned.branch == branch);
        let of_all = || owned.iter().filter(here).find(|owned| owned.branch.is_none());
        Ok(of_branch.or_else(of_all).filter(|owned| owned.enabled).map(|owned| owned.account.clone()))
    }

    async fn by_id(&self, provider: &ProviderId, account: &AccountId) -> Result<Option<ProviderAccount>, StoreError> {
        Ok(self.every().find(|known| &known.provider == provider && &known.id == account).cloned())
    }

    async fn by_provider_merchant(
        &self,
        provider: &ProviderId,
        provider_merchant_id: &ProviderRef,
    ) -> Result<Option<ProviderAccount>, StoreError> {
        let named = |known: &&ProviderAccount| known.provider_merchant_id.as_ref() == Some(provider_merchant_id);
        Ok(self.every().filter(named).find(|known| &known.provider == provider).cloned())
    }

    async fn all(&self) -> Result<Vec<ProviderAccount>, StoreError> {
        let enabled = self.owned.iter().filter(|owned| owned.enabled).map(|owned| &owned.account);
        Ok(self.main.iter().chain(enabled).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountMode, SharedSecret, WebhookSecrets};
    use futures::executor::block_on;

    fn account(provider: &str, id: &str) -> ProviderAccount {
        ProviderAccount {
            id: AccountId::parse(id).unwrap(),
            provider: ProviderId::parse(provider).unwrap(),
            mode: AccountMode::Test,
            credential: SharedSecret::new("key").unwrap(),
            for_user_id: None,
            provider_merchant_id: ProviderRef::parse(format!("biz-{id}")).ok(),
            webhook_secrets: WebhookSecrets { current: SharedSecret::new("token").unwrap(), previous: None },
            nmid: None,
        }
    }

    fn owned(merchant: &str, branch: Option<&str>, enabled: bool, account: ProviderAccount) -> MerchantAccount {
        let branch = branch.map(|branch| BranchId::parse(branch).unwrap());
        MerchantAccount { merchant: MerchantId::parse(merchant).unwrap(), branch, enabled, account }
    }

    fn directory() -> MemoryAccounts {
        MemoryAccounts::of_main([account("acme", "main"), account("zeta", "main")])
            .main_serving([MerchantId::parse("M1").unwrap(), MerchantId::parse("M2").unwrap()])
            .with(owned("M2", None, true, account("acme", "m2")))
            .with(owned("M2", Some("B2"), true, account("acme", "m2-b2")))
            .with(owned("M2", Some("B3"), false, account("acme", "m2-b3")))
            .with(owned("M3", None, false, account("acme", "m3")))
    }

    #[track_caller]
    fn check(merchant: &str, branch: Option<&str>, provider: &str, want: Option<&str>) {
        let branch = branch.map(|branch| BranchId::parse(branch).unwrap());
        let (provider, merchant) = (ProviderId::parse(provider).unwrap(), MerchantId::parse(merchant).unwrap());
        let got = block_on(directory().for_merchant(&provider, &merchant, &branch)).unwrap();
        assert_eq!(got.as_ref().map(|account| account.id.as_str()), want, "{merchant}");
    }

    #[test]
    fn money_goes_to_the_account_nearest_to_the_branch() {
        check("M2", None, "acme", Some("m2"));
        check("M2", Some("B1"), "acme", Some("m2"));
        check("M2", Some("B2"), "acme", Some("m2-b2"));
        check("M2", Some("B3"), "acme", None);
    }

    #[test]
    fn a_merchant_with_an_account_of_its_own_never_falls_back_to_the_environments() {
        check("M1", Some("B1"), "acme", Some("main"));
        check("M2", None, "zeta", None);
        check("M3", None, "acme", None);
        check("M4", None, "acme", None);
    }

    #[test]
    fn an_account_is_found_by_either_name_even_when_disabled_but_is_not_swept() {
        let (acme, directory) = (ProviderId::parse("acme").unwrap(), directory());
        block_on(async {
            let by_id = directory.by_id(&acme, &AccountId::parse("m3").unwrap()).await.unwrap();
            assert!(by_id.is_some());
            let by_name = directory.by_provider_merchant(&acme, &ProviderRef::parse("biz-m3").unwrap()).await.unwrap();
            assert_eq!(by_name.unwrap().id.as_str(), "m3");
            let swept = directory.all().await.unwrap();
            assert!(swept.iter().all(|account| account.id.as_str() != "m3"));
            assert_eq!(swept.len(), 4);
        });
    }
}
