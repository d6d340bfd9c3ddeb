//! Units that have nothing to do with each other, applied as one.
//!
//! What makes them one is only that they are written with the same statements and made durable by the same commit. A unit
//! that would have to wait for somebody, that is refused, or that writes what is rarely written is left out, and is for
//! the caller to apply by itself: so none of them waits for what another of them meets, and each is refused in its own words.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::FutureExt as _;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ids::{DeliveryId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::types::Micros;

use super::batch::{Batch, Sending};
use super::found::{Found, OrderCells, check_order};
use super::locks::Locked;
use super::stored::StoredHeads;
use super::{audit, idempotency, inbox, live_orders, outbox, payments, send_last};
use crate::clock;
use crate::errors::Fault;
use crate::pipeline::{Flight, in_order};

/// Whoever would have to wait longer for what cannot be tried first, a key that somebody else is about to take for one,
/// ends this attempt: each unit goes on by itself.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '250ms'";

const TRY_LOCKS: &str = "SELECT name, pg_try_advisory_xact_lock($1, hashtext(name)) AS got FROM unnest($2) AS o (name)";

/// As `LOOK_AT_ORDER`, of several. Each subquery is of one order, so that no plan walks through a table for all of them.
const LOOK_AT_ORDERS: &str = "SELECT clock_timestamp() AS now, \
    (SELECT revision FROM transactions t WHERE t.merchant_id = o.merchant_id AND t.order_code = o.order_code) AS revision, \
    p.ids, p.revisions \
    FROM unnest($1, $2) WITH ORDINALITY AS o (merchant_id, order_code, place) CROSS JOIN LATERAL ( \
        SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(revision), '{}') AS revisions \
        FROM payments WHERE merchant_id = o.merchant_id AND order_code = o.order_code) AS p ORDER BY o.place";

/// A payment that somebody else has locked is not found, which leaves its unit out.
const LOOK_AT_PAYMENTS: &str = "SELECT p.id, p.revision, p.audit_seq, p.audit_head FROM unnest($1) AS n (id) CROSS JOIN LATERAL ( \
        SELECT id, revision, audit_seq, audit_head FROM payments WHERE id = n.id FOR NO KEY UPDATE SKIP LOCKED) AS p";

#[derive(QueryableByName)]
struct LockCells {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    got: bool,
}

#[derive(QueryableByName)]
struct PaymentCells {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    audit_seq: i64,
    #[diesel(sql_type = Binary)]
    audit_head: Vec<u8>,
}

/// Begins a transaction and applies those units in it that go together, all of them [plain](is_plain); of each, whether it
/// was applied.
pub(crate) async fn apply_together(
    conn: &AsyncPgConnection,
    units: &[&UnitOfWork],
    holder: Option<i32>,
) -> Result<Vec<bool>, Fault> {
    let mut named = BTreeSet::new();
    let alone: Vec<bool> = units.iter().map(|work| !is_by_itself(work, &mut named)).collect();
    let rest = units.iter().zip(&alone).filter(|(_, alone)| !**alone);
    let rest: Vec<&UnitOfWork> = rest.map(|(work, _)| *work).collect();
    let (mut found, orders) = look(conn, &rest).await?;
    let mut fitting = Vec::new();
    let mut applied = Vec::new();
    for (work, alone) in units.iter().zip(alone) {
        let fits = !alone && fits(work, &found.heads, &orders)?;
        if fits {
            fitting.push(*work);
        }
        applied.push(fits);
    }
    // In one order whoever writes them, so that two who take the same keys, one for each unit, do not wait in a circle.
    fitting.sort_by_cached_key(|work| work.idempotency.iter().map(idempotency::slot).min());
    write(conn, &fitting, holder, &mut found).await?;
    Ok(applied)
}

/// Whether a unit writes only what nearly all units do: others are not for here.
pub(crate) fn is_plain(work: &UnitOfWork) -> bool {
    let UnitOfWork { orders, tenders, exceptions, offline, merchant_notes, .. } = work;
    orders.is_empty() && tenders.is_empty() && exceptions.is_empty() && offline.is_empty() && merchant_notes.is_empty()
}

/// What a unit rests on or writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Row<'a> {
    Order(&'a MerchantId, &'a OrderCode),
    Payment(PaymentId),
    Written(PaymentId),
    LiveOrder(&'a MerchantId, &'a OrderCode),
    Key(&'a IdempotencySlot),
    Delivery(DeliveryId),
}

/// Whether none of the rows that a unit rests on or writes is named yet, by itself or another; names them.
fn is_by_itself<'a>(work: &'a UnitOfWork, named: &mut BTreeSet<Row<'a>>) -> bool {
    let orders = work.orders_read.iter().map(|read| Row::Order(&read.merchant, &read.order_code));
    let payments = StoredHeads::named(work).into_iter().map(Row::Payment);
    let written = work.payments.iter().map(|write| Row::Written(write.payment.id));
    let live = work.live_orders.iter().map(live_orders::place).map(|(merchant, code)| Row::LiveOrder(merchant, code));
    let keys = work.idempotency.iter().map(idempotency::slot).map(Row::Key);
    let deliveries = work.inbox.iter().map(|mark| Row::Delivery(mark.delivery));
    let rows: Vec<_> = orders.chain(payments).chain(written).chain(live).chain(keys).chain(deliveries).collect();
    let own: BTreeSet<_> = rows.iter().collect();
    if own.len() < rows.len() || rows.iter().any(|row| named.contains(row)) {
        return false;
    }
    named.extend(rows);
    true
}

