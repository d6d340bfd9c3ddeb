//! An account's secrets, sealed and opened.

use crate::account::{PreviousSecret, ProviderAccount, SealedSecrets, SharedSecret, StoredAccount, WebhookSecrets};
use crate::ids::{AccountId, MerchantId, ProviderId};
use crate::ports::{SecretKind, SecretOwner, SecretPlace, Vault, VaultError};
use crate::time::Timestamp;

/// Whose secrets they are.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) merchant: &'a MerchantId,
    pub(super) provider: &'a ProviderId,
    pub(super) account: &'a AccountId,
}

/// Secrets in the open: never kept, never shown.
pub(super) struct Secrets {
    pub(super) credential: SharedSecret,
    /// None: the credential.
    pub(super) webhook_secret: Option<SharedSecret>,
    pub(super) webhook_previous: Option<(SharedSecret, Timestamp)>,
}

impl<'a> Owner<'a> {
    pub(super) fn of(account: &'a StoredAccount) -> Self {
        Self { merchant: &account.merchant, provider: &account.provider, account: &account.id }
    }

    fn place(self, kind: SecretKind) -> SecretPlace {
        let Self { merchant, provider, account } = self;
        let owner = SecretOwner::Account { provider: provider.clone(), account: account.clone() };
        SecretPlace { merchant: merchant.clone(), owner, kind }
    }
}

impl Secrets {
    /// Seals all of them under the key in force.
    pub(super) fn seal(&self, vault: &dyn Vault, owner: Owner<'_>) -> Result<SealedSecrets, VaultError> {
        let seal = |kind, secret: &SharedSecret| vault.seal(&owner.place(kind), secret);
        Ok(SealedSecrets {
            key: vault.key()?,
            credential: seal(SecretKind::Credential, &self.credential)?,
            webhook_secret: self.webhook_secret.as_ref().map(|of| seal(SecretKind::WebhookSecret, of)).transpose()?,
            webhook_previous: self
                .webhook_previous
                .as_ref()
                .map(|(of, until)| Ok(PreviousSecret { sealed: seal(SecretKind::WebhookPrevious, of)?, until: *until }))
                .transpose()?,
        })
    }

    /// Opens all of them; which one does not, and why.
    pub(super) fn open(vault: &dyn Vault, account: &StoredAccount) -> Result<Self, (SecretKind, VaultError)> {
        let (owner, sealed) = (Owner::of(account), &account.secrets);
        let open =
            |kind, bytes: &[u8]| vault.open(&owner.place(kind), &sealed.key, bytes).map_err(|error| (kind, error));
        Ok(Self {
            credential: open(SecretKind::Credential, &sealed.credential)?,
            webhook_secret: match &sealed.webhook_secret {
                Some(bytes) => Some(open(SecretKind::WebhookSecret, bytes)?),
                None => None,
            },
            webhook_previous: match &sealed.webhook_previous {
                Some(previous) => Some((open(SecretKind::WebhookPrevious, &previous.sealed)?, previous.until)),
                None => None,
            },
        })
    }

    /// What verifies webhooks now.
    pub(super) fn webhook_current(&self) -> &SharedSecret {
        self.webhook_secret.as_ref().unwrap_or(&self.credential)
    }
}

/// The account as it is worked with, its secrets opened: a webhook secret whose time is over is not among them.
pub(super) fn opened(
    vault: &dyn Vault,
    account: &StoredAccount,
    now: Timestamp,
) -> Result<ProviderAccount, (SecretKind, VaultError)> {
    let secrets = Secrets::open(vault, account)?;
    let current = secrets.webhook_current().clone();
    let previous = secrets.webhook_previous.filter(|(_, until)| now < *until).map(|(secret, _)| secret);
    Ok(ProviderAccount {
        id: account.id.clone(),
        provider: account.provider.clone(),
        mode: account.mode,
        credential: secrets.credential,
        for_user_id: account.for_user_id.clone(),
        provider_merchant_id: account.provider_merchant_id.clone(),
        webhook_secrets: WebhookSecrets { current, previous },
        nmid: account.nmid.clone(),
        terms: account.terms.clone(),
    })
}
