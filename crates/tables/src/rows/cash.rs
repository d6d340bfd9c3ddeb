//! Cash that was taken.

use diesel::prelude::*;
use mstore_pay_domain::cash::{CashTender, TenderSource};
use mstore_pay_domain::offline::OfflineKind;
use mstore_pay_domain::ports::StoreError;

use super::cells::Cells;
use crate::by_column;
use crate::schema::cash_tenders;
use crate::types::{Micros, MinorUnits};

/// Cash.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = cash_tenders, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct TenderRow {
    id: String,
    merchant_id: String,
    branch_id: Option<String>,
    order_code: String,
    amount: MinorUnits,
    device_id: Option<String>,
    taken_by: String,
    source: String,
    offline_reference: Option<String>,
    taken_at: Micros,
    recorded_at: Micros,
}

by_column!(TenderRow, cash_tenders:
    id, merchant_id, branch_id, order_code, amount, device_id, taken_by, source, offline_reference, taken_at,
    recorded_at,
);

const AT_TILL: &str = "till";

impl TenderRow {
    /// The row of a tender.
    #[must_use]
    pub fn of(tender: &CashTender) -> Self {
        let (source, reference) = match &tender.source {
            TenderSource::Till => (AT_TILL, None),
            TenderSource::Report { kind, reference } => (kind.word(), Some(reference.to_string())),
        };
        Self {
            id: tender.id.to_string(),
            merchant_id: tender.merchant.to_string(),
            branch_id: tender.branch.as_ref().map(ToString::to_string),
            order_code: tender.order_code.to_string(),
            amount: MinorUnits::from(&tender.amount),
            device_id: tender.device.as_ref().map(ToString::to_string),
            taken_by: tender.by.to_string(),
            source: source.to_owned(),
            offline_reference: reference,
            taken_at: tender.taken_at.into(),
            recorded_at: tender.recorded_at.into(),
        }
    }

    /// The tender of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<CashTender, StoreError> {
        let cells = Cells { table: "cash_tenders", id: &self.id };
        let source = if self.source == AT_TILL {
            TenderSource::Till
        } else {
            TenderSource::Report {
                kind: cells.word("source", &self.source, OfflineKind::ALL.map(|kind| (kind.word(), kind)))?,
                reference: cells.needed_text("offline_reference", self.offline_reference.as_deref())?,
            }
        };
        Ok(CashTender {
            id: cells.text("id", &self.id)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            order_code: cells.text("order_code", &self.order_code)?,
            amount: cells.money("amount", self.amount)?,
            device: cells.some_text("device_id", self.device_id.as_deref())?,
            by: cells.text("taken_by", &self.taken_by)?,
            source,
            taken_at: cells.time("taken_at", self.taken_at)?,
            recorded_at: cells.time("recorded_at", self.recorded_at)?,
        })
    }
}
