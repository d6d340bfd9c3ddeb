//! The store behind the store ports, whichever `DATABASE_URL` names.

#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod copy;
mod nodes;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::error::Error;
use std::io;
use std::num::{NonZeroU16, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::ports::{
    AccountStore, AuditAnchors, Census, Clock, Dispatches, EndpointStore, ExceptionStore, IdempotencyStore,
    OfflineStore, OrderRepository, Outbox, PaymentRepository, RateBudget, Retention, StoreError, Timeline, Wakeups,
    Watches, WebhookInbox,
};
use mstore_pay_domain::time::Timestamp;

use crate::config::Database;

#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub(crate) use copy::copy;
pub use nodes::Nodes;

/// Calls that a provider takes a minute, for each account and endpoint; `None`: without limit.
#[derive(Debug, Clone, Default)]
pub struct CallLimits {
    /// Of each provider that is not named below.
    pub calls_per_minute: Option<u32>,
    /// Of one provider.
    pub of_provider: Vec<(ProviderId, Option<u32>)>,
}

/// Everything that the gateway and its commands ask of a store: the ports, and its upkeep.
#[async_trait]
pub trait Store:
    PaymentRepository
    + AccountStore
    + EndpointStore
    + Dispatches
    + OrderRepository
    + ExceptionStore
    + IdempotencyStore
    + OfflineStore
    + Census
    + Outbox
    + Timeline
    + AuditAnchors
    + Retention
    + WebhookInbox
{
    /// Whether it can serve now, on a schema that is up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] saying what is missing.
    async fn ready(&self) -> Result<(), StoreError>;

    /// The budget that keeps to these limits, over all nodes on this store.
    fn budget(&self, clock: Arc<dyn Clock>, limits: CallLimits) -> Arc<dyn RateBudget>;

    /// Who looks at what, over all nodes on this store.
    fn watches(&self) -> Arc<dyn Watches>;

    /// This node's ties to all others on this store; `here` wakes whoever waits on this one, whose clock is that.
    async fn nodes(&self, here: Arc<dyn Wakeups>, clock: Arc<dyn Clock>) -> Nodes;

    /// The time by the database's clock; `None` where it has this machine's.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be asked.
    async fn database_time(&self) -> Result<Option<Timestamp>, StoreError>;

    /// What the database finds wrong with its own files; nothing, where they are sound.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot look.
    async fn integrity_check(&self) -> Result<Vec<String>, StoreError>;
}

/// Why a store could not be had.
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
    /// It cannot be copied to a file.
    #[error("could not back up {database}")]
    Backup {
        /// Which, without its secrets.
        database: String,
        /// Why.
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
    open_store_over(database, None).await
}

/// What a node that serves has of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Connections that are in use at once, at most.
    pub(crate) connections: NonZeroU16,
    /// Threads that serve.
    pub(crate) threads: NonZeroUsize,
}

/// Opens the store as [`open_store`] does; a server's with that share of it.
///
/// # Errors
/// [`OpenStoreError`]
pub(crate) async fn open_store_over(
    database: &Database,
    share: Option<Share>,
) -> Result<Arc<dyn Store>, OpenStoreError> {
    match database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite(path) => Ok(Arc::new(sqlite::open(database, path.clone()).await?)),
        #[cfg(not(feature = "sqlite"))]
        Database::Sqlite(_) => Err(built_without(database)),
        #[cfg(feature = "postgres")]
        Database::Postgres(url) => Ok(Arc::new(postgres::open(database, url, share).await?)),
        #[cfg(not(feature = "postgres"))]
        Database::Postgres(_) => Err(built_without(database)),
    }
}

/// Opens the store that is named to look at it, as it is, while gateways go on working.
///
/// # Errors
/// [`OpenStoreError::Open`] also where there is none, or its schema is of another version.
pub async fn open_store_to_read(database: &Database) -> Result<Arc<dyn Store>, OpenStoreError> {
    match database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite(path) => Ok(Arc::new(sqlite::open_to_read(database, path.clone()).await?)),
        #[cfg(not(feature = "sqlite"))]
        Database::Sqlite(_) => Err(built_without(database)),
        #[cfg(feature = "postgres")]
        Database::Postgres(url) => Ok(Arc::new(postgres::open_to_read(database, url).await?)),
        #[cfg(not(feature = "postgres"))]
        Database::Postgres(_) => Err(built_without(database)),
    }
}

/// Copies the store to a file that does not exist yet, as it is at one moment, while gateways go on working.
///
/// # Errors
/// [`OpenStoreError::Backup`]
pub(crate) async fn backup(database: &Database, to: &Path) -> Result<(), OpenStoreError> {
    let (from, to) = (database.clone(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || match &from {
        #[cfg(feature = "sqlite")]
        Database::Sqlite(path) => mstore_pay_sqlite::backup(path, &to).map_err(Into::into),
        #[cfg(not(feature = "sqlite"))]
        Database::Sqlite(_) => Err(BUILT_WITHOUT.into()),
        #[cfg(feature = "postgres")]
        Database::Postgres(url) => postgres::dump(url, &to),
        #[cfg(not(feature = "postgres"))]
        Database::Postgres(_) => Err(BUILT_WITHOUT.into()),
    });
    let failed = |source| OpenStoreError::Backup { database: database.to_string(), source };
    copied.await.map_err(|panicked| failed(panicked.into()))?.map_err(failed)
}

/// A URL of a store that was left out is refused at the door; whoever made a `Database` by hand learns it here.
#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
const BUILT_WITHOUT: &str = "this program was built without that store";

#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
fn built_without(database: &Database) -> OpenStoreError {
    OpenStoreError::Open { database: database.to_string(), source: BUILT_WITHOUT.into() }
}
