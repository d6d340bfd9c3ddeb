//! The embedded store: a file, for one process.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::memory::{MemoryBudget, MemoryWatches};
use mstore_pay_domain::ports::{Clock, RateBudget, StoreError, Wakeups, Watches};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_sqlite::{OpenError, Options, SqliteStore};

use super::{CallLimits, Nodes, OpenStoreError, Store};
use crate::config::Database;

/// Opens that file, making it and its folder as needed.
pub(super) async fn open(database: &Database, path: PathBuf) -> Result<SqliteStore, OpenStoreError> {
    if let Some(folder) = path.parent() {
        let not_made = |source| OpenStoreError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(not_made)?;
    }
    let not_open = |source| OpenStoreError::Open { database: database.to_string(), source };
    match tokio::task::spawn_blocking(move || SqliteStore::open(path, Options::default())).await {
        Ok(Ok(store)) => Ok(store),
        Ok(Err(error @ OpenError::InUse { .. })) => Err(OpenStoreError::InUse { source: error.into() }),
        Ok(Err(error)) => Err(not_open(error.into())),
        Err(panicked) => Err(not_open(panicked.into())),
    }
}

/// Opens that file to read it; nothing is made.
pub(super) async fn open_to_read(database: &Database, path: PathBuf) -> Result<SqliteStore, OpenStoreError> {
    let not_open = |source| OpenStoreError::Open { database: database.to_string(), source };
    match tokio::task::spawn_blocking(move || SqliteStore::open_to_read(path)).await {
        Ok(Ok(store)) => Ok(store),
        Ok(Err(error)) => Err(not_open(error.into())),
        Err(panicked) => Err(not_open(panicked.into())),
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ready(&self) -> Result<(), StoreError> {
        Self::ready(self).await
    }

    /// One process has the store, so its memory will do.
    fn budget(&self, clock: Arc<dyn Clock>, limits: CallLimits) -> Arc<dyn RateBudget> {
        let of_all = MemoryBudget::new(clock, limits.calls_per_minute);
        let budget =
            limits.of_provider.into_iter().fold(of_all, |budget, (provider, limit)| budget.limiting(provider, limit));
        Arc::new(budget)
    }

    fn watches(&self) -> Arc<dyn Watches> {
        Arc::new(MemoryWatches::default())
    }

    async fn nodes(&self, here: Arc<dyn Wakeups>, clock: Arc<dyn Clock>) -> Nodes {
        Nodes::alone(here, clock)
    }

    async fn database_time(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        Self::integrity_check(self).await
    }
}
