//! What every store promises.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::store::{StoreHarness, StoreRig, Stores};
use mstore_pay_conformance::store_suite;
use mstore_pay_postgres::PostgresStore;

use crate::fixtures::Site;

struct Harness;

struct Rig {
    site: Site,
    store: Mutex<Arc<PostgresStore>>,
}

#[async_trait]
impl StoreHarness for Harness {
    async fn fresh(&self) -> Box<dyn StoreRig> {
        let site = Site::new();
        let store = Mutex::new(Arc::new(site.open().await));
        Box::new(Rig { site, store })
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn stores(&self) -> Stores {
        Stores::of(&self.store.lock().unwrap())
    }

    async fn reopen(&self) -> Stores {
        let store = Arc::new(self.site.open().await);
        *self.store.lock().unwrap() = Arc::clone(&store);
        Stores::of(&store)
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

store_suite!(postgres, Harness, #[tokio::test(flavor = "multi_thread")]);
