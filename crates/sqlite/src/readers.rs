//! A few connections that only read, each used by one blocking thread at a time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection;
use crate::errors::{Fault, NoWork};

/// Longest wait for a connection; beyond it the store is too busy to answer.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The connections that read.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
}

struct Shared {
    path: PathBuf,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// At most `count` connections; they are opened when first needed.
    pub(crate) fn new(path: PathBuf, count: usize) -> Self {
        let shared = Arc::new(Shared { path, idle: Mutex::default() });
        Self { shared, permits: Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// Reads, seeing one state of the database from beginning to end.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    {
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_elapsed| StoreError::unavailable(NoWork::ReadsWaiting))?
            .map_err(StoreError::unavailable)?;
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || shared.read(permit, read)).await.map_err(StoreError::query)?
    }
}

impl Shared {
    fn read<T>(
        &self,
        _permit: OwnedSemaphorePermit,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connection::reader(&self.path).map_err(StoreError::unavailable)?,
        };
        let outcome = conn.transaction(read);
        // After an error of SQLite's the connection may be upset; the next reader opens another.
        if !matches!(outcome, Err(Fault::Query(_))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
        outcome.map_err(StoreError::from)
    }
}
