//! Whether a store can serve.

use mstore_pay_domain::ports::StoreError;

use crate::fixtures::{Site, tamper};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_a_schema_of_before_is_not_ready() {
    let site = Site::new();
    let store = site.open().await;
    store.ready().await.unwrap();
    tamper(&site, "DELETE FROM __diesel_schema_migrations");
    let not_ready = store.ready().await;
    assert!(matches!(not_ready, Err(StoreError::Unavailable { .. })), "{not_ready:?}");
}
