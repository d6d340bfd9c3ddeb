//! Sealing secrets, so that whoever reads the store has none.

use thiserror::Error;

use crate::account::SharedSecret;
use crate::ids::{AccountId, EndpointId, KeyId, MerchantId, ProviderId};

/// Which of its owner's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// What API calls carry.
    Credential,
    /// What webhooks are verified with.
    WebhookSecret,
    /// The one before.
    WebhookPrevious,
    /// What events are signed with.
    Signing,
    /// The one before.
    SigningPrevious,
}

impl SecretKind {
    /// One word, under which it is sealed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::WebhookSecret => "webhook_secret",
            Self::WebhookPrevious => "webhook_previous",
            Self::Signing => "signing",
            Self::SigningPrevious => "signing_previous",
        }
    }
}

/// Where a secret belongs. What is sealed for one place opens in no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    /// Whose.
    pub merchant: MerchantId,
    /// Of what.
    pub owner: SecretOwner,
    /// Which of its secrets.
    pub kind: SecretKind,
}

/// What has secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOwner {
    /// An account at a provider.
    Account {
        /// At which provider.
        provider: ProviderId,
        /// Which.
        account: AccountId,
    },
    /// An endpoint that hears of events.
    Endpoint(EndpointId),
}

/// Why nothing was sealed or opened. Never says what the secret is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// There is no key to seal with.
    #[error("there is no key to seal secrets with")]
    NoKey,
    /// It was sealed under a key that is not at hand.
    #[error("the key {0} is not at hand")]
    UnknownKey(KeyId),
    /// It was not sealed under that key for that place, or was changed since.
    #[error("the seal is broken, or another's")]
    Broken,
}

/// Seals secrets and opens them.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Vault: Send + Sync {
    /// The key that secrets are sealed under now.
    ///
    /// # Errors
    /// [`VaultError::NoKey`]
    fn key(&self) -> Result<KeyId, VaultError>;

    /// Seals a secret for a place, under the key in force. The same secret sealed twice MUST NOT look the same.
    ///
    /// # Errors
    /// [`VaultError::NoKey`]
    fn seal(&self, place: &SecretPlace, secret: &SharedSecret) -> Result<Vec<u8>, VaultError>;

    /// Opens what was sealed for that place under that key. Anything else, or anything less, MUST be
    /// [`VaultError::Broken`].
    ///
    /// # Errors
    /// [`VaultError`]
    fn open(&self, place: &SecretPlace, key: &KeyId, sealed: &[u8]) -> Result<SharedSecret, VaultError>;
}
