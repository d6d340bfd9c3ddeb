//! Orders.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::unit_of_work::OrderWrite;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{Cells, OrderRow};
use mstore_pay_tables::schema::transactions;

use super::payments::check_revision;
use crate::errors::Fault;

/// Writes an order that stands at the revision it was decided on.
pub(super) fn write(conn: &mut SqliteConnection, write: &OrderWrite) -> Result<(), Fault> {
    let (merchant, code) = (write.order.merchant.as_str(), write.order.code.as_str());
    let stored: Option<i64> =
        transactions::table.find((merchant, code)).select(transactions::revision).first(conn).optional()?;
    let cells = Cells { table: "transactions", id: code };
    let stored = stored.map(|revision| cells.number("revision", revision).map(Revision::of)).transpose()?;
    check_revision(stored, write.expected, "order")?;
    let row = OrderRow::of(&write.order, write.expected.next());
    if stored.is_some() {
        diesel::update(transactions::table.find((merchant, code))).set(&row).kept().execute(conn)?;
    } else {
        diesel::insert_into(transactions::table).values(&row).execute(conn)?;
    }
    Ok(())
}
