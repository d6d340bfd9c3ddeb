//! Timeline: why a payment stands where it stands.

use super::{FindError, Gateway, Scope};
use crate::audit::AuditRecord;
use crate::payment::Payment;

/// A payment's record and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineView {
    /// The payment.
    pub payment: Payment,
    /// What happened, oldest first.
    pub records: Vec<AuditRecord>,
}

impl Gateway {
    /// What happened to a payment.
    ///
    /// # Errors
    /// [`FindError`]
    pub async fn timeline(&self, scope: &Scope, reference: &str) -> Result<TimelineView, FindError> {
        let payment = self.find(scope, reference).await?;
        let records = self.ports.timeline.records(&payment.id).await?;
        Ok(TimelineView { payment, records })
    }
}
