//! Idempotency of requests: a key, what it was used for, and the answer that was given.

use crate::audit::Digest;
use crate::ids::{IdempotencyKey, MerchantId, PaymentId};
use crate::time::Timestamp;

/// Where a key lives: one merchant's, on one route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencySlot {
    /// The tenant.
    pub merchant: MerchantId,
    /// The route, `POST /api/v1/pos/payments`.
    pub route: String,
    /// The client's key.
    pub key: IdempotencyKey,
}

/// A key in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Where it lives.
    pub slot: IdempotencySlot,
    /// Digest of the canonical request it was used with.
    pub fingerprint: Digest,
    /// The payment it led to.
    pub payment: PaymentId,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
    /// The answer, if it is one to repeat.
    pub answer: KeptAnswer,
}

/// What is repeated when a key comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptAnswer {
    /// Where the payment stands now: the request is still running, or its first answer was a 202.
    Current,
    /// The first answer, byte for byte.
    Stored(StoredAnswer),
}

/// An answer as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}
