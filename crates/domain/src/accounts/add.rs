//! Make an account of a merchant's own known here.

use super::secrets::{Owner, Secrets};
use super::{AccountDesk, AccountError};
use crate::account::{AccountEvent, AccountMode, AccountNote, AccountState, AccountTerms, SharedSecret, StoredAccount};
use crate::audit::Actor;
use crate::gateway::Scope;
use crate::ids::{AccountId, ProviderId, ProviderRef};
use crate::payment::Revision;
use crate::ports::AccountWritten;
use crate::reason::Reason;

/// An account to be made known, enabled from the start.
#[derive(Debug, Clone)]
pub struct AddAccount {
    /// Whose: of one branch, or of every branch without one of its own.
    pub scope: Scope,
    /// At which provider.
    pub provider: ProviderId,
    /// Our name for it.
    pub id: AccountId,
    /// Test or live.
    pub mode: AccountMode,
    /// What API calls carry.
    pub credential: SharedSecret,
    /// What webhooks are verified with; `None` where the provider signs with the credential.
    pub webhook_secret: Option<SharedSecret>,
    /// The sub-account on whose behalf calls are made.
    pub for_user_id: Option<ProviderRef>,
    /// The provider's name for it; `None`: that of the sub-account.
    pub provider_merchant_id: Option<ProviderRef>,
    /// The national merchant id that its QR codes must carry, where known.
    pub nmid: Option<String>,
    /// What it may be used for.
    pub terms: AccountTerms,
    /// Who asks for it.
    pub actor: Actor,
    /// Why, where they say so.
    pub reason: Option<Reason>,
}

impl AccountDesk {
    /// Makes an account known. From then on the merchant never falls back to the environment's.
    ///
    /// # Errors
    /// [`AccountError::Taken`] where its name is in use, or the merchant (or branch) has an account at that provider
    /// that is enabled; [`AccountError::TooMany`]; [`AccountError::Vault`] where there is no key to seal its secrets with.
    pub async fn add(&self, asked: AddAccount) -> Result<StoredAccount, AccountError> {
        if asked.id == AccountId::main() {
            return Err(AccountError::Taken);
        }
        let now = self.clock.now();
        let AddAccount { scope, provider, id, credential, webhook_secret, .. } = asked;
        let owner = Owner { merchant: &scope.merchant, provider: &provider, account: &id };
        let secrets = Secrets { credential, webhook_secret, webhook_previous: None }.seal(&*self.vault, owner)?;
        let account = StoredAccount {
            merchant: scope.merchant,
            branch: scope.branch,
            mode: asked.mode,
            state: AccountState::Enabled,
            provider_merchant_id: asked.provider_merchant_id.or_else(|| asked.for_user_id.clone()),
            for_user_id: asked.for_user_id,
            nmid: asked.nmid,
            terms: asked.terms,
            secrets,
            revision: Revision::NEW.next(),
            created_at: now,
            id,
            provider,
        };
        let note = AccountNote::new(now, &asked.actor, AccountEvent::Added, asked.reason.as_ref());
        match self.store.write_account(&account, Revision::NEW, &[note]).await? {
            AccountWritten::Written => Ok(account),
            AccountWritten::Taken | AccountWritten::Conflict => Err(AccountError::Taken),
            AccountWritten::TooMany => Err(AccountError::TooMany),
        }
    }
}
