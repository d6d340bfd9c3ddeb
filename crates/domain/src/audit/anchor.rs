//! Anchors: now and then the heads of all chains that have moved are put on record, and each anchor names
//! the digest of the one before. A payment that vanishes with its whole chain, or a tail that is cut
//! together with the payment's own head, is then missed by the anchor that names it.

use thiserror::Error;

use super::canonical::Canonical;
use super::{AuditHead, Digest};
use crate::ids::{MerchantId, PaymentId};
use crate::time::Timestamp;

/// First field of every anchor: changes when the encoding does.
const FORMAT: &[u8] = b"mstore-pay-anchor-1";

/// Heads that are put on record together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditAnchor {
    /// Which anchor, from 1.
    pub seq: u64,
    /// Digest of the anchor before; zeros before the first.
    pub previous: Digest,
    /// When the heads were read.
    pub at: Timestamp,
    /// How far each chain that moved since the anchor before had come, in order of payments.
    pub heads: Vec<(PaymentId, AuditHead)>,
    /// The same of merchants' chains, in order of merchants.
    pub merchants: Vec<(MerchantId, AuditHead)>,
}

/// An anchor as a store keeps it: with the digest that was written beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAnchor {
    /// The anchor as it is read.
    pub anchor: AuditAnchor,
    /// Its digest as it was written.
    pub digest: Digest,
}

/// Where the chain of anchors breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AnchorError {
    /// An anchor is missing.
    #[error("anchor {expected} is missing: found {found}")]
    Gap {
        /// The anchor that should be there.
        expected: u64,
        /// The anchor that is.
        found: u64,
    },
    /// An anchor does not follow from the one before.
    #[error("anchor {seq} does not follow from the one before")]
    Broken {
        /// Which anchor.
        seq: u64,
    },
    /// An anchor is not what was written, or not what somebody noted elsewhere.
    #[error("anchor {seq} was changed")]
    Changed {
        /// Which anchor.
        seq: u64,
    },
    /// The anchors end before one that somebody noted elsewhere.
    #[error("anchors end at {found}, {expected} was noted")]
    Cut {
        /// The anchor that was noted.
        expected: u64,
        /// Where they end.
        found: u64,
    },
}

/// What became of a chain since it was anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AnchoredError {
    /// The payment is not there.
    #[error("the payment is gone")]
    Gone,
    /// The merchant's chain is not there.
    #[error("the audit chain is gone")]
    ChainGone,
    /// The chain ends before the record that was anchored.
    #[error("its audit chain ends at {found}, {expected} was anchored")]
    Cut {
        /// The record that was anchored.
        expected: u64,
        /// Where the chain ends.
        found: u64,
    },
    /// The record that was anchored is another one now.
    #[error("audit record {seq} is not the one that was anchored")]
    Changed {
        /// Which record.
        seq: u64,
    },
}

impl AuditAnchor {
    /// The anchor that follows `last` and puts these heads on record.
    #[must_use]
    pub fn following(last: AuditHead, at: Timestamp, mut heads: Vec<(PaymentId, AuditHead)>) -> Self {
        heads.sort_by_key(|(payment, _)| *payment);
        Self { seq: last.seq.saturating_add(1), previous: last.digest, at, heads, merchants: Vec::new() }
    }

    /// This anchor with these heads of merchants' chains.
    #[must_use]
    pub fn with_merchants(mut self, mut heads: Vec<(MerchantId, AuditHead)>) -> Self {
        heads.sort_by(|(merchant, _), (other, _)| merchant.cmp(other));
        self.merchants = heads;
        self
    }

