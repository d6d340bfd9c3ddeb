//! The heads of all audit chains, and their anchors.

use std::ops::Bound;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::Tables;
use crate::audit::{AuditAnchor, AuditHead, SealedAnchor};
use crate::ids::{MerchantId, PaymentId};
use crate::ports::{Anchored, AuditAnchors, StoreError};

impl Tables {
    fn heads_after(&self, after: Option<PaymentId>) -> impl Iterator<Item = (PaymentId, AuditHead)> {
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        self.payments.rows().range(behind).map(|(id, row)| (*id, row.payment.audit))
    }

    fn has_moved(&self, payment: &PaymentId, head: AuditHead) -> bool {
        head.seq > self.anchored.get(payment).copied().unwrap_or_default()
    }

    fn last_anchor(&self) -> Option<&AuditAnchor> {
        self.anchors.rows().values().next_back()
    }

    fn append_anchor(&mut self, anchor: &AuditAnchor) -> Anchored {
        let last = self.last_anchor().map(AuditAnchor::head).unwrap_or_default();
        if !anchor.follows(last) {
            return Anchored::Overtaken;
        }
        for (payment, head) in &anchor.heads {
            self.anchored.put(*payment, head.seq);
        }
        for (merchant, head) in &anchor.merchants {
            self.merchant_chains.change(merchant, |chain| chain.anchored = head.seq);
        }
        self.anchors.put(anchor.seq, anchor.clone());
        Anchored::Appended
    }
}

#[async_trait]
impl AuditAnchors for MemoryStore {
    async fn heads(&self, after: Option<PaymentId>, limit: u32) -> Result<Vec<(PaymentId, AuditHead)>, StoreError> {
        Ok(self.read(|tables| tables.heads_after(after).take(rows(limit)).collect()))
    }

    async fn head(&self, payment: &PaymentId) -> Result<Option<AuditHead>, StoreError> {
        Ok(self.read(|tables| tables.payments.get(payment).map(|row| row.payment.audit)))
    }

    async fn unanchored(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, AuditHead)>, StoreError> {
        Ok(self.read(|tables| {
            let moved = tables.heads_after(after).filter(|(payment, head)| tables.has_moved(payment, *head));
            moved.take(rows(limit)).collect()
        }))
    }

    async fn merchant_heads(
        &self,
        after: &Option<MerchantId>,
        limit: u32,
    ) -> Result<Vec<(MerchantId, AuditHead)>, StoreError> {
        let behind = (after.clone().map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        Ok(self.read(|tables| {
            let chains = tables.merchant_chains.rows().range(behind).take(rows(limit));
            chains.map(|(merchant, chain)| (merchant.clone(), chain.head)).collect()
        }))
    }

    async fn merchant_head(&self, merchant: &MerchantId) -> Result<Option<AuditHead>, StoreError> {
        Ok(self.read(|tables| tables.merchant_chains.get(merchant).map(|chain| chain.head)))
    }

    async fn unanchored_merchants(&self, limit: u32) -> Result<Vec<(MerchantId, AuditHead)>, StoreError> {
        Ok(self.read(|tables| {
            let chains = tables.merchant_chains.rows().iter();
            let moved = chains.filter(|(_, chain)| chain.head.seq > chain.anchored).take(rows(limit));
            moved.map(|(merchant, chain)| (merchant.clone(), chain.head)).collect()
        }))
    }

    async fn anchors(&self, after: u64, limit: u32) -> Result<Vec<SealedAnchor>, StoreError> {
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        Ok(self.read(|tables| tables.anchors.rows().range(behind).take(rows(limit)).map(|(_, a)| sealed(a)).collect()))
    }

    async fn last_anchor(&self) -> Result<Option<SealedAnchor>, StoreError> {
        Ok(self.read(|tables| tables.last_anchor().map(sealed)))
    }

    async fn append_anchor(&self, anchor: &AuditAnchor) -> Result<Anchored, StoreError> {
        self.write(|tables| Ok(tables.append_anchor(anchor)))
    }
}

fn sealed(anchor: &AuditAnchor) -> SealedAnchor {
    SealedAnchor { anchor: anchor.clone(), digest: anchor.head().digest }
}

fn rows(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
