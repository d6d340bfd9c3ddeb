//! Cash that was taken.

use mstore_pay_domain::cash::CashTender;
use mstore_pay_tables::rows::TenderRow;

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;

impl<'a> Rows<'a> for TenderRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("cash_tenders", rows))
    }
}

/// Adds a tender.
pub(super) fn add(batch: &mut Batch<'_>, tender: &CashTender) {
    batch.tenders.add(TenderRow::of(tender), Otherwise::Fine);
}
