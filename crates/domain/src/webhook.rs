//! Webhooks: raw bytes, proof that the provider sent them, and what they claim.

use thiserror::Error;

use crate::audit::Digest;
use crate::charge::FailureReason;
use crate::ids::{AccountId, DeliveryId, LeaseToken, ProviderId, ProviderRef};
use crate::money::ReportedMoney;
use crate::time::Timestamp;

/// A webhook as it came in: nothing about it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawWebhook {
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl RawWebhook {
    /// The one value of a header; `None` if it is absent or there more than once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let first = values.next();
        first.filter(|_| values.next().is_none()).map(|(_, value)| value.as_str())
    }
}

/// Bytes that the account's provider certainly sent. Made by a [`WebhookSource`](crate::ports::WebhookSource)
/// that checked a credential, or read back from the inbox, which takes in nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentic {
    body: Vec<u8>,
}

impl Authentic {
    /// Vouches for a body if the credential check came out right.
    ///
    /// # Errors
    /// [`NotAuthentic`] if it did not.
    pub fn if_proven(proven: bool, raw: &RawWebhook) -> Result<Self, NotAuthentic> {
        if proven { Ok(Self { body: raw.body.clone() }) } else { Err(NotAuthentic) }
    }

    /// The body of a delivery from the inbox.
    #[must_use]
    pub fn from_inbox(delivery: &Delivery) -> Self {
        Self { body: delivery.body.clone() }
    }

    /// The bytes.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The credential is missing or wrong. Nothing says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("webhook is not authentic")]
pub struct NotAuthentic;

/// What an authentic webhook is about and what it claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What it is about.
    pub about: Subject,
    /// What it claims.
    pub claim: Claim,
    /// The amount it names, where that can be read.
    pub amount: ClaimedAmount,
    /// The account it names (Xendit `business_id`), to route by.
    pub account_hint: Option<ProviderRef>,
    /// What was in it that we do not know: recorded, never an error.
    pub unrecognised: Vec<String>,
}

/// The names by which a notification refers to a charge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The provider's id of the object.
    pub charge_ref: Option<ProviderRef>,
    /// The provider's id of the payment on it.
    pub payment_ref: Option<ProviderRef>,
    /// Our reference, or what stands in its place.
    pub reference: Option<String>,
    /// The order code, where the provider carries it.
    pub order_code: Option<String>,
}

/// An amount in a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedAmount {
    /// None is named.
    Absent,
    /// This much.
    Named(ReportedMoney),
    /// Something is there that is no amount of money.
    Unreadable(String),
}

/// What a notification claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It waits for money.
    Pending,
    /// Money came.
    Paid {
        /// When, as claimed.
        at: Option<Timestamp>,
    },
    /// Its time is over.
    Expired,
    /// It was cancelled.
    Canceled,
    /// It failed.
    Failed(FailureReason),
    /// Money went back.
    Refunded,
    /// Money that was to go back did not: the amount is the refund's.
    RefundFailed {
        /// The provider's id of the refund.
        refund: ProviderRef,
    },
    /// Something that changes no charge, or that we do not know.
    Other(String),
}

/// Authentic bytes that cannot be understood.
#[derive(Debug, Error)]
#[error("could not understand the webhook")]
pub struct DecodeError {
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// An authentic webhook to be taken into the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Our id for it.
    pub id: DeliveryId,
    /// From whom.
    pub provider: ProviderId,
    /// To which account.
    pub account: AccountId,
    /// When it came.
    pub received_at: Timestamp,
    /// The bytes, verified.
    pub authentic: Authentic,
}

impl NewDelivery {
    /// What makes it the same delivery when it comes again: the digest of its bytes.
    #[must_use]
    pub fn dedup_key(&self) -> Digest {
        Digest::of(self.authentic.body())
    }
}

/// A delivery from the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Our id for it.
    pub id: DeliveryId,
    /// From whom.
    pub provider: ProviderId,
    /// To which account.
    pub account: AccountId,
    /// When it came first.
    pub received_at: Timestamp,
    /// The bytes.
    pub body: Vec<u8>,
    /// How many tries to settle it failed.
    pub attempts: u32,
}

/// A delivery that this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedDelivery {
    /// What it is.
    pub delivery: Delivery,
    /// Proof of holding it.
    pub token: LeaseToken,
}
