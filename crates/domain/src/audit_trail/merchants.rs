//! The chains of merchants.

use super::{AuditFault, AuditTrail, CHAINS_AT_ONCE, Verifying};
use crate::audit::{AnchoredError, AuditAnchor, AuditHead, ChainError, follow_chain};
use crate::ids::MerchantId;
use crate::ports::StoreError;

/// Records of a chain that are read at once.
const RECORDS_AT_ONCE: u32 = 500;

impl AuditTrail {
    pub(super) async fn verify_merchants(&self, verifying: &mut Verifying<'_>) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let heads = self.anchors.merchant_heads(&after, CHAINS_AT_ONCE).await?;
            let Some((last, _)) = heads.last() else { return Ok(()) };
            after = Some(last.clone());
            for (merchant, head) in heads {
                verifying.tally.chains = verifying.tally.chains.saturating_add(1);
                verifying.tally.records = verifying.tally.records.saturating_add(head.seq);
                match self.verify_merchant(&merchant, head).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => verifying.fault(&AuditFault::MerchantChain { merchant, error }),
                    Err(source @ StoreError::Corrupt { .. }) => {
                        verifying.fault(&AuditFault::MerchantUnreadable { merchant, source });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Whether a merchant's chain ends where is said beside it. One that moves on meanwhile is read again: only what
    /// stands still can be at fault.
    async fn verify_merchant(
        &self,
        merchant: &MerchantId,
        mut head: AuditHead,
    ) -> Result<Result<(), ChainError>, StoreError> {
        loop {
            let outcome = self.follow_merchant(merchant).await?.and_then(|end| end.must_be(head));
            let now = if outcome.is_err() { self.anchors.merchant_head(merchant).await? } else { None };
            match now.filter(|now| now.seq > head.seq) {
                Some(now) => head = now,
                None => return Ok(outcome),
            }
        }
    }

    /// Where a merchant's records lead.
    async fn follow_merchant(&self, merchant: &MerchantId) -> Result<Result<AuditHead, ChainError>, StoreError> {
        let mut at = AuditHead::default();
        loop {
            let records = self.timeline.merchant_records(merchant, at.seq, RECORDS_AT_ONCE).await?;
            if records.is_empty() {
                return Ok(Ok(at));
            }
            match follow_chain(at, &records) {
                Ok(end) => at = end,
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    pub(super) async fn verify_anchored_merchants(
        &self,
        anchor: &AuditAnchor,
        verifying: &mut Verifying<'_>,
    ) -> Result<(), StoreError> {
        for (merchant, anchored) in &anchor.merchants {
            if let Err(error) = self.merchant_still_has(merchant, *anchored).await? {
                let merchant = merchant.clone();
                verifying.fault(&AuditFault::MerchantAnchored { merchant, anchor: anchor.seq, error });
            }
        }
        Ok(())
    }

    /// Whether a merchant's chain still has the record that was its last when it was anchored.
    async fn merchant_still_has(
        &self,
        merchant: &MerchantId,
        anchored: AuditHead,
    ) -> Result<Result<(), AnchoredError>, StoreError> {
        let Some(head) = self.anchors.merchant_head(merchant).await? else { return Ok(Err(AnchoredError::ChainGone)) };
        if head == anchored {
            return Ok(Ok(()));
        }
        let of_then = match self.timeline.merchant_records(merchant, anchored.seq.saturating_sub(1), 1).await {
            Ok(records) => records.into_iter().find(|record| record.seq == anchored.seq),
            // Told of with its chain.
            Err(StoreError::Corrupt { .. }) => return Ok(Ok(())),
            Err(error) => return Err(error),
        };
        Ok(match of_then {
            Some(record) if record.digest() == anchored.digest => Ok(()),
            Some(_) => Err(AnchoredError::Changed { seq: anchored.seq }),
            None => Err(AnchoredError::Cut { expected: anchored.seq, found: head.seq.min(anchored.seq) }),
        })
    }
}
