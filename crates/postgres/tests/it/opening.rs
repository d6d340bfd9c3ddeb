//! Several nodes share a database; what one finds there at the opening.

use futures::future::join_all;
use mstore_pay_postgres::{OpenError, PostgresStore, migrate};
use mstore_pay_throwaway_postgres::Database;

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
