//! The audit trail of a whole store: anchoring it day by day, and verifying it to the last link.

mod merchants;

use std::sync::Arc;

use thiserror::Error;

use crate::audit::{AnchorError, AnchoredError, AuditAnchor, AuditHead, AuditRecord, ChainError, Digest, verify_chain};
use crate::ids::{MerchantId, PaymentId};
use crate::ports::{Anchored, AuditAnchors, StoreError, Timeline};
use crate::time::Timestamp;

/// Heads in one anchor; a day with more has several.
const HEADS_PER_ANCHOR_MAX: u32 = 1_000;
/// Chains that are listed at once.
const CHAINS_AT_ONCE: u32 = 500;
/// Anchors that are read at once.
const ANCHORS_AT_ONCE: u32 = 10;
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The audit trail of a store.
#[derive(Clone)]
pub struct AuditTrail {
    timeline: Arc<dyn Timeline>,
    anchors: Arc<dyn AuditAnchors>,
    bodies_since: Option<Timestamp>,
}

/// Something on record that is not as it was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditFault {
    /// A payment's chain does not hold.
    #[error("{payment}: {error}")]
    Chain {
        /// Whose.
        payment: PaymentId,
        /// Where it breaks.
        error: ChainError,
    },
    /// A payment's chain cannot be read.
    #[error("{payment}: an audit record cannot be read")]
    Unreadable {
        /// Whose.
        payment: PaymentId,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// A merchant's chain does not hold.
    #[error("merchant {merchant}: {error}")]
    MerchantChain {
        /// Whose.
        merchant: MerchantId,
        /// Where it breaks.
        error: ChainError,
    },
    /// A merchant's chain cannot be read.
    #[error("merchant {merchant}: an audit record cannot be read")]
    MerchantUnreadable {
        /// Whose.
        merchant: MerchantId,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// A merchant's chain is not what an anchor says of it.
    #[error("merchant {merchant}, in anchor {anchor}: {error}")]
    MerchantAnchored {
        /// Whose.
        merchant: MerchantId,
        /// Which anchor.
        anchor: u64,
        /// What became of it.
        error: AnchoredError,
    },
    /// A kept body is not the one that was put on record.
    #[error("{payment}: a body of audit record {seq} was changed")]
    Body {
        /// Whose.
        payment: PaymentId,
        /// Of which record.
        seq: u64,
    },
    /// A body is gone that nobody has pruned: it is not old enough.
    #[error("{payment}: a body of audit record {seq} is gone before its time")]
    BodyGone {
        /// Whose.
        payment: PaymentId,
        /// Of which record.
        seq: u64,
    },
    /// The anchors do not hold.
    #[error("{0}")]
    Anchor(AnchorError),
    /// A payment is not what an anchor says of it.
    #[error("{payment}, in anchor {anchor}: {error}")]
    Anchored {
        /// Which payment.
        payment: PaymentId,
        /// Which anchor.
        anchor: u64,
        /// What became of it.
        error: AnchoredError,
    },
}

/// What was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditTally {
    /// Payments and merchants, each with a chain.
    pub chains: u64,
    /// Records in them.
    pub records: u64,
    /// Bodies that are as they were put on record.
    pub bodies: u64,
    /// Bodies that are on record by their digests alone, and old enough to have been pruned.
    pub pruned: u64,
    /// How far the anchors go. Whoever notes this elsewhere finds anchors that are cut off later.
    pub anchors: AuditHead,
    /// Faults that were told of.
    pub faults: u64,
}

/// Who is told of faults, and what was counted so far.
struct Verifying<'a> {
    tell: &'a mut (dyn FnMut(&AuditFault) + Send),
    tally: AuditTally,
}

impl Verifying<'_> {
    fn fault(&mut self, fault: &AuditFault) {
        self.tally.faults = self.tally.faults.saturating_add(1);
        (self.tell)(fault);
    }
}

