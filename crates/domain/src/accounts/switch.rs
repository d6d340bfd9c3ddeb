//! Put an account out of use, or back. Charges that it has are followed either way.

use super::{AccountDesk, AccountError};
use crate::account::{AccountEvent, AccountNote, AccountState, StoredAccount};
use crate::audit::Actor;
use crate::gateway::Scope;
use crate::ids::{AccountId, ProviderId};
use crate::reason::Reason;

/// An account to be put out of use, or back.
#[derive(Debug, Clone)]
pub struct SwitchAccount {
    /// Whose account.
    pub scope: Scope,
    /// At which provider.
    pub provider: ProviderId,
    /// Which.
    pub id: AccountId,
    /// As it is to be.
    pub state: AccountState,
    /// Who asks for it.
    pub actor: Actor,
    /// Why, where they say so.
    pub reason: Option<Reason>,
}

impl AccountDesk {
    /// Puts an account out of use, or back. Doing it twice has one effect.
    ///
    /// # Errors
    /// [`AccountError::Taken`] where another account has its place by now.
    pub async fn switch(&self, asked: &SwitchAccount) -> Result<StoredAccount, AccountError> {
        let now = self.clock.now();
        self.change(&asked.scope, &asked.provider, &asked.id, |account| {
            if account.state == asked.state {
                return Ok(None);
            }
            let event = match asked.state {
                AccountState::Enabled => AccountEvent::Enabled,
                AccountState::Disabled => AccountEvent::Disabled,
            };
            let note = AccountNote::new(now, &asked.actor, event, asked.reason.as_ref());
            Ok(Some((StoredAccount { state: asked.state, ..account }, vec![note])))
        })
        .await
    }
}
