//! The store: one file, one thread that writes, a few that read.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;

use crate::errors::{Fault, NoWork, OpenError};
use crate::lock::StoreLock;
use crate::readers::Readers;
use crate::writer::{OnFatal, Writer};
use crate::{connection, health, leases, migrations};

/// Two at least, so that one long read keeps nobody waiting.
const READERS_MIN: usize = 2;
/// More take memory, and whoever sells waits for the one that writes.
const READERS_MAX: usize = 4;

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
    /// Connections that read, each with a thread of its own; one at least. Default: one for each core, from 2 to 4.
    pub readers: usize,
    /// Writes that may wait; beyond them [`StoreError::Unavailable`]. Default: 1024.
    pub queue_units_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        const QUEUE_UNITS_MAX: usize = 1024;
        Self {
            on_fatal: Box::new(|_reason| std::process::abort()),
            release_leases: true,
            readers: thread::available_parallelism().map_or(READERS_MIN, NonZero::get).clamp(READERS_MIN, READERS_MAX),
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
    /// None: the store is another process's, and only looked at.
    writer: Option<Writer>,
    readers: Readers,
    _lock: Option<StoreLock>,
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
        let readers = Readers::start(&path, options.readers)?;
        Ok(Self { open: Arc::new(Open { writer: Some(writer), readers, _lock: Some(lock) }) })
    }

    /// Opens the store in that file to look at it, while the process that owns it goes on working. Every write is
    /// [`StoreError::Unavailable`]. Blocks.
    ///
    /// # Errors
    /// [`OpenError::File`] if there is no such file, [`OpenError::Behind`] if its schema is of an earlier version and
    /// [`OpenError::Newer`] if it is of a later one: nothing is made and nothing migrated.
    pub fn open_to_read(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        const READERS: usize = 1;
        let path: PathBuf = path.into();
        connection::must_exist(&path)?;
        migrations::must_be_current(&mut connection::reader(&path)?)?;
        let readers = Readers::start(&path, READERS)?;
        Ok(Self { open: Arc::new(Open { writer: None, readers, _lock: None }) })
    }

    fn prepare(path: &Path, release_leases: bool) -> Result<SqliteConnection, OpenError> {
        let mut conn = connection::writer(path)?;
        migrations::run(&mut conn)?;
        if release_leases {
            leases::release_all(&mut conn).map_err(|source| OpenError::Prepare { source })?;
        }
        Ok(conn)
    }

    /// Whether the store can serve: it reads, its schema is current, its writer takes work, and its disk took a write
    /// within the last ten seconds and refused none within five. What is not known is tried, else nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] saying what is missing.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.read(health::schema_is_current).await?;
        self.writer()?.prove().await.map_err(StoreError::from)
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
        self.writer()?.write(write).await
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.open.writer.as_ref().ok_or_else(|| StoreError::unavailable(NoWork::OnlyRead))
    }
}
