//! Orders.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::unit_of_work::OrderWrite;
use mstore_pay_tables::rows::{Cells, OrderRow};
use mstore_pay_tables::schema::transactions;

use super::batch::{Batch, Otherwise};
use super::payments::check_revision;
use crate::errors::Fault;

/// Writes an order that stands at the revision it was decided on.
pub(super) async fn write<'a>(
    batch: &mut Batch<'a>,
    mut conn: &AsyncPgConnection,
    write: &'a OrderWrite,
) -> Result<(), Fault> {
    let (merchant, code) = (write.order.merchant.as_str(), write.order.code.as_str());
    let stored: Option<i64> = transactions::table
        .find((merchant, code))
        .select(transactions::revision)
        .for_no_key_update()
        .first(&mut conn)
        .await
        .optional()?;
    let cells = Cells { table: "transactions", id: code };
    let stored = stored.map(|revision| cells.number("revision", revision).map(Revision::of)).transpose()?;
    check_revision(stored, write.expected, "order")?;
    let row = OrderRow::of(&write.order, write.expected.next());
    let named = format!("{merchant} {code}");
    if stored.is_some() {
        let updated = diesel::update(transactions::table.find((merchant, code))).set(row);
        batch.add("transactions", named, updated, Otherwise::Fine);
    } else {
        let inserted = diesel::insert_into(transactions::table).values(row);
        batch.add("transactions", named, inserted, Otherwise::Fine);
    }
    Ok(())
}
