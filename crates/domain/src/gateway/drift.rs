//! Putting on record what a provider says that we do not know: once per payment and word, however often it
//! is said.

use super::Gateway;
use crate::audit::{Actor, AuditEvent, AuditRecord, BodyRole};
use crate::ids::ChargeId;
use crate::payment::Payment;
use crate::ports::{CommitError, Drift, Exchange, StoreError};

/// How often it is written down anew when others write to the same order.
const TRIES_MAX: u32 = 3;

impl Gateway {
    /// Records the drift of an answer about a charge, with the answer.
    pub(super) async fn record_drift(
        &self,
        payment: &Payment,
        charge: &ChargeId,
        drift: &[Drift],
        exchange: &Exchange,
    ) -> Result<(), StoreError> {
        if drift.is_empty() {
            return Ok(());
        }
        let body = exchange.response.as_deref().unwrap_or_default().as_bytes();
        for _ in 0..TRIES_MAX {
            let mut dossier = self.dossier(&payment.merchant, &payment.order_code, &Actor::Provider).await?;
            // Read after the dossier: whatever is recorded since then makes the commit a conflict.
            let records = self.ports.timeline.records(&payment.id).await?;
            let news: Vec<Drift> =
                drift.iter().filter(|drift| !is_on_record(&records, charge, drift)).cloned().collect();
            if news.is_empty() {
                return Ok(());
            }
            dossier.drifted(&payment.id, charge, &news, (BodyRole::Response, body));
            match self.commit(&dossier.conclude()).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Store(store)) => return Err(store),
                Err(_others_wrote) => {}
            }
        }
        // The next answer says it again.
        Ok(())
    }
}

fn is_on_record(records: &[AuditRecord], charge: &ChargeId, drift: &Drift) -> bool {
    let has = |record: &AuditRecord, name: &str, value: &str| {
        record.fields.iter().any(|(known, told)| known == name && told == value)
    };
    let (kind, what, charge) = (drift.kind(), drift.what(), charge.to_string());
    let mut drifted = records.iter().filter(|record| record.event == AuditEvent::ProviderDrifted.word());
    drifted.any(|record| has(record, "charge", &charge) && has(record, kind, &what))
}
