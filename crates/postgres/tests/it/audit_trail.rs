//! The audit trail and the money cannot be changed: not by a gateway, and not by a slip of its owner.

use mstore_pay_domain::ports::Timeline;
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_throwaway_postgres::run;

use crate::fixtures::{Site, as_app, stored};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_record_is_neither_changed_nor_deleted_by_its_owner() {
    let site = Site::new();
    let store = site.open().await;
    let payment = stored(&store, &site.payment(), Due::Never).await;
    for (sql, refusal) in [
        ("UPDATE payment_events SET actor = 'nobody'", "audit records are never changed"),
        ("DELETE FROM payment_events", "audit records are never deleted"),
        ("TRUNCATE payment_events CASCADE", "audit records are never deleted"),
        ("UPDATE payment_event_bodies SET role = 'request'", "audit records are never changed"),
        ("DELETE FROM payment_event_bodies", "audit records are never deleted"),
        ("UPDATE payment_bodies SET body = ''", "kept bodies are never changed"),
        ("TRUNCATE merchant_events CASCADE", "audit records are never deleted"),
        ("TRUNCATE anchored_merchants CASCADE", "anchors are never deleted"),
        ("DELETE FROM receipts", "receipts are never deleted"),
        ("DELETE FROM payments", "payments are never deleted"),
        ("TRUNCATE payments CASCADE", "are never deleted"),
        ("TRUNCATE audit_anchors CASCADE", "anchors are never deleted"),
    ] {
        let refused = site.database.run(sql).unwrap_err();
        assert!(refused.contains(refusal), "{sql}: {refused}");
    }
    assert_eq!(store.records(&payment.id).await.unwrap().len(), 1);
}

#[test]
fn no_key_is_looked_up_for_each_record() {
    let keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' \
        AND conrelid IN ('payment_events'::regclass, 'payment_event_bodies'::regclass)";
    assert_eq!(Site::new().text(keys).trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_has_no_right_to_change_what_is_on_record() {
    let site = Site::new();
    stored(&site.open().await, &site.payment(), Due::Never).await;
    let url = as_app(&site.database.url());
    for sql in [
        "UPDATE payment_events SET actor = 'nobody'",
        "DELETE FROM payment_events",
        "TRUNCATE payment_events CASCADE",
        "UPDATE payment_event_bodies SET role = 'request'",
        "DELETE FROM payment_event_bodies",
        "UPDATE payment_bodies SET body = ''",
        "UPDATE audit_anchors SET at = now()",
        "DELETE FROM anchored_heads",
        "UPDATE merchant_events SET actor = 'nobody'",
        "DELETE FROM anchored_merchants",
        "DELETE FROM receipts",
        "DELETE FROM payments",
        "DROP TRIGGER payment_events_stay ON payment_events",
        "ALTER TABLE payment_events DISABLE TRIGGER ALL",
    ] {
        let refused = run(&url, sql).unwrap_err();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{sql}: {refused}");
    }
    assert_eq!(run(&url, "SELECT count(*) FROM payment_events").unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pruned_body_is_gone_and_the_chain_still_holds() {
    let site = Site::new();
    let store = site.open().await;
    let payment = stored(&store, &site.payment(), Due::Never).await;
    let records = store.records(&payment.id).await.unwrap();
    let (_, digest) = records[0].bodies[0].clone();
    assert_eq!(store.body(&digest).await.unwrap().as_deref(), Some(&b"{\"status\":\"PAID\"}"[..]));
    site.run("DELETE FROM payment_bodies");
    assert_eq!(store.body(&digest).await.unwrap(), None);
    let records = store.records(&payment.id).await.unwrap();
    assert_eq!(mstore_pay_domain::audit::verify_chain(&records, payment.audit), Ok(()));
}
