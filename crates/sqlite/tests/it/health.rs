//! Whether a store can serve, and whether its file is sound.

use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::unit_of_work::Due;

use crate::fixtures::{Site, stored, tamper};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_a_schema_of_before_is_not_ready() {
    let site = Site::new();
    let store = site.open();
    store.ready().await.unwrap();
    tamper(&site, "DELETE FROM __diesel_schema_migrations");
    let not_ready = store.ready().await;
    assert!(matches!(not_ready, Err(StoreError::Unavailable { .. })), "{not_ready:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_file_has_no_findings_and_a_broken_one_has() {
    let site = Site::new();
    let store = site.open();
    stored(&store, &site.payment(), Due::Never).await;
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    tamper(&site, "UPDATE charges SET status = 'sold'");
    let findings = store.integrity_check().await.unwrap();
    assert!(findings.iter().any(|finding| finding.contains("charges")), "{findings:?}");
}
