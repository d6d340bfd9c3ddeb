//! Give an account other secrets; webhooks signed with the one before are taken while the rotation lasts.

use std::time::Duration;

use super::secrets::{Owner, Secrets};
use super::{AccountDesk, AccountError};
use crate::account::{AccountEvent, AccountNote, SharedSecret, StoredAccount};
use crate::audit::Actor;
use crate::gateway::Scope;
use crate::ids::{AccountId, ProviderId};
use crate::reason::Reason;

/// Other secrets for an account.
#[derive(Debug, Clone)]
pub struct RotateSecrets {
    /// Whose account.
    pub scope: Scope,
    /// At which provider.
    pub provider: ProviderId,
    /// Which.
    pub id: AccountId,
    /// What calls carry from now on; `None`: what they carry.
    pub credential: Option<SharedSecret>,
    /// What webhooks are verified with from now on; `None`: what they are verified with, and with the new credential
    /// where that is the credential.
    pub webhook_secret: Option<SharedSecret>,
    /// For how long webhooks signed with the secret before are still taken. Whatever was before that is over at once.
    pub previous_for: Duration,
    /// Who asks for it.
    pub actor: Actor,
    /// Why, where they say so.
    pub reason: Option<Reason>,
}

impl AccountDesk {
    /// Gives an account other secrets.
    ///
    /// # Errors
    /// [`AccountError`]
    pub async fn rotate(&self, asked: &RotateSecrets) -> Result<StoredAccount, AccountError> {
        self.change(&asked.scope, &asked.provider, &asked.id, |account| self.rotated(account, asked)).await
    }

    fn rotated(
        &self,
        account: StoredAccount,
        asked: &RotateSecrets,
    ) -> Result<Option<(StoredAccount, Vec<AccountNote>)>, AccountError> {
        let now = self.clock.now();
        let mut secrets = Secrets::open(&*self.vault, &account).map_err(|(_, error)| error)?;
        let before = secrets.webhook_current().clone();
        let mut events = Vec::new();
        if let Some(credential) = &asked.credential {
            secrets.credential = credential.clone();
            events.push(AccountEvent::CredentialRotated);
        }
        if let Some(webhook_secret) = &asked.webhook_secret {
            secrets.webhook_secret = Some(webhook_secret.clone());
            events.push(AccountEvent::WebhookSecretRotated);
        }
        if events.is_empty() {
            return Ok(None);
        }
        if !secrets.webhook_current().matches(before.expose().as_bytes()) {
            secrets.webhook_previous = Some((before, now.plus(asked.previous_for)));
        }
        secrets.webhook_previous = secrets.webhook_previous.filter(|(_, until)| now < *until);
        let sealed = secrets.seal(&*self.vault, Owner::of(&account))?;
        let note = |event| AccountNote::new(now, &asked.actor, event, asked.reason.as_ref());
        let notes = events.into_iter().map(note).collect();
        Ok(Some((StoredAccount { secrets: sealed, ..account }, notes)))
    }
}
