//! What a unit of work finds: looked at in one go, with the transaction that it begins.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::FutureExt as _;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{Due, OrderRead, UnitOfWork};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::Cells;
use mstore_pay_tables::types::{Micros, UtcTime};

use super::locks::{Locked, lock};
use super::stored::{HeadCells, StoredHeads};
use crate::clock;
use crate::errors::Fault;
use crate::pipeline::{Flight, in_order};

/// What stood before a unit; nobody else changes it until the unit ends.
pub(super) struct Found {
    pub(super) heads: StoredHeads,
    /// The database's time, if a lease is given.
    pub(super) now: Option<Micros>,
}

/// An order and its payments, as they are stored, and the time of the look.
#[derive(QueryableByName)]
pub(super) struct OrderCells {
    #[diesel(sql_type = UtcTime)]
    pub(super) now: Micros,
    #[diesel(sql_type = Nullable<BigInt>)]
    revision: Option<i64>,
    #[diesel(sql_type = Array<Text>)]
    ids: Vec<String>,
    #[diesel(sql_type = Array<BigInt>)]
    revisions: Vec<i64>,
}

/// One statement for all that is looked at of an order: each costs the server and us more than what it looks for. It
/// asks for no order of the rows, which would have a plan made for an empty table walk through all payments in that order.
const LOOK_AT_ORDER: &str = "SELECT clock_timestamp() AS now, \
    (SELECT revision FROM transactions WHERE merchant_id = $1 AND order_code = $2) AS revision, \
    coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(revision), '{}') AS revisions \
    FROM payments WHERE merchant_id = $1 AND order_code = $2";

/// Begins the transaction if there is something to begin it with, locks what the unit rests on and reads where it
/// stands. Units that rest on one order are applied one after the other from here on: what was decided on a payment
/// less would else commit beside that payment. Each look is a statement of its own and sees what was committed while it
/// waited for the locks before it.
pub(super) async fn find(
    conn: &AsyncPgConnection,
    work: &UnitOfWork,
    begin: Option<&'static str>,
) -> Result<Found, Fault> {
    let named = StoredHeads::named(work);
    let mut orders: Vec<Option<OrderCells>> = work.orders_read.iter().map(|_| None).collect();
    let mut heads: Vec<Option<HeadCells>> = named.iter().map(|_| None).collect();
    let mut now = None;
    let mut flight: Flight<'_> = Vec::new();
    if let Some(begin) = begin {
        let mut conn = conn;
        flight.push(async move { Ok(conn.batch_execute(begin).await?) }.boxed());
    }
    for (read, cells) in work.orders_read.iter().zip(&mut orders) {
        look_at_order(conn, read, cells, &mut flight);
    }
    for (payment, cells) in named.iter().zip(&mut heads) {
        flight.push(StoredHeads::look(conn, *payment, cells).boxed());
    }
    let gives_lease = work.payments.iter().any(|write| matches!(write.due, Due::Leased(_)));
    if gives_lease && work.orders_read.is_empty() {
        let now = &mut now;
        flight.push(
            async move {
                *now = Some(clock::now(conn).await?);
                Ok(())
            }
            .boxed(),
        );
    }
    in_order(flight).await?;
    for (read, cells) in work.orders_read.iter().zip(orders) {
        let cells = cells.ok_or(CommitError::Conflict { current: None })?;
        check_order(read, &cells)?;
        now = now.or(Some(cells.now));
    }
    Ok(Found { heads: StoredHeads::read(&named, &heads)?, now })
}

fn look_at_order<'a>(
    conn: &'a AsyncPgConnection,
    read: &'a OrderRead,
    cells: &'a mut Option<OrderCells>,
    flight: &mut Flight<'a>,
) {
    let (merchant, code) = (read.merchant.as_str(), read.order_code.as_str());
    let mut second = conn;
    flight.push(async move { lock(conn, Locked::Order, &format!("{merchant} {code}")).await }.boxed());
    let look = diesel::sql_query(LOOK_AT_ORDER).bind::<Text, _>(merchant).bind::<Text, _>(code).kept();
    flight.push(
        async move {
            *cells = Some(look.get_result(&mut second).await?);
            Ok(())
        }
        .boxed(),
    );
}

/// Checks that an order and its payments are as they were read.
pub(super) fn check_order(read: &OrderRead, cells: &OrderCells) -> Result<(), Fault> {
    let named = Cells { table: "transactions", id: read.order_code.as_str() };
    let order = cells.revision.map(|revision| named.number("revision", revision).map(Revision::of)).transpose()?;
    let mut stored: BTreeMap<PaymentId, Revision> = BTreeMap::new();
    for (id, revision) in cells.ids.iter().zip(&cells.revisions) {
        let cells = Cells { table: "payments", id };
        stored.insert(cells.text("id", id)?, Revision::of(cells.number("revision", *revision)?));
    }
    if order.unwrap_or(Revision::NEW) == read.order && stored == read.payments {
        Ok(())
    } else {
        Err(CommitError::Conflict { current: None }.into())
    }
}
