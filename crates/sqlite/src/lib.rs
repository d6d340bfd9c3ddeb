//! The embedded store of MStore payments: one shop, one box, nothing to install.
//!
//! [`SqliteStore`] keeps every promise of the domain's store ports in a file of SQLite. One thread
//! writes; what waits is committed together and answered only once it is on the disk. One process
//! owns the file: from two nodes on, use a store that serves several.
//!
//! It needs a tokio runtime with its timer: reads run on the runtime's blocking threads.

mod accounts;
mod anchors;
mod backup;
mod census;
mod clock;
mod connection;
mod dispatches;
mod endpoints;
mod errors;
mod export;
mod health;
mod inbox;
mod leases;
mod lock;
mod migrations;
mod offline;
mod outbox;
mod payments;
mod read;
mod readers;
mod records;
mod recount;
mod retention;
mod store;
mod write;
mod writer;

pub use backup::backup;
pub use errors::OpenError;
pub use export::Export;
pub use migrations::migrate;
pub use store::{Options, SqliteStore};
pub use writer::OnFatal;
