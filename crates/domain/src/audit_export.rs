//! The audit trail, record by record, for those who keep or verify it elsewhere.

use std::sync::Arc;

use crate::audit::AuditRecord;
use crate::ids::{MerchantId, PaymentId};
use crate::ports::{AuditAnchors, PaymentFilter, PaymentPlace, PaymentRepository, StoreError, Timeline};
use crate::time::Timestamp;

/// Payments that are listed at once.
const PAYMENTS_AT_ONCE: u32 = 200;

/// Whose records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportScope {
    /// Every payment's, in order of payments.
    Everything,
    /// Those of a merchant's payments, the newest payment first.
    Merchant(MerchantId),
    /// One payment's.
    Payment(PaymentId),
}

/// How much was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportTally {
    /// Payments with a record among them.
    pub chains: u64,
    /// Records.
    pub records: u64,
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

    /// Gives out the records of that scope that were made at or after `since`: payment by payment, those of one payment
    /// in their order, few of them in memory at a time. `give` says whether it wants more.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read; what was given out before stands.
    pub async fn run(
        &self,
        scope: &ExportScope,
        since: Option<Timestamp>,
        give: &mut (dyn FnMut(&AuditRecord) -> bool + Send),
    ) -> Result<ExportTally, StoreError> {
        let mut tally = ExportTally::default();
        match scope {
            ExportScope::Payment(payment) => drop(self.give_chain(payment, since, give, &mut tally).await?),
            ExportScope::Everything => {
                let mut after = None;
                loop {
                    let page = self.anchors.heads(after, PAYMENTS_AT_ONCE).await?;
                    let Some((last, _)) = page.last() else { break };
                    after = Some(*last);
                    let payments: Vec<PaymentId> = page.into_iter().map(|(payment, _)| payment).collect();
                    if !self.give_chains(&payments, since, give, &mut tally).await? {
                        break;
                    }
                }
            }
            ExportScope::Merchant(merchant) => {
                let (filter, mut after) = (PaymentFilter::of(merchant.clone()), None);
                loop {
                    let page = self.payments.list(&filter, after, PAYMENTS_AT_ONCE).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(PaymentPlace::of(last));
                    let payments: Vec<PaymentId> = page.iter().map(|payment| payment.id).collect();
                    if !self.give_chains(&payments, since, give, &mut tally).await? {
                        break;
                    }
                }
            }
        }
        Ok(tally)
    }

    async fn give_chains(
        &self,
        payments: &[PaymentId],
        since: Option<Timestamp>,
        give: &mut (dyn FnMut(&AuditRecord) -> bool + Send),
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        for payment in payments {
            if !self.give_chain(payment, since, give, tally).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether more is wanted.
    async fn give_chain(
        &self,
        payment: &PaymentId,
        since: Option<Timestamp>,
        give: &mut (dyn FnMut(&AuditRecord) -> bool + Send),
        tally: &mut ExportTally,
    ) -> Result<bool, StoreError> {
        let records = self.timeline.records(payment).await?;
        let mut records = records.iter().filter(|record| since.is_none_or(|since| record.at >= since)).peekable();
        tally.chains = tally.chains.saturating_add(u64::from(records.peek().is_some()));
        for record in records {
            if !give(record) {
                return Ok(false);
            }
            tally.records = tally.records.saturating_add(1);
        }
        Ok(true)
    }
}
