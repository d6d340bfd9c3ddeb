//! An account as it is stored: what is secret of it is sealed.

use super::{AccountMode, AccountTerms};
use crate::audit::Actor;
use crate::ids::{AccountId, BranchId, KeyId, MerchantId, ProviderId, ProviderRef};
use crate::payment::Revision;
use crate::reason::Reason;
use crate::time::Timestamp;

/// Whether new charges may be opened under an account. Those it has are followed either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// They may.
    Enabled,
    /// They may not.
    Disabled,
}

impl AccountState {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Enabled, Self::Disabled];

    /// One word for stores and lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// The webhook secret that was in force before, sealed, and how long it is still accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    /// Sealed.
    pub sealed: Vec<u8>,
    /// From then on it opens nothing.
    pub until: Timestamp,
}

/// An account's secrets, all sealed under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecrets {
    /// Under which.
    pub key: KeyId,
    /// What API calls carry.
    pub credential: Vec<u8>,
    /// What webhooks are verified with; `None`: with the credential.
    pub webhook_secret: Option<Vec<u8>>,
    /// The one before, while a rotation lasts.
    pub webhook_previous: Option<PreviousSecret>,
}

/// An account of a merchant's own, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// Our name for it: unique at its provider.
    pub id: AccountId,
    /// At which provider.
    pub provider: ProviderId,
    /// Whose.
    pub merchant: MerchantId,
    /// Of one branch only; `None`: of every branch without one of its own.
    pub branch: Option<BranchId>,
    /// Test or live.
    pub mode: AccountMode,
    /// Whether new charges may be opened under it.
    pub state: AccountState,
    /// The sub-account on whose behalf calls are made (Xendit `for-user-id`).
    pub for_user_id: Option<ProviderRef>,
    /// The provider's name for it (Xendit `business_id`, Midtrans `merchant_id`).
    pub provider_merchant_id: Option<ProviderRef>,
    /// The national merchant id that its QR codes must carry, where known.
    pub nmid: Option<String>,
    /// What it may be used for.
    pub terms: AccountTerms,
    /// Its secrets.
    pub secrets: SealedSecrets,
    /// How often it was written.
    pub revision: Revision,
    /// Since when it is known here.
    pub created_at: Timestamp,
}

/// What was done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountEvent {
    /// It was made known here.
    Added,
    /// It got another credential.
    CredentialRotated,
    /// It got another webhook secret.
    WebhookSecretRotated,
    /// No new charges from then on.
    Disabled,
    /// New charges from then on.
    Enabled,
    /// Its secrets were sealed anew, under another key.
    Resealed,
}

impl AccountEvent {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Added,
        Self::CredentialRotated,
        Self::WebhookSecretRotated,
        Self::Disabled,
        Self::Enabled,
        Self::Resealed,
    ];

    /// One word for stores and lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::CredentialRotated => "credential_rotated",
            Self::WebhookSecretRotated => "webhook_secret_rotated",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Resealed => "resealed",
        }
    }
}

/// Who did what to an account, when and why. Never what its secrets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountNote {
    /// When.
    pub at: Timestamp,
    /// Who, as [`Actor::text`] has it.
    pub actor: String,
    /// What.
    pub event: AccountEvent,
    /// Why, where that was said.
    pub reason: Option<Reason>,
}

impl AccountNote {
    /// A note of what happened just then.
    #[must_use]
    pub fn new(at: Timestamp, actor: &Actor, event: AccountEvent, reason: Option<&Reason>) -> Self {
        Self { at, actor: actor.text(), event, reason: reason.cloned() }
    }
}
