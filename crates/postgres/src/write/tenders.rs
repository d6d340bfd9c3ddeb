//! Cash that was taken.

use mstore_pay_domain::cash::CashTender;
use mstore_pay_tables::rows::TenderRow;
use mstore_pay_tables::schema::cash_tenders;

use super::batch::{Batch, Otherwise, Rows, Write};

impl<'a> Rows<'a> for TenderRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(diesel::insert_into(cash_tenders::table).values(rows))
    }
}

/// Adds a tender.
pub(super) fn add(batch: &mut Batch<'_>, tender: &CashTender) {
    batch.tenders.add(TenderRow::of(tender), Otherwise::Fine);
}
