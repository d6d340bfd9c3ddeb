//! The one write: a unit of work, whole or not at all.
//!
//! Orders are locked first, then payments in order of their ids, then all else in the order of the unit, so that units
//! rarely wait for each other in a circle; PostgreSQL ends one of those that do.

mod audit;
mod batch;
mod charges;
mod exceptions;
mod found;
mod idempotency;
mod inbox;
mod live_orders;
mod locks;
mod offline;
mod orders;
mod outbox;
mod payments;
mod progress;
mod stored;
mod tenders;
mod together;
mod unnested;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures::FutureExt as _;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::unit_of_work::UnitOfWork;

use self::batch::{Batch, Sending};
pub(crate) use self::locks::{Locked, lock, try_lock};
pub(crate) use self::together::{apply_together, is_plain};
use crate::errors::Fault;
use crate::feed;
use crate::pipeline::{Flight, in_order};

/// Applies a unit of work, whose leases that node holds, in a transaction that it begins so, if told how; what it wrote
/// before an error is for the caller to roll back. It takes two round trips, or some more for what is written rarely.
pub(crate) async fn apply(
    conn: &mut AsyncPgConnection,
    work: &UnitOfWork,
    holder: Option<i32>,
    begin: Option<&'static str>,
) -> Result<(), Fault> {
    let mut found = found::find(conn, work, begin).await?;
    audit::check_chains(work, &found.heads)?;
    let mut batch = Batch::new(Sending::AsOne);
    for write in &work.payments {
        by_itself(&mut batch, conn, "payments", write.payment.id.to_string()).await?;
        payments::write(&mut batch, write, work, holder, &mut found)?;
    }
    for write in &work.orders {
        // One that is written twice is looked at again.
        by_itself(&mut batch, conn, "transactions", orders::named(write)).await?;
        orders::write(&mut batch, conn, write).await?;
    }
    for tender in &work.tenders {
        tenders::add(&mut batch, tender);
    }
    for write in &work.live_orders {
        let (merchant, code) = live_orders::place(write);
        by_itself(&mut batch, conn, "live_orders", format!("{merchant} {code}")).await?;
        live_orders::write(&mut batch, write, &work.payments);
    }
    if !work.exceptions.is_empty() || !work.offline.is_empty() {
        batch.send(conn).await?;
    }
    for write in &work.exceptions {
        exceptions::write(conn, write).await?;
    }
    for write in &work.offline {
        offline::write(conn, write).await?;
    }
    for write in &work.idempotency {
        let IdempotencySlot { merchant, route, key } = idempotency::slot(write);
        by_itself(&mut batch, conn, "idempotency_keys", format!("{merchant} {route} {}", key.as_str())).await?;
        idempotency::write(&mut batch, write);
    }
    for mark in &work.inbox {
        by_itself(&mut batch, conn, "webhook_inbox", mark.delivery.to_string()).await?;
        inbox::mark(&mut batch, mark);
    }
    for message in &work.outbox {
        outbox::send_out(&mut batch, message);
    }
    audit::append(&mut batch, &[work]);
    send_last(conn, &mut batch, &[work]).await?;
    for noted in &work.merchant_notes {
        audit::note(conn, noted).await?;
    }
    Ok(())
}

/// Names a row that is about to be written. Where it was named already, what is there is sent first: a statement sees none
/// of its own writes.
async fn by_itself(
    batch: &mut Batch<'_>,
    conn: &AsyncPgConnection,
    table: &'static str,
    row: String,
) -> Result<(), Fault> {
    if batch.names(table, row.clone()) {
        batch.send(conn).await?;
        batch.names(table, row);
    }
    Ok(())
}

/// Sends what is left, and before messages what holds their feeds back.
async fn send_last(conn: &AsyncPgConnection, batch: &mut Batch<'_>, units: &[&UnitOfWork]) -> Result<(), Fault> {
    let mut flight: Flight<'_> = Vec::new();
    for merchant in outbox::merchants(units) {
        flight.push(feed::hold_back(conn, merchant).boxed());
    }
    flight.push(batch.send(conn).boxed());
    in_order(flight).await
}

/// The same within a transaction of somebody else's, which goes on if the unit is refused. In plain SQL,
/// because that transaction need not have been begun through diesel; where there is none this fails.
pub(crate) async fn apply_nested(conn: &mut AsyncPgConnection, work: &UnitOfWork) -> Result<(), Fault> {
    conn.batch_execute("SAVEPOINT mstore_pay_unit").await?;
    let outcome = apply(conn, work, None, None).await;
    let end = match outcome {
        Ok(()) => "RELEASE SAVEPOINT mstore_pay_unit",
        Err(_) => "ROLLBACK TO SAVEPOINT mstore_pay_unit; RELEASE SAVEPOINT mstore_pay_unit",
    };
    let ended = conn.batch_execute(end).await;
    outcome.and_then(|()| Ok(ended?))
}
