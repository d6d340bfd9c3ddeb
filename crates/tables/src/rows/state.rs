//! In which state a payment is, for whoever knows what it was like in that state.

use diesel::prelude::*;
use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::{CheckLog, Revision};
use mstore_pay_domain::ports::StoreError;

use super::cells::Cells;
use super::payment::{PaymentRow, read_audit, read_checks};
use crate::schema::payments;
use crate::types::Micros;

/// What tells states of a payment apart. Where revision and audit trail are the same, so are the payment, its charges and what is
/// known of their money: no unit writes any of these but under the next revision. Its details can lose their customer.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = payments, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct StateRow {
    id: String,
    revision: i64,
    audit_seq: i64,
    audit_head: Vec<u8>,
    check_count: i64,
    last_checked_at: Option<Micros>,
}

/// In which state a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentState {
    /// The payment.
    pub payment: PaymentId,
    /// Its revision.
    pub revision: Revision,
    /// How far its audit trail goes.
    pub audit: AuditHead,
    /// How often it was asked about, which leaves its state as it is.
    pub checks: CheckLog,
}

impl StateRow {
    /// The state of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<PaymentState, StoreError> {
        let cells = self.cells();
        let (payment, revision) = PaymentRow::read_revision(&self.id, self.revision)?;
        Ok(PaymentState {
            payment,
            revision,
            audit: read_audit(cells, self.audit_seq, &self.audit_head)?,
            checks: read_checks(cells, self.check_count, self.last_checked_at)?,
        })
    }

    /// Names this row in complaints.
    #[must_use]
    pub fn cells(&self) -> Cells<'_> {
        Cells { table: "payments", id: &self.id }
    }
}
