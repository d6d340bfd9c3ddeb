//! The store of many nodes of MStore payments: PostgreSQL, without libpq.
//!
//! [`PostgresStore`] keeps every promise of the domain's store ports in a database that several gateways
//! share. Units of work lock what they change and compare what they were decided on; leases run by the
//! database's clock. No wait is without end: a database that is lost, full or slow makes the store
//! [unavailable](mstore_pay_domain::ports::StoreError::Unavailable), and its return is noticed by itself.
//!
//! It needs a tokio runtime of several threads.

/// Does one piece of work in a session of that kind, within bounds: `session!(self.plain, |conn| read(conn))`.
macro_rules! session {
    ($store:ident.$kind:ident, |$conn:ident| $work:expr) => {{
        let sessions = &$store.sessions;
        let work = async {
            let mut session = sessions.$kind().await?;
            let $conn = &mut *session;
            let outcome = $work.await;
            Ok((session, outcome))
        };
        match sessions.bounded(work).await {
            Ok((session, outcome)) => session.finish(outcome).await,
            Err(fault) => Err(fault),
        }
    }};
}

mod accounts;
mod anchors;
mod budget;
mod census;
mod clock;
mod commit;
mod connection;
mod dispatches;
mod endpoints;
mod errors;
mod feed;
mod health;
mod hints;
mod import;
mod inbox;
mod intake;
mod lane;
mod language;
mod leases;
mod looks;
mod migrations;
mod near;
mod offline;
mod outbox;
mod payments;
mod pipeline;
mod presence;
mod read;
mod records;
mod recount;
mod retention;
mod schema;
mod sessions;
mod shared_clock;
mod store;
mod tls;
mod waiting;
mod wakeups;
mod watches;
mod write;

pub use budget::SharedBudget;
pub use errors::OpenError;
pub use import::Import;
pub use migrations::migrate;
pub use shared_clock::SharedClock;
pub use store::{Options, PostgresStore};
pub use wakeups::SharedWakeups;
pub use watches::SharedWatches;
