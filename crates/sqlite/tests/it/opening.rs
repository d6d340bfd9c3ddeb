//! One process owns a store; what it finds there at the opening.

use std::time::Duration;

use mstore_pay_domain::ports::{PaymentRepository, StoreError};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_sqlite::{OpenError, Options, SqliteStore, migrate};

use crate::fixtures::{Site, far_future, stored, tamper};

const LONG: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_second_opener_is_refused_until_the_first_is_gone() {
    let site = Site::new();
    let first = site.open();
    let clone = first.clone();
    drop(first);
    let refused = SqliteStore::open(site.path(), Options::default());
    assert!(matches!(refused, Err(OpenError::InUse { .. })), "{refused:?}");
    assert!(matches!(migrate(&site.path()), Err(OpenError::InUse { .. })));
    drop(clone);
    site.open().ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_does_not_outlive_its_process() {
    let site = Site::new();
    let store = site.open();
    let written = stored(&store, &site.payment(), Due::Leased(site.lease(LONG))).await;
    let claimed = store.claim_due(far_future(), 10, site.lease(LONG)).await.unwrap();
    assert_eq!(claimed, [], "held by its writer");
    drop(store);

    let store = site.open();
    let claimed = store.claim_due(far_future(), 10, site.lease(LONG)).await.unwrap();
    assert_eq!(claimed.into_iter().map(|held| held.payment).collect::<Vec<_>>(), [written]);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_tells_what_it_ran_once() {
    let site = Site::new();
    let versions = migrate(&site.path()).unwrap();
    assert!(!versions.is_empty());
    assert_eq!(migrate(&site.path()).unwrap(), Vec::<String>::new());
    site.open().ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_later_version_is_left_alone() {
    let site = Site::new();
    migrate(&site.path()).unwrap();
    tamper(&site, "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let refused = SqliteStore::open(site.path(), Options::default());
    assert!(matches!(&refused, Err(OpenError::Newer { version }) if version == "29990101000000"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_is_an_error_and_no_panic() {
    let site = Site::new();
    migrate(&site.path()).unwrap();
    let refused = SqliteStore::open(site.path().join("below-a-file.db"), Options::default());
    assert!(matches!(refused, Err(OpenError::File { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_read_while_its_owner_writes() {
    let site = Site::new();
    let owner = site.open();
    let written = stored(&owner, &site.payment(), Due::Never).await;
    let reader = SqliteStore::open_to_read(site.path()).unwrap();
    let merchant = written.merchant.clone();
    assert_eq!(reader.payment(&merchant, &written.id).await.unwrap(), Some(written));
    let later = stored(&owner, &site.payment(), Due::Never).await;
    assert_eq!(reader.payment(&merchant, &later.id).await.unwrap(), Some(later));
    let refused = reader.claim_due(far_future(), 1, site.lease(LONG)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert!(matches!(reader.ready().await, Err(StoreError::Unavailable { .. })));
    owner.ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_makes_no_file_and_runs_no_migration() {
    let site = Site::new();
    let refused = SqliteStore::open_to_read(site.path());
    assert!(matches!(refused, Err(OpenError::File { .. })), "{refused:?}");
    assert!(!site.path().exists());
    migrate(&site.path()).unwrap();
    let newest =
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    tamper(&site, newest);
    let refused = SqliteStore::open_to_read(site.path());
    assert!(matches!(refused, Err(OpenError::Behind { .. })), "{refused:?}");
    tamper(&site, "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let refused = SqliteStore::open_to_read(site.path());
    assert!(matches!(refused, Err(OpenError::Newer { .. })), "{refused:?}");
    tamper(&site, "DROP TABLE __diesel_schema_migrations");
    let refused = SqliteStore::open_to_read(site.path());
    assert!(matches!(refused, Err(OpenError::Prepare { .. })), "{refused:?}");
}
