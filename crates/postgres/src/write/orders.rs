//! Orders.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::unit_of_work::OrderWrite;
use mstore_pay_tables::rows::{Cells, OrderRow};
use mstore_pay_tables::schema::transactions;

use super::batch::{Batch, Otherwise, Rows, Write};
use super::payments::check_revision;
use super::unnested::Unnested;
use crate::errors::Fault;

impl<'a> Rows<'a> for OrderRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("transactions", rows))
    }
}

/// What an order is called among rows.
pub(super) fn named(write: &OrderWrite) -> String {
    format!("{} {}", write.order.merchant, write.order.code)
}

/// Adds an order that stands at the revision it was decided on.
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
    if stored.is_some() {
        let updated = diesel::update(transactions::table.find((merchant, code))).set(row);
        batch.single.push((Box::new(updated), Otherwise::Fine));
    } else {
        batch.new_orders.add(row, Otherwise::Fine);
    }
    Ok(())
}
