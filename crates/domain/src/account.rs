//! Accounts at providers: whose money, whose keys.

mod stored;
mod terms;

pub use stored::{AccountEvent, AccountNote, AccountState, PreviousSecret, SealedSecrets, StoredAccount};
pub use terms::{AccountTerms, AmountLimits};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::{AccountId, ProviderId, ProviderRef};

/// Enabled accounts of one merchant: each is looked through for money by itself, every few seconds, by every node.
pub const ACCOUNTS_OF_MERCHANT_MAX: usize = 64;

/// Test money or real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountMode {
    /// The provider's test mode, or the sandbox: payments can be simulated.
    Test,
    /// Real money.
    Live,
}

impl AccountMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Test, Self::Live];

    /// One word for stores and lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// A secret shared with a provider. `Debug` shows nothing; comparison is in constant time.
#[derive(Debug, Clone)]
pub struct SharedSecret(SecretString);

impl SharedSecret {
    /// Takes the secret; `None` if it is blank, because an empty secret would verify anything.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.trim().is_empty()).then(|| Self(SecretString::from(text)))
    }

    /// Shows the secret to whoever must send it or compute with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether `presented` is this secret; digests of equal length are compared, so neither the
    /// time taken nor an early exit tells how much of it was right.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        let ours = Sha256::digest(self.expose().as_bytes());
        let theirs = Sha256::digest(presented);
        bool::from(ours.as_slice().ct_eq(theirs.as_slice()))
    }
}

/// What a webhook of an account is verified with.
#[derive(Debug, Clone)]
pub struct WebhookSecrets {
    /// The secret in force.
    pub current: SharedSecret,
    /// The one before, accepted while a rotation lasts.
    pub previous: Option<SharedSecret>,
}

impl WebhookSecrets {
    /// Those that verify now, the current one first.
    pub fn accepted(&self) -> impl Iterator<Item = &SharedSecret> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

/// One account at one provider: fixed on a charge when it is opened, and used for every later call.
#[derive(Debug, Clone)]
pub struct ProviderAccount {
    /// Our name for it; `main` is the environment's.
    pub id: AccountId,
    /// At which provider.
    pub provider: ProviderId,
    /// Test or live.
    pub mode: AccountMode,
    /// The key that API calls carry.
    pub credential: SharedSecret,
    /// The sub-account on whose behalf calls are made (Xendit `for-user-id`).
    pub for_user_id: Option<ProviderRef>,
    /// The provider's name for the account (Xendit `business_id`, Midtrans `merchant_id`).
    pub provider_merchant_id: Option<ProviderRef>,
    /// What its webhooks are verified with.
    pub webhook_secrets: WebhookSecrets,
    /// The national merchant id that its QR codes must carry, where known.
    pub nmid: Option<String>,
    /// What it may be used for.
    pub terms: AccountTerms,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_itself_only_and_never_prints() {
        let secret = SharedSecret::new("s3cret-token").unwrap();
        assert!(secret.matches(b"s3cret-token"));
        for other in ["", "s3cret-toke", "s3cret-token ", "S3cret-token"] {
            assert!(!secret.matches(other.as_bytes()), "{other:?}");
        }
        assert!(!format!("{secret:?}").contains("s3cret"));
    }

    #[test]
    fn a_blank_secret_is_none() {
        assert!(SharedSecret::new("").is_none());
        assert!(SharedSecret::new(" \t").is_none());
    }
}
