//! The store: one file, one writer thread, a few readers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;

use crate::errors::{Fault, OpenError};
use crate::lock::StoreLock;
use crate::readers::Readers;
use crate::writer::{OnFatal, Writer};
use crate::{connection, health, leases, migrations};

/// How a store is opened.
pub struct Options {
    /// Called from the writer thread when the disk fails under the store (a failed write or sync).
    /// The process MUST end then: nobody knows what the disk holds, and only a fresh start finds out.
    /// If this returns, every later write is [`StoreError::Unavailable`]. Default: abort.
    pub on_fatal: OnFatal,
    /// Whether every lease ends at the opening. Default: yes. One process owns a store, so whoever held
    /// one is gone, and a restarted gateway takes up their work at once. A tool that only looks at a
    /// store leaves them to run out.
    pub release_leases: bool,
    /// Connections that read. Default: 4.
    pub readers: usize,
    /// Writes that may wait; beyond them [`StoreError::Unavailable`]. Default: 1024.
    pub queue_units_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        const READERS: usize = 4;
        const QUEUE_UNITS_MAX: usize = 1024;
        Self {
            on_fatal: Box::new(|_reason| std::process::abort()),
            release_leases: true,
            readers: READERS,
            queue_units_max: QUEUE_UNITS_MAX,
        }
    }
}

/// A store in a file of SQLite. Clones share it; when the last is dropped, the writes that it took
/// on are finished first.
#[derive(Clone)]
pub struct SqliteStore {
    open: Arc<Open>,
}

// In the order in which they are dropped: the lock is held until the last write is done.
struct Open {
    writer: Writer,
    readers: Readers,
    _lock: StoreLock,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore(..)")
    }
}

impl SqliteStore {
    /// Opens the store in that file, making and migrating it as needed. Blocks.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process (or another store in this one) has it open; the others
    /// if the file cannot be used.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> Result<Self, OpenError> {
        let path: PathBuf = path.into();
        let lock = StoreLock::take(&path)?;
        let conn = Self::prepare(&path, options.release_leases)?;
        let writer = Writer::start(conn, options.queue_units_max, options.on_fatal)?;
        Ok(Self { open: Arc::new(Open { writer, readers: Readers::new(path, options.readers), _lock: lock }) })
    }

    fn prepare(path: &Path, release_leases: bool) -> Result<SqliteConnection, OpenError> {
        let mut conn = connection::writer(path)?;
        migrations::run(&mut conn)?;
        if release_leases {
            leases::release_all(&mut conn).map_err(|source| OpenError::Prepare { source })?;
        }
        Ok(conn)
    }

    /// Whether the store can serve: it reads, its schema is current, and its writer takes work.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] saying what is missing.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.read(health::schema_is_current).await?;
        self.write(|_conn| Ok(())).await.map_err(StoreError::from)
    }

    /// What SQLite finds wrong with the file; nothing, in a sound one. Reads all of it.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read at all.
    pub async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        self.read(health::integrity_check).await
    }

    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    {
        self.open.readers.read(read).await
    }

    pub(crate) async fn write<T, F>(&self, write: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    {
        self.open.writer.write(write).await
    }
}
