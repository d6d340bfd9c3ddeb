//! The store behind the store ports, whichever `DATABASE_URL` names.

#[cfg(feature = "sqlite")]
mod sqlite;

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::ports::{
    AuditAnchors, ExceptionStore, IdempotencyStore, OfflineStore, OrderRepository, Outbox, PaymentRepository,
    StoreError, Timeline, WebhookInbox,
};

use crate::config::Database;

/// Everything that the gateway and its commands ask of a store: the ports, and its upkeep.
#[async_trait]
pub trait Store:
    PaymentRepository
    + OrderRepository
    + ExceptionStore
    + IdempotencyStore
    + OfflineStore
    + Outbox
    + Timeline
    + AuditAnchors
    + WebhookInbox
{
    /// Whether it can serve now, on a schema that is up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] saying what is missing.
    async fn ready(&self) -> Result<(), StoreError>;

    /// What the database finds wrong with its own files; nothing, where they are sound.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot look.
    async fn integrity_check(&self) -> Result<Vec<String>, StoreError>;
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    /// Its folder cannot be made.
    #[error("could not make {path:?}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it open, and it is for one at a time.
    #[error("could not take the store")]
    InUse {
        /// What is taken.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The database does not let itself be opened or migrated.
    #[error("could not open {database}")]
    Open {
        /// Which, without its secrets.
        database: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Opens the store that is named, makes what is missing and brings its schema up to date.
///
/// # Errors
/// [`OpenStoreError`]
pub async fn open_store(database: &Database) -> Result<Arc<dyn Store>, OpenStoreError> {
    match database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite(path) => Ok(Arc::new(sqlite::open(database, path.clone()).await?)),
        #[cfg(not(feature = "sqlite"))]
        Database::Sqlite(_) => Err(built_without(database)),
        Database::Postgres(_) => Err(built_without(database)),
    }
}

/// A URL of a store that was left out is refused at the door; whoever made a `Database` by hand learns it here.
fn built_without(database: &Database) -> OpenStoreError {
    let source = "this program was built without that store".into();
    OpenStoreError::Open { database: database.to_string(), source }
}
