//! Answers that are given again byte for byte.

use crate::audit::Digest;
use crate::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer, StoredAnswer};
use crate::ids::{IdempotencyKey, MerchantId, PaymentId};
use crate::payment::Payment;
use crate::time::Timestamp;
use std::time::Duration;

use super::Refusal;

/// The route under which create's keys live.
const CREATE_ROUTE: &str = "POST /api/v1/pos/payments";
/// How long a key is remembered.
const KEY_TTL: Duration = Duration::from_hours(24);

/// A client's idempotency key, and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// The key.
    pub key: IdempotencyKey,
    /// Digest of the canonical request.
    pub fingerprint: Digest,
}

/// Turns outcomes into the bytes that are sent, so that they can be kept in the commit that makes them true.
pub trait AnswerRenderer: Send + Sync {
    /// The answer to a create whose payment can be shown.
    fn opened(&self, payment: &Payment) -> StoredAnswer;

    /// The answer to a create that a provider refused.
    fn refused(&self, refusal: &Refusal) -> StoredAnswer;
}

impl IdempotentRequest {
    pub(super) fn slot(&self, merchant: &MerchantId) -> IdempotencySlot {
        IdempotencySlot { merchant: merchant.clone(), route: CREATE_ROUTE.to_owned(), key: self.key.clone() }
    }

    pub(super) fn record(
        &self,
        merchant: &MerchantId,
        payment: PaymentId,
        now: Timestamp,
        answer: KeptAnswer,
    ) -> IdempotencyRecord {
        IdempotencyRecord {
            slot: self.slot(merchant),
            fingerprint: self.fingerprint,
            payment,
            expires_at: now.plus(KEY_TTL),
            answer,
        }
    }
}
