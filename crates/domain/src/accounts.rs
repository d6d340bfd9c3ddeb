//! Accounts of merchants' own: made known, given other secrets, put out of use and back; and the directory that finds
//! the one a merchant's money goes to.

mod add;
mod directory;
mod environment;
mod list;
mod reseal;
mod rotate;
mod secrets;
mod switch;

pub use add::AddAccount;
pub use directory::{ACCOUNT_CHANGES_SEEN_WITHIN, StoredAccounts};
pub use environment::EnvironmentAccounts;
pub use list::Unopened;
pub use rotate::RotateSecrets;
pub use switch::SwitchAccount;

use std::sync::Arc;

use thiserror::Error;

use crate::account::{ACCOUNTS_OF_MERCHANT_MAX, AccountNote, StoredAccount};
use crate::gateway::Scope;
use crate::ids::{AccountId, ProviderId};
use crate::ports::{AccountStore, AccountWritten, Clock, StoreError, Vault, VaultError};

/// How often an account is read again when others write it.
const TRIES_MAX: u32 = 3;

/// Why an account is not as it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is none of that name in that scope.
    #[error("no such account")]
    NotFound,
    /// Its name is taken, or another account is enabled for the same merchant, branch and provider.
    #[error("could not write the account: its name or its place is taken")]
    Taken,
    /// The merchant has as many that are enabled as there may be.
    #[error("could not enable the account: {ACCOUNTS_OF_MERCHANT_MAX} are already")]
    TooMany,
    /// Others kept writing it.
    #[error("could not write the account: others keep writing it")]
    Contended,
    /// Its secrets cannot be sealed or opened.
    #[error("could not seal or open the secrets of the account")]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error("could not keep the account")]
    Store(#[from] StoreError),
}

/// Where accounts are looked after.
#[derive(Clone)]
pub struct AccountDesk {
    store: Arc<dyn AccountStore>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
}

impl AccountDesk {
    /// A desk over the accounts of that store.
    #[must_use]
    pub fn new(store: Arc<dyn AccountStore>, vault: Arc<dyn Vault>, clock: Arc<dyn Clock>) -> Self {
        Self { store, vault, clock }
    }

    /// The account of that name, if it is in that scope.
    async fn find(&self, scope: &Scope, provider: &ProviderId, id: &AccountId) -> Result<StoredAccount, AccountError> {
        let account = self.store.account(provider, id).await?;
        account.filter(|account| is_within(account, scope)).ok_or(AccountError::NotFound)
    }

    /// Changes an account, as often as somebody else was first. `None`: there is nothing to change.
    async fn change(
        &self,
        scope: &Scope,
        provider: &ProviderId,
        id: &AccountId,
        decide: impl Fn(StoredAccount) -> Result<Option<(StoredAccount, Vec<AccountNote>)>, AccountError> + Send + Sync,
    ) -> Result<StoredAccount, AccountError> {
        for _ in 0..TRIES_MAX {
            let stored = self.find(scope, provider, id).await?;
            let Some((changed, notes)) = decide(stored.clone())? else { return Ok(stored) };
            match self.store.write_account(&changed, stored.revision, &notes).await? {
                AccountWritten::Written => {
                    return Ok(StoredAccount { revision: stored.revision.next(), ..changed });
                }
                AccountWritten::Taken => return Err(AccountError::Taken),
                AccountWritten::TooMany => return Err(AccountError::TooMany),
                AccountWritten::Conflict => {}
            }
        }
        Err(AccountError::Contended)
    }
}

impl std::fmt::Debug for AccountDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountDesk(..)")
    }
}

/// Whether an account is of that merchant and, where the scope is a branch, of that branch.
fn is_within(account: &StoredAccount, scope: &Scope) -> bool {
    account.merchant == scope.merchant && (scope.branch.is_none() || account.branch == scope.branch)
}
