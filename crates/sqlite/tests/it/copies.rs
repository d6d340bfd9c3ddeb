//! A store that is copied: whole while it works, or row by row.

use diesel::connection::SimpleConnection;
use mstore_pay_domain::ports::{AuditAnchors, PaymentRepository};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_sqlite::{Export, OpenError, Options, SqliteStore, backup};

use crate::fixtures::{Site, stored};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_taken_while_the_store_is_at_work_and_opens_as_a_store() {
    let site = Site::new();
    let store = site.open();
    let first = stored(&store, &site.payment(), Due::Never).await;
    let copy = site.path().with_file_name("copy.db");
    backup(&site.path(), &copy).unwrap();
    stored(&store, &site.payment(), Due::Never).await;

    let copied = SqliteStore::open(&copy, Options::default()).unwrap();
    assert_eq!(copied.payment(&first.merchant, &first.id).await.unwrap(), Some(first));
    assert_eq!(copied.heads(None, 10).await.unwrap().len(), 1, "as it was when it was asked for");
}

#[test]
fn a_backup_writes_over_nothing_and_makes_no_store() {
    let site = Site::new();
    let taken = site.path().with_file_name("taken.db");
    std::fs::write(&taken, "somebody's").unwrap();
    let refused = backup(&site.path(), &taken);
    assert!(matches!(refused, Err(OpenError::File { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "somebody's");
    let refused = backup(&site.path(), &site.path().with_file_name("copy.db"));
    assert!(refused.is_err(), "there is no store to copy");
    assert!(!site.path().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_handed_over_in_tables_that_come_after_those_they_refer_to() {
    let site = Site::new();
    let payment = stored(&site.open(), &site.payment(), Due::Never).await;
    let mut export = Export::open(&site.path()).unwrap();
    let tables = export.tables().unwrap();
    let place = |name: &str| tables.iter().position(|table| table == name).unwrap();
    assert!(place("payments") < place("charges") && place("charges") < place("receipts"), "{tables:?}");
    assert!(!tables.iter().any(|table| table.starts_with("__") || table.starts_with("sqlite_")), "{tables:?}");
    let mut rows = Vec::new();
    let taken = export.rows("payments", |row| {
        rows.push(row);
        true
    });
    assert_eq!((taken.unwrap(), rows.len()), (1, 1));
    let row: serde_json::Value = serde_json::from_str(&rows[0]).unwrap();
    assert_eq!(row["id"], payment.id.to_string());
    assert_eq!(row["amount"], payment.amount.minor_units());
    assert_eq!(row["branch_id"].is_null(), payment.branch.is_none());
    let head = row["audit_head"].as_str().unwrap();
    assert_eq!(head.len(), 64, "{head}");
}

#[test]
fn a_store_that_is_open_elsewhere_is_not_read() {
    let site = Site::new();
    let store = site.open();
    assert!(matches!(Export::open(&site.path()).err(), Some(OpenError::InUse { .. })));
    drop(store);
    site.raw().batch_execute("SELECT 1").unwrap();
    Export::open(&site.path()).unwrap();
}
