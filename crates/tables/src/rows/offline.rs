//! What a till reported.

mod conflict;
mod device;
mod numbers;
mod report;

pub use conflict::{ConflictRow, OPEN};
pub use device::DeviceRow;
pub use numbers::NumbersRow;
pub use report::ReportRow;

use diesel::prelude::*;
use mstore_pay_domain::offline::{OfflineEntry, OfflineKind};
use mstore_pay_domain::ports::StoreError;

use super::cells::Cells;
use crate::schema::offline_entries;
use crate::types::Micros;

/// One thing a till did.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = offline_entries, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct OfflineRow {
    merchant_id: String,
    kind: String,
    reference: String,
    device_id: String,
    fingerprint: Vec<u8>,
    created_at_device: Micros,
    received_at: Micros,
    branch_id: Option<String>,
    order_code: String,
    server_id: String,
    body: String,
}

impl OfflineRow {
    /// The row of an entry.
    #[must_use]
    pub fn of(entry: &OfflineEntry) -> Self {
        Self {
            merchant_id: entry.merchant.to_string(),
            kind: entry.kind.word().to_owned(),
            reference: entry.reference.to_string(),
            device_id: entry.device.to_string(),
            fingerprint: entry.fingerprint.as_bytes().to_vec(),
            created_at_device: entry.created_at_device.into(),
            received_at: entry.received_at.into(),
            branch_id: entry.branch.as_ref().map(ToString::to_string),
            order_code: entry.order_code.to_string(),
            server_id: entry.server_id.clone(),
            body: entry.body_json.clone(),
        }
    }

    /// The entry of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<OfflineEntry, StoreError> {
        let cells = Cells { table: "offline_entries", id: &self.reference };
        Ok(OfflineEntry {
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            device: cells.text("device_id", &self.device_id)?,
            reference: cells.text("reference", &self.reference)?,
            kind: cells.word("kind", &self.kind, OfflineKind::ALL.map(|kind| (kind.word(), kind)))?,
            fingerprint: cells.digest("fingerprint", &self.fingerprint)?,
            created_at_device: cells.time("created_at_device", self.created_at_device)?,
            received_at: cells.time("received_at", self.received_at)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            order_code: cells.text("order_code", &self.order_code)?,
            server_id: self.server_id.clone(),
            body_json: self.body.clone(),
        })
    }
}