/// Orders by merchant and code, as they are stored; those that somebody else has locked are not among them.
type Orders = BTreeMap<String, OrderCells>;

async fn look(conn: &AsyncPgConnection, units: &[&UnitOfWork]) -> Result<(Found, Orders), Fault> {
    let reads: Vec<_> = units.iter().flat_map(|work| &work.orders_read).collect();
    let names: Vec<String> = reads.iter().map(|read| format!("{} {}", read.merchant, read.order_code)).collect();
    let merchants: Vec<&str> = reads.iter().map(|read| read.merchant.as_str()).collect();
    let codes: Vec<&str> = reads.iter().map(|read| read.order_code.as_str()).collect();
    let payments: BTreeSet<String> =
        units.iter().flat_map(|work| StoredHeads::named(work)).map(|id| id.to_string()).collect();
    let payments: Vec<String> = payments.into_iter().collect();
    let gives_lease = units.iter().flat_map(|work| &work.payments).any(|write| matches!(write.due, Due::Leased(_)));
    let (mut locks, mut orders, mut heads, mut now) = (Vec::new(), Vec::new(), Vec::new(), None);
    {
        let (mut first, mut second, mut third, mut fourth) = (conn, conn, conn, conn);
        let mut flight: Flight<'_> = vec![async move { Ok(first.batch_execute(BEGIN).await?) }.boxed()];
        if !names.is_empty() {
            let tried =
                diesel::sql_query(TRY_LOCKS).bind::<Integer, _>(Locked::Order.class()).bind::<Array<Text>, _>(&names);
            let looked =
                diesel::sql_query(LOOK_AT_ORDERS).bind::<Array<Text>, _>(&merchants).bind::<Array<Text>, _>(&codes);
            let (locks, orders) = (&mut locks, &mut orders);
            flight.push(async move { store(locks, tried.kept().load::<LockCells>(&mut second).await) }.boxed());
            flight.push(async move { store(orders, looked.kept().load::<OrderCells>(&mut third).await) }.boxed());
        }
        let looked = diesel::sql_query(LOOK_AT_PAYMENTS).bind::<Array<Text>, _>(&payments);
        let heads = &mut heads;
        flight.push(async move { store(heads, looked.kept().load::<PaymentCells>(&mut fourth).await) }.boxed());
        if gives_lease && names.is_empty() {
            let now = &mut now;
            flight.push(async move { store(now, clock::now(conn).await.map(Some)) }.boxed());
        }
        in_order(flight).await?;
    }
    let got: BTreeSet<String> = locks.into_iter().filter(|lock| lock.got).map(|lock| lock.name).collect();
    let now: Option<Micros> = now.or_else(|| orders.iter().map(|cells: &OrderCells| cells.now).next());
    let orders = names.into_iter().zip(orders).filter(|(name, _)| got.contains(name)).collect();
    let cells =
        heads.iter().map(|cells| (cells.id.as_str(), (cells.revision, cells.audit_seq, cells.audit_head.as_slice())));
    Ok((Found { heads: StoredHeads::of_rows(cells)?, now }, orders))
}

fn store<T>(place: &mut T, answer: QueryResult<T>) -> Result<(), Fault> {
    *place = answer?;
    Ok(())
}

/// Whether what a unit rests on is ours now and is as the unit wants it.
fn fits(work: &UnitOfWork, heads: &StoredHeads, orders: &Orders) -> Result<bool, Fault> {
    for read in &work.orders_read {
        let Some(cells) = orders.get(&format!("{} {}", read.merchant, read.order_code)) else { return Ok(false) };
        if is_refused(check_order(read, cells))? {
            return Ok(false);
        }
    }
    let checked = work.payments.iter().try_for_each(|write| payments::check(write, heads));
    is_refused(checked.and_then(|()| audit::check_chains(work, heads)).map_err(Fault::from)).map(|refused| !refused)
}

fn is_refused(checked: Result<(), Fault>) -> Result<bool, Fault> {
    match checked {
        Ok(()) => Ok(false),
        Err(Fault::Refused(_)) => Ok(true),
        Err(fault) => Err(fault),
    }
}

async fn write(
    conn: &AsyncPgConnection,
    units: &[&UnitOfWork],
    holder: Option<i32>,
    found: &mut Found,
) -> Result<(), Fault> {
    // One by itself is written as it would be elsewhere, by a statement that is prepared already.
    let mut batch = Batch::new(if units.len() > 1 { Sending::InTurn } else { Sending::AsOne });
    for work in units {
        gather(&mut batch, work, holder, found)?;
    }
    audit::append(&mut batch, units);
    send_last(conn, &mut batch, units).await
}

fn gather<'a>(
    batch: &mut Batch<'a>,
    work: &'a UnitOfWork,
    holder: Option<i32>,
    found: &mut Found,
) -> Result<(), Fault> {
    for write in &work.payments {
        payments::write(batch, write, work, holder, found)?;
    }
    for write in &work.live_orders {
        live_orders::write(batch, write, &work.payments);
    }
    for write in &work.idempotency {
        idempotency::write(batch, write);
    }
    for mark in &work.inbox {
        inbox::mark(batch, mark);
    }
    for message in &work.outbox {
        outbox::send_out(batch, message);
    }
    Ok(())
}
