//! What events are signed with, sealed and opened.

use crate::account::{PreviousSecret, SharedSecret};
use crate::endpoint::{EventEndpoint, SealedSigning};
use crate::ids::{EndpointId, MerchantId};
use crate::ports::{SecretKind, SecretOwner, SecretPlace, Vault, VaultError};
use crate::time::Timestamp;

/// Secrets in the open: never kept, and shown to their owner once, when they are new.
pub(super) struct Signing {
    pub(super) current: SharedSecret,
    pub(super) previous: Option<(SharedSecret, Timestamp)>,
}

impl Signing {
    /// Seals both under the key in force.
    pub(super) fn seal(
        &self,
        vault: &dyn Vault,
        merchant: &MerchantId,
        id: EndpointId,
    ) -> Result<SealedSigning, VaultError> {
        let seal = |kind, secret: &SharedSecret| vault.seal(&place(merchant, id, kind), secret);
        Ok(SealedSigning {
            key: vault.key()?,
            current: seal(SecretKind::Signing, &self.current)?,
            previous: self
                .previous
                .as_ref()
                .map(|(of, until)| Ok(PreviousSecret { sealed: seal(SecretKind::SigningPrevious, of)?, until: *until }))
                .transpose()?,
        })
    }

    /// Opens both.
    pub(super) fn open(vault: &dyn Vault, endpoint: &EventEndpoint) -> Result<Self, VaultError> {
        let sealed = &endpoint.signing;
        let open = |kind, bytes: &[u8]| vault.open(&place(&endpoint.merchant, endpoint.id, kind), &sealed.key, bytes);
        Ok(Self {
            current: open(SecretKind::Signing, &sealed.current)?,
            previous: match &sealed.previous {
                Some(previous) => Some((open(SecretKind::SigningPrevious, &previous.sealed)?, previous.until)),
                None => None,
            },
        })
    }

    /// Those that sign now, the one in force first.
    pub(super) fn in_use(self, now: Timestamp) -> Vec<SharedSecret> {
        let previous = self.previous.filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        std::iter::once(self.current).chain(previous).collect()
    }
}

fn place(merchant: &MerchantId, id: EndpointId, kind: SecretKind) -> SecretPlace {
    SecretPlace { merchant: merchant.clone(), owner: SecretOwner::Endpoint(id), kind }
}
