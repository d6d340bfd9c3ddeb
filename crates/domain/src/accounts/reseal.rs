//! Seal every account's secrets under the key in force, so that the key before can be thrown away.

use super::list::PAGE_ROWS;
use super::secrets::{Owner, Secrets};
use super::{AccountDesk, AccountError};
use crate::account::{AccountEvent, AccountNote, StoredAccount};
use crate::audit::Actor;
use crate::gateway::Scope;
use crate::reason::Reason;

impl AccountDesk {
    /// Seals anew what is sealed under another key than the one in force; returns how many accounts that were. What it
    /// did before an error stands.
    ///
    /// # Errors
    /// [`AccountError::Vault`] where an account's secrets do not open.
    pub async fn reseal(&self, actor: &Actor, reason: Option<&Reason>) -> Result<u64, AccountError> {
        let key = self.vault.key()?;
        let (mut resealed, mut after) = (0_u64, None);
        loop {
            let page = self.store.accounts(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { return Ok(resealed) };
            after = Some((last.provider.clone(), last.id.clone()));
            for account in page.iter().filter(|account| account.secrets.key != key) {
                self.reseal_one(account, actor, reason).await?;
                resealed = resealed.saturating_add(1);
            }
        }
    }

    async fn reseal_one(
        &self,
        account: &StoredAccount,
        actor: &Actor,
        reason: Option<&Reason>,
    ) -> Result<(), AccountError> {
        let now = self.clock.now();
        let scope = Scope { merchant: account.merchant.clone(), branch: None };
        self.change(&scope, &account.provider, &account.id, |account| {
            let secrets = Secrets::open(&*self.vault, &account).map_err(|(_, error)| error)?;
            let secrets = secrets.seal(&*self.vault, Owner::of(&account))?;
            let note = AccountNote::new(now, actor, AccountEvent::Resealed, reason);
            Ok(Some((StoredAccount { secrets, ..account }, vec![note])))
        })
        .await?;
        Ok(())
    }
}
