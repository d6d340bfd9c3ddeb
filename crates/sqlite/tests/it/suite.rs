//! What every store promises.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::store::{StoreHarness, StoreRig, Stores};
use mstore_pay_conformance::store_suite;
use mstore_pay_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

struct Harness;

struct Rig {
    folder: TempDir,
    store: Mutex<Option<Arc<SqliteStore>>>,
}

impl Rig {
    fn open(&self) -> Arc<SqliteStore> {
        // The suite has leases outlive their holder, as in a store of several processes.
        let options = Options { release_leases: false, ..Options::default() };
        let path: PathBuf = self.folder.path().join("store.db");
        Arc::new(SqliteStore::open(path, options).unwrap())
    }
}

#[async_trait]
impl StoreHarness for Harness {
    async fn fresh(&self) -> Box<dyn StoreRig> {
        let rig = Rig { folder: tempfile::tempdir().unwrap(), store: Mutex::new(None) };
        let store = rig.open();
        *rig.store.lock().unwrap() = Some(store);
        Box::new(rig)
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn stores(&self) -> Stores {
        Stores::of(self.store.lock().unwrap().as_ref().unwrap())
    }

    async fn reopen(&self) -> Stores {
        drop(self.store.lock().unwrap().take());
        let store = self.open();
        let stores = Stores::of(&store);
        *self.store.lock().unwrap() = Some(store);
        stores
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

store_suite!(sqlite, Harness, #[tokio::test(flavor = "multi_thread")]);
