//! The environment's accounts: `main`, for merchants without one of their own.

use std::collections::BTreeSet;

use crate::account::ProviderAccount;
use crate::ids::{AccountId, MerchantId, ProviderId, ProviderRef};

/// The environment's accounts, one for each provider.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentAccounts {
    main: Vec<ProviderAccount>,
    serves: Option<BTreeSet<MerchantId>>,
}

impl EnvironmentAccounts {
    /// Those, serving every merchant.
    #[must_use]
    pub fn new(main: impl IntoIterator<Item = ProviderAccount>) -> Self {
        Self { main: main.into_iter().collect(), serves: None }
    }

    /// The same, serving those merchants only.
    #[must_use]
    pub fn serving(mut self, merchants: impl IntoIterator<Item = MerchantId>) -> Self {
        self.serves = Some(merchants.into_iter().collect());
        self
    }

    pub(super) fn all(&self) -> &[ProviderAccount] {
        &self.main
    }

    pub(super) fn for_merchant(&self, provider: &ProviderId, merchant: &MerchantId) -> Option<&ProviderAccount> {
        let is_served = self.serves.as_ref().is_none_or(|served| served.contains(merchant));
        self.main.iter().find(|account| is_served && &account.provider == provider)
    }

    pub(super) fn by_id(&self, provider: &ProviderId, id: &AccountId) -> Option<&ProviderAccount> {
        self.main.iter().find(|account| &account.provider == provider && &account.id == id)
    }

    pub(super) fn known_as<'a>(
        &'a self,
        provider: &'a ProviderId,
        name: &'a ProviderRef,
    ) -> impl Iterator<Item = &'a ProviderAccount> {
        let is_named = move |account: &&ProviderAccount| account.provider_merchant_id.as_ref() == Some(name);
        self.main.iter().filter(move |account| &account.provider == provider).filter(is_named)
    }
}
