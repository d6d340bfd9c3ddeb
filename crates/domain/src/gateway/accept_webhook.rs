//! Accept a webhook: prove it authentic, store it, and only then say so.

use std::time::Duration;

use thiserror::Error;

use super::Gateway;
use crate::ids::{AccountId, DeliveryId, LeaseToken, ProviderId};
use crate::lease::Lease;
use crate::ports::{Accepted, CrashPoint, StoreError};
use crate::webhook::{DecodeError, LeasedDelivery, NewDelivery, NotAuthentic, RawWebhook};

/// How long a delivery is the business of whoever took it in or up.
pub(super) const DELIVERY_LEASE: Duration = Duration::from_secs(30);

/// A webhook that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedWebhook {
    /// It is new: settle it now, or leave it to the workers.
    New(Box<LeasedDelivery>),
    /// The same bytes came before.
    Duplicate {
        /// As this delivery.
        first: DeliveryId,
    },
}

/// Why a webhook was not stored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// No such provider, or no such account there.
    #[error("no such webhook")]
    NotFound,
    /// The credential is missing or wrong.
    #[error("could not authenticate the webhook")]
    NotAuthentic(#[from] NotAuthentic),
    /// Authentic, but no webhook at all.
    #[error("could not read the webhook")]
    Unreadable(#[from] DecodeError),
    /// The store failed: the provider must send it again.
    #[error("could not store the webhook")]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Takes a webhook in. The credential is checked before anything is read, with the secrets of
    /// that account only (`main` where the path names none).
    ///
    /// # Errors
    /// [`AcceptError`]; nothing is stored then. Only [`AcceptError::Store`] invites another delivery.
    pub async fn accept_webhook(
        &self,
        provider: &ProviderId,
        account: Option<&AccountId>,
        raw: &RawWebhook,
    ) -> Result<AcceptedWebhook, AcceptError> {
        let source = self.ports.webhooks.iter().find(|source| &source.provider() == provider);
        let source = source.ok_or(AcceptError::NotFound)?;
        let account = account.cloned().unwrap_or_else(AccountId::main);
        let account = self.ports.accounts.by_id(provider, &account).await?.ok_or(AcceptError::NotFound)?;
        let authentic = source.authenticate(raw, &account)?;
        self.ports.probe.reach(CrashPoint::WebhookAfterVerify).await?;
        source.decode(&authentic)?;
        let delivery = NewDelivery {
            id: DeliveryId::new(self.ports.ids.uuid()),
            provider: provider.clone(),
            account: account.id,
            received_at: self.ports.clock.now(),
            authentic,
        };
        let lease = Lease { token: LeaseToken::new(self.ports.ids.uuid()), ttl: DELIVERY_LEASE };
        let accepted = self.ports.inbox.accept(&delivery, lease).await?;
        self.ports.probe.reach(CrashPoint::WebhookAfterInsertBeforeAck).await?;
        Ok(match accepted {
            Accepted::New(leased) => AcceptedWebhook::New(Box::new(leased)),
            Accepted::Duplicate { first, .. } => AcceptedWebhook::Duplicate { first },
        })
    }
}
