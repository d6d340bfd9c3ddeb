//! The audit trail, record by record, for those who keep or verify it elsewhere.

use std::sync::Arc;

use crate::audit::{AuditRecord, MerchantRecord, SealedAnchor};
use crate::ids::{MerchantId, PaymentId};
use crate::ports::{AuditAnchors, PaymentFilter, PaymentPlace, PaymentRepository, StoreError, Timeline};
use crate::time::Timestamp;

/// Payments that are listed at once.
const PAYMENTS_AT_ONCE: u32 = 200;
/// Merchants whose chains are listed at once.
const MERCHANTS_AT_ONCE: u32 = 200;
/// Anchors that are read at once.
const ANCHORS_AT_ONCE: u32 = 50;
/// Records of a merchant's chain that are read at once.
const RECORDS_AT_ONCE: u32 = 500;

/// Whose records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportScope {
    /// The anchors, then every payment's, in order of payments, then every merchant's, in order of merchants.
    Everything,
    /// Those of a merchant's payments, the newest payment first, then the merchant's own.
    Merchant(MerchantId),
    /// One payment's.
    Payment(PaymentId),
}

/// A record that is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportedRecord<'a> {
    /// Of a payment's chain.
    Payment(&'a AuditRecord),
    /// Of a merchant's chain.
    Merchant(&'a MerchantRecord),
    /// Of the anchors, which name records of everybody.
    Anchor(&'a SealedAnchor),
}

/// Who is given the records, and says whether they want more.
pub type Give<'a> = dyn FnMut(ExportedRecord<'_>) -> bool + Send + 'a;

/// How much was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportTally {
    /// Payments and merchants with a record among them.
    pub chains: u64,
    /// Records of them.
    pub records: u64,
    /// Anchors.
    pub anchors: u64,
}

/// The audit trail of a store, to be given out.
#[derive(Clone)]
pub struct AuditExport {
    timeline: Arc<dyn Timeline>,
    anchors: Arc<dyn AuditAnchors>,
    payments: Arc<dyn PaymentRepository>,
}

impl AuditExport {
    /// The trail that these keep.
    #[must_use]
    pub fn new(
        timeline: Arc<dyn Timeline>,
        anchors: Arc<dyn AuditAnchors>,
        payments: Arc<dyn PaymentRepository>,
    ) -> Self {
        Self { timeline, anchors, payments }
    }

    /// Gives out the records of that scope that were made at or after `since`: chain by chain, those of one chain in
    /// their order, few of them in memory at a time. `give` says whether it wants more.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read; what was given out before stands.
    pub async fn run(
        &self,
        scope: &ExportScope,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
    ) -> Result<ExportTally, StoreError> {
        let mut tally = ExportTally::default();
        match scope {
            ExportScope::Payment(payment) => drop(self.give_chain(payment, since, give, &mut tally).await?),
            ExportScope::Everything => {
                // Before the chains, which meanwhile grow: what an anchor names is then among them.
                if self.give_anchors(since, give, &mut tally).await?
                    && self.give_payments(since, give, &mut tally).await?
                {
                    self.give_merchants(since, give, &mut tally).await?;
                }
            }
            ExportScope::Merchant(merchant) => {
                if self.give_payments_of(merchant, since, give, &mut tally).await? {
                    self.give_merchant(merchant, since, give, &mut tally).await?;
                }
            }
        }
        Ok(tally)
    }

    /// Whether more is wanted; so below.
    async fn give_anchors(
        &self,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let mut after = 0;
        loop {
            let anchors = self.anchors.anchors(after, ANCHORS_AT_ONCE).await?;
            let Some(last) = anchors.last() else { return Ok(true) };
            after = last.anchor.seq;
            for sealed in anchors.iter().filter(|sealed| since.is_none_or(|since| sealed.anchor.at >= since)) {
                if !give(ExportedRecord::Anchor(sealed)) {
                    return Ok(false);
                }
                tally.anchors = tally.anchors.saturating_add(1);
            }
        }
    }

    async fn give_payments(
        &self,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let page = self.anchors.heads(after, PAYMENTS_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { return Ok(true) };
            after = Some(*last);
            let payments: Vec<PaymentId> = page.into_iter().map(|(payment, _)| payment).collect();
            if !self.give_chains(&payments, since, give, tally).await? {
                return Ok(false);
            }
        }
    }

    async fn give_payments_of(
        &self,
        merchant: &MerchantId,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let (filter, mut after) = (PaymentFilter::of(merchant.clone()), None);
        loop {
            let page = self.payments.list(&filter, after, PAYMENTS_AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(true) };
            after = Some(PaymentPlace::of(last));
            let payments: Vec<PaymentId> = page.iter().map(|payment| payment.id).collect();
            if !self.give_chains(&payments, since, give, tally).await? {
                return Ok(false);
            }
        }
    }

    async fn give_chains(
        &self,
        payments: &[PaymentId],
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        for payment in payments {
            if !self.give_chain(payment, since, give, tally).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn give_chain(
        &self,
        payment: &PaymentId,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let records = self.timeline.records(payment).await?;
        let mut records = records.iter().filter(|record| since.is_none_or(|since| record.at >= since)).peekable();
        tally.chains = tally.chains.saturating_add(u64::from(records.peek().is_some()));
        for record in records {
            if !give(ExportedRecord::Payment(record)) {
                return Ok(false);
            }
            tally.records = tally.records.saturating_add(1);
        }
        Ok(true)
    }

    async fn give_merchants(
        &self,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let page = self.anchors.merchant_heads(&after, MERCHANTS_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { return Ok(true) };
            after = Some(last.clone());
            for (merchant, _) in &page {
                if !self.give_merchant(merchant, since, give, tally).await? {
                    return Ok(false);
                }
            }
        }
    }

    async fn give_merchant(
        &self,
        merchant: &MerchantId,
        since: Option<Timestamp>,
        give: &mut Give<'_>,
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let (mut after, mut is_among) = (0, false);
        loop {
            let records = self.timeline.merchant_records(merchant, after, RECORDS_AT_ONCE).await?;
            let Some(last) = records.last() else { return Ok(true) };
            after = last.seq;
            for record in records.iter().filter(|record| since.is_none_or(|since| record.at >= since)) {
                tally.chains = tally.chains.saturating_add(u64::from(!is_among));
                is_among = true;
                if !give(ExportedRecord::Merchant(record)) {
                    return Ok(false);
                }
                tally.records = tally.records.saturating_add(1);
            }
        }
    }
}
