//! Accept a webhook: prove it authentic, store it, and only then say so.

use std::time::Duration;

use thiserror::Error;

use super::Gateway;
use crate::account::ProviderAccount;
use crate::ids::{AccountId, DeliveryId, LeaseToken, ProviderId};
use crate::lease::Lease;
use crate::ports::{Accepted, CrashPoint, StoreError, WebhookSource};
use crate::webhook::{Authentic, DecodeError, LeasedDelivery, NewDelivery, NotAuthentic, Notification, RawWebhook};

/// How long a delivery is the business of whoever took it in or up.
pub(super) const DELIVERY_LEASE: Duration = Duration::from_secs(30);

/// Who settles a webhook once it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settler {
    /// Whoever took it in, who holds it for half a minute: [`Gateway::settle_webhook`].
    Caller,
    /// Whoever comes by: nobody holds it, and [`Lane::Settle`](super::Lane::Settle) has it at once.
    Workers,
}

/// A webhook that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedWebhook {
    /// It is new, and its settler's.
    New {
        /// As it is stored.
        leased: Box<LeasedDelivery>,
        /// What it tells.
        told: Box<Notification>,
    },
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
    /// Takes a webhook in. The credential is checked before anything of it is believed, with the secrets of that
    /// account only. Where the path names none, whoever the webhook names is tried first, then `main`, each by its own.
    /// It is stored as `settler`'s.
    ///
    /// # Errors
    /// [`AcceptError`]; nothing is stored then. Only [`AcceptError::Store`] invites another delivery.
    pub async fn accept_webhook(
        &self,
        provider: &ProviderId,
        account: Option<&AccountId>,
        raw: &RawWebhook,
        settler: Settler,
    ) -> Result<AcceptedWebhook, AcceptError> {
        let source = self.ports.webhooks.iter().find(|source| &source.provider() == provider);
        let source = source.ok_or(AcceptError::NotFound)?;
        let candidates = match account {
            Some(account) => self.ports.accounts.by_id(provider, account).await?.into_iter().collect(),
            None => self.candidates(source.as_ref(), raw).await?,
        };
        let (account, authentic) = proven(source.as_ref(), raw, candidates)?;
        self.ports.probe.reach(CrashPoint::WebhookAfterVerify).await?;
        let told = Box::new(source.decode(&authentic)?);
        let delivery = NewDelivery {
            id: DeliveryId::new(self.ports.ids.uuid()),
            provider: provider.clone(),
            account: account.id,
            received_at: self.ports.clock.now(),
            authentic,
        };
        let ttl = match settler {
            Settler::Caller => DELIVERY_LEASE,
            Settler::Workers => Duration::ZERO,
        };
        let lease = Lease { token: LeaseToken::new(self.ports.ids.uuid()), ttl };
        let accepted = self.ports.inbox.accept(&delivery, lease).await?;
        self.ports.probe.reach(CrashPoint::WebhookAfterInsertBeforeAck).await?;
        Ok(match accepted {
            Accepted::New(leased) => AcceptedWebhook::New { leased: Box::new(leased), told },
            Accepted::Duplicate { first, .. } => AcceptedWebhook::Duplicate { first },
        })
    }

    /// Whose webhook it may be that came without an account in its path.
    async fn candidates(
        &self,
        source: &dyn WebhookSource,
        raw: &RawWebhook,
    ) -> Result<Vec<ProviderAccount>, StoreError> {
        let (provider, accounts) = (source.provider(), &self.ports.accounts);
        let mut candidates = match source.named_account(raw) {
            Some(named) => accounts.known_as(&provider, &named).await?,
            None => Vec::new(),
        };
        candidates.retain(|account| account.id != AccountId::main());
        candidates.extend(accounts.by_id(&provider, &AccountId::main()).await?);
        Ok(candidates)
    }
}

/// The first account whose own secret proves the webhook.
fn proven(
    source: &dyn WebhookSource,
    raw: &RawWebhook,
    candidates: Vec<ProviderAccount>,
) -> Result<(ProviderAccount, Authentic), AcceptError> {
    let mut refused = AcceptError::NotFound;
    for account in candidates {
        match source.authenticate(raw, &account) {
            Ok(authentic) => return Ok((account, authentic)),
            Err(error) => refused = error.into(),
        }
    }
    Err(refused)
}
