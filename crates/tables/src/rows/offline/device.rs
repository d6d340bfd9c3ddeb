//! A till that reported something.

use diesel::prelude::*;
use mstore_pay_domain::offline::OfflineDevice;
use mstore_pay_domain::ports::StoreError;

use crate::rows::cells::Cells;
use crate::schema::offline_devices;
use crate::types::Micros;

/// A till.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = offline_devices, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(merchant_id, device_id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct DeviceRow {
    merchant_id: String,
    device_id: String,
    branch_id: Option<String>,
    last_seen_at: Micros,
    clock_skew_micros: Option<i64>,
}

impl DeviceRow {
    /// The row of a till.
    #[must_use]
    pub fn of(device: &OfflineDevice) -> Self {
        Self {
            merchant_id: device.merchant.to_string(),
            device_id: device.device.to_string(),
            branch_id: device.branch.as_ref().map(ToString::to_string),
            last_seen_at: device.last_seen_at.into(),
            clock_skew_micros: device.clock_skew_micros,
        }
    }

    /// The till of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<OfflineDevice, StoreError> {
        let cells = Cells { table: "offline_devices", id: &self.device_id };
        Ok(OfflineDevice {
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            device: cells.text("device_id", &self.device_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            last_seen_at: cells.time("last_seen_at", self.last_seen_at)?,
            clock_skew_micros: self.clock_skew_micros,
        })
    }
}
