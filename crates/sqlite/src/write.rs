//! The one write: a unit of work, whole or not at all. The writer gives each a savepoint.

mod audit;
mod charges;
mod exceptions;
mod idempotency;
mod inbox;
mod live_orders;
mod offline;
mod orders;
mod orders_read;
mod outbox;
mod payments;
mod progress;
mod stored;
mod tenders;

use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::unit_of_work::UnitOfWork;

use self::stored::StoredHeads;
use crate::clock;
use crate::errors::Fault;

/// Applies a unit of work; what it wrote before an error is for the caller to roll back.
pub(crate) fn apply(conn: &mut SqliteConnection, work: &UnitOfWork) -> Result<(), Fault> {
    let now = clock::now(conn)?;
    for read in &work.orders_read {
        orders_read::check(conn, read)?;
    }
    let mut stored = StoredHeads::load(conn, work)?;
    audit::check_chains(work, &stored)?;
    for write in &work.payments {
        payments::write(conn, write, work, &mut stored, now)?;
    }
    for write in &work.orders {
        orders::write(conn, write)?;
    }
    for tender in &work.tenders {
        tenders::add(conn, tender)?;
    }
    for write in &work.live_orders {
        live_orders::write(conn, write)?;
    }
    for write in &work.exceptions {
        exceptions::write(conn, write)?;
    }
    for write in &work.offline {
        offline::write(conn, write)?;
    }
    for write in &work.idempotency {
        idempotency::write(conn, write)?;
    }
    for mark in &work.inbox {
        inbox::mark(conn, mark)?;
    }
    for message in &work.outbox {
        outbox::send_out(conn, message, now)?;
    }
    audit::append(conn, work)
}