    /// The bytes that are hashed.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Canonical::new();
        bytes.put(FORMAT);
        bytes.put(&self.seq.to_be_bytes());
        bytes.put(self.previous.as_bytes());
        bytes.put(&self.at.micros().to_be_bytes());
        bytes.put_count(self.heads.len());
        for (payment, head) in &self.heads {
            bytes.put(payment.to_string().as_bytes());
            bytes.put(&head.seq.to_be_bytes());
            bytes.put(head.digest.as_bytes());
        }
        // Anchors from before merchants had chains end here, and still have the same bytes.
        if !self.merchants.is_empty() {
            bytes.put_count(self.merchants.len());
        }
        for (merchant, head) in &self.merchants {
            bytes.put(merchant.as_str().as_bytes());
            bytes.put(&head.seq.to_be_bytes());
            bytes.put(head.digest.as_bytes());
        }
        bytes.into_bytes()
    }

    /// How far the chain of anchors goes with this one.
    #[must_use]
    pub fn head(&self) -> AuditHead {
        AuditHead { seq: self.seq, digest: Digest::of(&self.canonical_bytes()) }
    }

    /// Whether it may come after `last`.
    #[must_use]
    pub fn follows(&self, last: AuditHead) -> bool {
        self.seq == last.seq.saturating_add(1) && self.previous == last.digest
    }
}

impl SealedAnchor {
    /// How far the chain of anchors goes with this one, by what was written.
    #[must_use]
    pub fn head(&self) -> AuditHead {
        AuditHead { seq: self.anchor.seq, digest: self.digest }
    }

    /// Checks that it is what was written, and that it follows `last`.
    ///
    /// # Errors
    /// [`AnchorError`] saying where the chain of anchors breaks.
    pub fn verify_after(&self, last: AuditHead) -> Result<(), AnchorError> {
        let seq = self.anchor.seq;
        let expected = last.seq.saturating_add(1);
        if seq != expected {
            return Err(AnchorError::Gap { expected, found: seq });
        }
        if !self.anchor.follows(last) {
            return Err(AnchorError::Broken { seq });
        }
        if self.anchor.head().digest == self.digest { Ok(()) } else { Err(AnchorError::Changed { seq }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn head(seq: u64) -> AuditHead {
        AuditHead { seq, digest: Digest::of(&seq.to_be_bytes()) }
    }

    fn heads(ids: &[u128]) -> Vec<(PaymentId, AuditHead)> {
        ids.iter().map(|id| (PaymentId::new(Uuid::from_u128(*id)), head(7))).collect()
    }

    fn sealed(last: AuditHead, ids: &[u128]) -> SealedAnchor {
        let anchor = AuditAnchor::following(last, Timestamp::EPOCH, heads(ids));
        SealedAnchor { digest: anchor.head().digest, anchor }
    }

    #[track_caller]
    fn check(spoil: impl FnOnce(&mut SealedAnchor), want: Result<(), AnchorError>) {
        let first = sealed(AuditHead::default(), &[1, 2]);
        let mut second = sealed(first.anchor.head(), &[1, 3]);
        spoil(&mut second);
        assert_eq!(second.verify_after(first.anchor.head()), want);
    }

    #[test]
    fn anchors_follow_each_other_and_every_tampering_is_found() {
        check(|_| (), Ok(()));
        check(|second| second.anchor.seq = 3, Err(AnchorError::Gap { expected: 2, found: 3 }));
        check(|second| second.anchor.previous = Digest::default(), Err(AnchorError::Broken { seq: 2 }));
        check(|second| second.anchor.heads.truncate(1), Err(AnchorError::Changed { seq: 2 }));
        check(|second| second.anchor.heads[0].1 = head(6), Err(AnchorError::Changed { seq: 2 }));
        check(|second| second.anchor.heads.swap(0, 1), Err(AnchorError::Changed { seq: 2 }));
        let merchant = MerchantId::parse("M1").unwrap();
        check(|second| second.anchor.merchants.push((merchant, head(1))), Err(AnchorError::Changed { seq: 2 }));
        check(|second| second.anchor.at = Timestamp::EPOCH.plus(std::time::Duration::from_secs(1)), {
            Err(AnchorError::Changed { seq: 2 })
        });
        check(|second| second.digest = Digest::default(), Err(AnchorError::Changed { seq: 2 }));
    }

    #[test]
    fn the_same_heads_make_the_same_anchor_in_whatever_order_they_come() {
        assert_eq!(sealed(head(1), &[3, 1, 2]), sealed(head(1), &[1, 2, 3]));
        assert_ne!(sealed(head(1), &[1, 2]).digest, sealed(head(1), &[1, 2, 3]).digest);
        assert_ne!(sealed(head(1), &[1]).digest, sealed(head(2), &[1]).digest);
    }
}
