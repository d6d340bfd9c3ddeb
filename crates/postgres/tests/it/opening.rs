//! Several nodes share a database; what one finds there at the opening.

use std::time::{Duration, Instant};

use futures::future::join_all;
use mstore_pay_postgres::{OpenError, PostgresStore, migrate};
use mstore_pay_throwaway_postgres::Database;
use tokio::runtime::Handle;

use crate::fixtures::{Site, as_app, options, tamper};

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_nodes_that_migrate_at_once_one_does() {
    const NODES: usize = 8;
    let database = Database::empty();
    let url = database.url();
    let run = join_all((0..NODES).map(|_| migrate(&url))).await;
    let run: Vec<Vec<String>> = run.into_iter().map(Result::unwrap).filter(|versions| !versions.is_empty()).collect();
    assert_eq!(run.len(), 1, "{run:?}");
    assert_eq!(migrate(&url).await.unwrap(), Vec::<String>::new());
    PostgresStore::connect(&as_app(&url), options()).await.unwrap().ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_later_version_is_left_alone() {
    let site = Site::new();
    tamper(&site, "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let refused = PostgresStore::connect(&site.database.url(), options()).await;
    assert!(matches!(&refused, Err(OpenError::Newer { version }) if version == "29990101000000"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_the_rights_to_migrate_says_so() {
    let site = Site::new();
    tamper(&site, "DELETE FROM __diesel_schema_migrations");
    let refused = PostgresStore::connect(&as_app(&site.database.url()), options()).await;
    assert!(matches!(refused, Err(OpenError::Migrate { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_an_error_and_no_panic() {
    let refused = PostgresStore::connect("postgres://nobody@%2Fnowhere/mine", options()).await;
    assert!(matches!(refused, Err(OpenError::Connect { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_must_wait_for_a_table_does_not_make_all_others_wait() {
    const REPORT: &str = "BEGIN; LOCK TABLE payments IN ACCESS SHARE MODE; SELECT pg_sleep(5); COMMIT";
    const WAIT_MAX: Duration = Duration::from_secs(3);
    let site = Site::new();
    tamper(&site, include_str!("../../../../migrations/postgres/2026-11-26-143000_lease_holders/down.sql"));
    site.run("DELETE FROM __diesel_schema_migrations WHERE version = '20261126143000'");
    let url = site.database.url();
    let report = std::thread::spawn({
        let url = url.clone();
        move || mstore_pay_throwaway_postgres::run(&url, REPORT).unwrap()
    });
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'payments'::regclass AND mode = 'AccessShareLock'";
    while site.run(held) == "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let migrating = Handle::current().spawn(async move { migrate(&url).await });
    let mut longest = Duration::ZERO;
    while !migrating.is_finished() {
        let asked = Instant::now();
        tokio::task::block_in_place(|| site.run("SELECT count(*) FROM payments"));
        longest = longest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(migrating.await.unwrap().unwrap(), ["20261126143000"]);
    assert!(longest < WAIT_MAX, "a reader waited for {longest:?}");
    report.join().unwrap();
}