impl AuditTrail {
    /// The trail that these keep.
    #[must_use]
    pub fn new(timeline: Arc<dyn Timeline>, anchors: Arc<dyn AuditAnchors>) -> Self {
        Self { timeline, anchors, bodies_since: None }
    }

    /// This trail, of whose records made at or after `since` every body is kept. Without this any body may be gone.
    #[must_use]
    pub fn with_bodies_since(self, since: Timestamp) -> Self {
        Self { bodies_since: Some(since), ..self }
    }

    /// Puts the heads of all chains that moved on record, unless that was done since the day (UTC) began.
    /// How far the anchors go, if any was written.
    ///
    /// # Errors
    /// [`StoreError`]: what is not anchored yet is the next time.
    pub async fn anchor_the_day(&self, now: Timestamp) -> Result<Option<AuditHead>, StoreError> {
        let last = self.anchors.last_anchor().await?;
        if last.as_ref().is_some_and(|last| day(last.anchor.at) == day(now) && !is_full(&last.anchor)) {
            return Ok(None);
        }
        let mut at = last.map(|last| last.head()).unwrap_or_default();
        let mut after = None;
        loop {
            let heads = self.anchors.unanchored(after, HEADS_PER_ANCHOR_MAX).await?;
            let merchants = self.anchors.unanchored_merchants(HEADS_PER_ANCHOR_MAX).await?;
            let anchor = AuditAnchor::following(at, now, heads).with_merchants(merchants);
            match self.anchors.append_anchor(&anchor).await? {
                Anchored::Appended => at = anchor.head(),
                // Another node is at it.
                Anchored::Overtaken => return Ok(None),
            }
            if !is_full(&anchor) {
                return Ok(Some(at));
            }
            after = anchor.heads.last().map_or(after, |(payment, _)| Some(*payment));
        }
    }

    /// Verifies every chain and every anchor, and tells of each fault as it is found. With a head of the
    /// anchors that was `noted` elsewhere, anchors that were replaced or cut off are found too.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be read.
    pub async fn verify(
        &self,
        noted: Option<AuditHead>,
        tell: &mut (dyn FnMut(&AuditFault) + Send),
    ) -> Result<AuditTally, StoreError> {
        let mut verifying = Verifying { tell, tally: AuditTally::default() };
        self.verify_chains(&mut verifying).await?;
        self.verify_merchants(&mut verifying).await?;
        self.verify_anchors(noted, &mut verifying).await?;
        Ok(verifying.tally)
    }

