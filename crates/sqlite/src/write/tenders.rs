//! Cash that was taken.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::cash::CashTender;
use mstore_pay_tables::rows::TenderRow;
use mstore_pay_tables::schema::cash_tenders;

use super::payments::or_taken;
use crate::errors::Fault;

/// Adds a tender.
pub(super) fn add(conn: &mut SqliteConnection, tender: &CashTender) -> Result<(), Fault> {
    let added = diesel::insert_into(cash_tenders::table).values(&TenderRow::of(tender)).execute(conn);
    added.map(|_| ()).map_err(|error| or_taken(error, "tender id"))
}
