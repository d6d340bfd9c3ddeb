//! The accounts that are examined, and what the store knows of each.

use std::sync::Arc;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::accounts::StoredAccounts;
use mstore_pay_domain::ports::AccountDirectory as _;

use super::{Config, Store};
use crate::cli::CliError;
use crate::system::SystemClock;
use crate::vault::AesVault;
use crate::wiring;

/// What is known before anybody is asked.
pub(super) struct Known {
    /// None where it does not open.
    pub(super) store: Option<Arc<dyn Store>>,
    /// The calendar that payments go by.
    pub(super) clock: SystemClock,
    accounts: Vec<ProviderAccount>,
}

impl Known {
    /// The accounts in use: the environment's, and where the store opens those of merchants whose secrets open.
    pub(super) async fn of(config: &Config, store: Option<Arc<dyn Store>>) -> Result<Self, CliError> {
        let clock = SystemClock::tied(config.clock);
        let accounts = match &store {
            None => wiring::own_accounts(config)?,
            Some(store) => {
                let vault = Arc::new(AesVault::new(config.account_keys.clone()));
                StoredAccounts::new(wiring::environment(config)?, store.clone(), vault, Arc::new(clock)).all().await?
            }
        };
        Ok(Self { store, clock, accounts })
    }

    /// Those at one provider.
    pub(super) fn at(&self, provider: &str) -> impl Iterator<Item = &ProviderAccount> {
        self.accounts.iter().filter(move |account| account.provider.as_str() == provider)
    }
}

/// What an account is called: that of the environment by its provider alone.
pub(super) fn name(account: &ProviderAccount) -> String {
    if is_main(account) { account.provider.to_string() } else { format!("{}/{}", account.provider, account.id) }
}

/// Whether it is the environment's.
pub(super) fn is_main(account: &ProviderAccount) -> bool {
    account.id == mstore_pay_domain::ids::AccountId::main()
}
