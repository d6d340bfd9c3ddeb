//! What of a payment the till alone knows.

use diesel::prelude::*;
use mstore_pay_domain::offline::ReportedPayment;
use mstore_pay_domain::ports::StoreError;

use crate::rows::cells::Cells;
use crate::schema::payment_sync;
use crate::types::Micros;

/// A payment's row of `payment_sync`.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = payment_sync, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct ReportRow {
    payment_id: String,
    merchant_id: String,
    device_id: String,
    offline_reference: String,
    receipt_id: Option<String>,
    created_at_device: Micros,
    sync_status: String,
    sync_attempts: i64,
    last_sync_at: Micros,
}

/// MStore's word for what has arrived; what has not, only the till knows.
const ARRIVED: &str = "synced";

impl ReportRow {
    /// The row of a report.
    #[must_use]
    pub fn of(report: &ReportedPayment) -> Self {
        Self {
            payment_id: report.payment.to_string(),
            merchant_id: report.merchant.to_string(),
            device_id: report.device.to_string(),
            offline_reference: report.reference.to_string(),
            receipt_id: report.receipt_id.clone(),
            created_at_device: report.created_at_device.into(),
            sync_status: ARRIVED.to_owned(),
            sync_attempts: report.sync_attempts.into(),
            last_sync_at: report.last_sync_at.into(),
        }
    }

    /// The report of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<ReportedPayment, StoreError> {
        let cells = Cells { table: "payment_sync", id: &self.payment_id };
        Ok(ReportedPayment {
            payment: cells.text("payment_id", &self.payment_id)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            device: cells.text("device_id", &self.device_id)?,
            reference: cells.text("offline_reference", &self.offline_reference)?,
            receipt_id: self.receipt_id.clone(),
            created_at_device: cells.time("created_at_device", self.created_at_device)?,
            last_sync_at: cells.time("last_sync_at", self.last_sync_at)?,
            sync_attempts: cells.number("sync_attempts", self.sync_attempts)?,
        })
    }
}
