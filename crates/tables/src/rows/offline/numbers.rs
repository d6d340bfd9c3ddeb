//! Numbers that a till reported without a gap.

use diesel::prelude::*;
use mstore_pay_domain::offline::{NumberRange, OfflineEntry};
use mstore_pay_domain::ports::StoreError;

use crate::rows::cells::{Cells, integer};
use crate::schema::offline_numbers;

/// A run of numbers of one day.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = offline_numbers, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct NumbersRow {
    merchant_id: String,
    device_id: String,
    /// The day, as eight digits.
    pub day: String,
    /// The first of them.
    pub first: i64,
    /// The last of them.
    pub last: i64,
}

impl NumbersRow {
    /// The row of an entry's number alone; `None` where it has no decimal one.
    #[must_use]
    pub fn of(entry: &OfflineEntry) -> Option<Self> {
        let (day, number) = entry.reference.numbered()?;
        Some(Self {
            merchant_id: entry.merchant.to_string(),
            device_id: entry.device.to_string(),
            day: day.to_owned(),
            first: integer(number),
            last: integer(number),
        })
    }

    /// The rows of a till's numbers.
    pub fn all_of(merchant: &str, device: &str, numbers: &[NumberRange]) -> impl Iterator<Item = Self> {
        numbers.iter().map(move |range| Self {
            merchant_id: merchant.to_owned(),
            device_id: device.to_owned(),
            day: range.day.clone(),
            first: integer(range.first),
            last: integer(range.last),
        })
    }

    /// The numbers of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<NumberRange, StoreError> {
        let cells = Cells { table: "offline_numbers", id: &self.device_id };
        let (first, last) = (cells.number("first", self.first)?, cells.number("last", self.last)?);
        Ok(NumberRange { day: self.day.clone(), first, last })
    }
}