    async fn verify_chains(&self, verifying: &mut Verifying<'_>) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let heads = self.anchors.heads(after, CHAINS_AT_ONCE).await?;
            let Some((last, _)) = heads.last() else { return Ok(()) };
            after = Some(*last);
            for (payment, head) in heads {
                verifying.tally.chains = verifying.tally.chains.saturating_add(1);
                verifying.tally.records = verifying.tally.records.saturating_add(head.seq);
                match self.chain_of(&payment, head).await {
                    Ok((records, Ok(()))) => self.verify_bodies(&payment, &records, verifying).await?,
                    Ok((_, Err(error))) => verifying.fault(&AuditFault::Chain { payment, error }),
                    Err(source @ StoreError::Corrupt { .. }) => {
                        verifying.fault(&AuditFault::Unreadable { payment, source });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// A payment's records, and whether they end where it says. One that moves on meanwhile is read again: only what
    /// stands still can be at fault.
    async fn chain_of(
        &self,
        payment: &PaymentId,
        mut head: AuditHead,
    ) -> Result<(Vec<AuditRecord>, Result<(), ChainError>), StoreError> {
        loop {
            let records = self.timeline.records(payment).await?;
            let outcome = verify_chain(&records, head);
            let now = if outcome.is_err() { self.anchors.head(payment).await? } else { None };
            match now.filter(|now| now.seq > head.seq) {
                Some(now) => head = now,
                None => return Ok((records, outcome)),
            }
        }
    }

    /// Holds every body that is still kept against its digest, and misses those that must be.
    async fn verify_bodies(
        &self,
        payment: &PaymentId,
        records: &[AuditRecord],
        verifying: &mut Verifying<'_>,
    ) -> Result<(), StoreError> {
        for record in records {
            for (_, digest) in &record.bodies {
                match self.timeline.body(digest).await? {
                    Some(body) if Digest::of(&body) == *digest => {
                        verifying.tally.bodies = verifying.tally.bodies.saturating_add(1);
                    }
                    Some(_) => verifying.fault(&AuditFault::Body { payment: *payment, seq: record.seq }),
                    None if self.bodies_since.is_some_and(|since| record.at >= since) => {
                        verifying.fault(&AuditFault::BodyGone { payment: *payment, seq: record.seq });
                    }
                    None => verifying.tally.pruned = verifying.tally.pruned.saturating_add(1),
                }
            }
        }
        Ok(())
    }

    async fn verify_anchors(&self, noted: Option<AuditHead>, verifying: &mut Verifying<'_>) -> Result<(), StoreError> {
        let mut at = AuditHead::default();
        loop {
            let anchors = self.anchors.anchors(at.seq, ANCHORS_AT_ONCE).await?;
            if anchors.is_empty() {
                break;
            }
            for sealed in anchors {
                if let Err(error) = sealed.verify_after(at) {
                    verifying.fault(&AuditFault::Anchor(error));
                }
                self.verify_anchored(&sealed.anchor, verifying).await?;
                at = sealed.head();
                if noted.is_some_and(|noted| noted.seq == at.seq && noted != at) {
                    verifying.fault(&AuditFault::Anchor(AnchorError::Changed { seq: at.seq }));
                }
            }
        }
        verifying.tally.anchors = at;
        if let Some(noted) = noted.filter(|noted| noted.seq > at.seq) {
            verifying.fault(&AuditFault::Anchor(AnchorError::Cut { expected: noted.seq, found: at.seq }));
        }
        Ok(())
    }

    async fn verify_anchored(&self, anchor: &AuditAnchor, verifying: &mut Verifying<'_>) -> Result<(), StoreError> {
        for (payment, anchored) in &anchor.heads {
            if let Err(error) = self.still_has(payment, *anchored).await? {
                verifying.fault(&AuditFault::Anchored { payment: *payment, anchor: anchor.seq, error });
            }
        }
        self.verify_anchored_merchants(anchor, verifying).await?;
        Ok(())
    }

    /// Whether a payment's chain still has the record that was its last when it was anchored.
    async fn still_has(
        &self,
        payment: &PaymentId,
        anchored: AuditHead,
    ) -> Result<Result<(), AnchoredError>, StoreError> {
        let Some(head) = self.anchors.head(payment).await? else { return Ok(Err(AnchoredError::Gone)) };
        if head == anchored {
            return Ok(Ok(()));
        }
        let records = match self.timeline.records(payment).await {
            Ok(records) => records,
            // Told of with its chain.
            Err(StoreError::Corrupt { .. }) => return Ok(Ok(())),
            Err(error) => return Err(error),
        };
        let found = records.last().map(|record| record.seq).unwrap_or_default();
        let of_then = records.iter().find(|record| record.seq == anchored.seq);
        Ok(match of_then {
            Some(record) if record.digest() == anchored.digest => Ok(()),
            Some(_) => Err(AnchoredError::Changed { seq: anchored.seq }),
            None => Err(AnchoredError::Cut { expected: anchored.seq, found }),
        })
    }
}

fn day(at: Timestamp) -> i64 {
    at.micros().div_euclid(MICROS_PER_DAY)
}

/// Whether there may be more to anchor behind it.
fn is_full(anchor: &AuditAnchor) -> bool {
    let most = anchor.heads.len().max(anchor.merchants.len());
    u32::try_from(most).is_ok_and(|heads| heads >= HEADS_PER_ANCHOR_MAX)
}
