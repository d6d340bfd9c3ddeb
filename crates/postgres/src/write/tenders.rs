//! Cash that was taken.

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::cash::CashTender;
use mstore_pay_tables::rows::TenderRow;
use mstore_pay_tables::schema::cash_tenders;

use super::payments::or_taken;
use crate::errors::Fault;

/// Adds a tender.
pub(super) async fn add(conn: &mut AsyncPgConnection, tender: &CashTender) -> Result<(), Fault> {
    let added = diesel::insert_into(cash_tenders::table).values(&TenderRow::of(tender)).execute(conn).await;
    added.map(|_| ()).map_err(|error| or_taken(error, "tender id"))
}
