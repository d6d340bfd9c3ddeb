//! A provider's webhooks: pure, synchronous, in two steps that cannot be swapped.

use crate::account::ProviderAccount;
use crate::ids::{ProviderId, ProviderRef};
use crate::webhook::{Authentic, DecodeError, NotAuthentic, Notification, RawWebhook};

/// Reads one provider's webhooks.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait WebhookSource: Send + Sync {
    /// Whose.
    fn provider(&self) -> ProviderId;

    /// The account that an unproven webhook says it is for, by the provider's name for it: whose secret to try, and
    /// nothing more. `None` where the provider names none.
    fn named_account(&self, raw: &RawWebhook) -> Option<ProviderRef>;

    /// Checks the credential against the raw bytes, with that account's secrets only, in constant time.
    ///
    /// # Errors
    /// [`NotAuthentic`] MUST be returned for anything but a credential that is there once and right.
    fn authenticate(&self, raw: &RawWebhook, account: &ProviderAccount) -> Result<Authentic, NotAuthentic>;

    /// Reads what the webhook claims. Unknown fields, events and statuses are no error.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are no webhook of this provider at all.
    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError>;
}
