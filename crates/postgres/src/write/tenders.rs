//! Cash that was taken.

use mstore_pay_domain::cash::CashTender;
use mstore_pay_tables::rows::TenderRow;
use mstore_pay_tables::schema::cash_tenders;

use super::batch::{Batch, Otherwise};

/// Adds a tender.
pub(super) fn add(batch: &mut Batch<'_>, tender: &CashTender) {
    let row = diesel::insert_into(cash_tenders::table).values(TenderRow::of(tender));
    batch.add("cash_tenders", tender.id.to_string(), row, Otherwise::Fine);
}
