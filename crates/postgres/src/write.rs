//! The one write: a unit of work, whole or not at all.
//!
//! Orders are locked first, then payments in order of their ids, then all else in the order of the unit, so that
//! units rarely wait for each other in a circle; PostgreSQL ends one of those that do.

mod audit;
mod charges;
mod exceptions;
mod idempotency;
mod inbox;
mod live_orders;
mod locks;
mod offline;
mod orders;
mod orders_read;
mod outbox;
mod payments;
mod progress;
mod stored;
mod tenders;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use mstore_pay_domain::unit_of_work::UnitOfWork;

pub(crate) use self::locks::{Locked, lock};
use self::stored::StoredHeads;
use crate::errors::Fault;

/// Applies a unit of work, whose leases that node holds; what it wrote before an error is for the caller to roll back.
pub(crate) async fn apply(conn: &mut AsyncPgConnection, work: &UnitOfWork, holder: Option<i32>) -> Result<(), Fault> {
    for read in &work.orders_read {
        orders_read::check(conn, read).await?;
    }
    let mut stored = StoredHeads::load(conn, work).await?;
    audit::check_chains(work, &stored)?;
    for write in &work.payments {
        payments::write(conn, write, work, holder, &mut stored).await?;
    }
    for write in &work.orders {
        orders::write(conn, write).await?;
    }
    for tender in &work.tenders {
        tenders::add(conn, tender).await?;
    }
    for write in &work.live_orders {
        live_orders::write(conn, write).await?;
    }
    for write in &work.exceptions {
        exceptions::write(conn, write).await?;
    }
    for write in &work.offline {
        offline::write(conn, write).await?;
    }
    for write in &work.idempotency {
        idempotency::write(conn, write).await?;
    }
    for mark in &work.inbox {
        inbox::mark(conn, mark).await?;
    }
    outbox::lock_feeds(conn, work).await?;
    for message in &work.outbox {
        outbox::send_out(conn, message).await?;
    }
    audit::append(conn, work).await
}

/// The same within a transaction of somebody else's, which goes on if the unit is refused. In plain SQL,
/// because that transaction need not have been begun through diesel; where there is none this fails.
pub(crate) async fn apply_nested(conn: &mut AsyncPgConnection, work: &UnitOfWork) -> Result<(), Fault> {
    conn.batch_execute("SAVEPOINT mstore_pay_unit").await?;
    let outcome = apply(conn, work, None).await;
    let end = match outcome {
        Ok(()) => "RELEASE SAVEPOINT mstore_pay_unit",
        Err(_) => "ROLLBACK TO SAVEPOINT mstore_pay_unit; RELEASE SAVEPOINT mstore_pay_unit",
    };
    let ended = conn.batch_execute(end).await;
    outcome.and_then(|()| Ok(ended?))
}
