//! Orders that a decision rests on.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::OrderRead;
use mstore_pay_tables::rows::Cells;
use mstore_pay_tables::schema::{payments, transactions};

use crate::errors::Fault;

/// Checks that an order and its payments are as they were read. One unit is applied after the other, so
/// nothing comes between this and what is written.
pub(super) fn check(conn: &mut SqliteConnection, read: &OrderRead) -> Result<(), Fault> {
    let (merchant, code) = (read.merchant.as_str(), read.order_code.as_str());
    let order: Option<i64> =
        transactions::table.find((merchant, code)).select(transactions::revision).first(conn).optional()?;
    let cells = Cells { table: "transactions", id: code };
    let order = order.map(|revision| cells.number("revision", revision).map(Revision::of)).transpose()?;
    let rows: Vec<(String, i64)> = payments::table
        .filter(payments::merchant_id.eq(merchant))
        .filter(payments::order_code.eq(code))
        .select((payments::id, payments::revision))
        .load(conn)?;
    let mut stored: BTreeMap<PaymentId, Revision> = BTreeMap::new();
    for (id, revision) in &rows {
        let cells = Cells { table: "payments", id };
        stored.insert(cells.text("id", id)?, Revision::of(cells.number("revision", *revision)?));
    }
    if order.unwrap_or(Revision::NEW) == read.order && stored == read.payments {
        Ok(())
    } else {
        Err(CommitError::Conflict { current: None }.into())
    }
}
