//! The audit trail and the money cannot be changed, even by whoever has the file.

use diesel::connection::SimpleConnection;
use mstore_pay_domain::audit::{Actor, AuditAnchor, AuditEvent, AuditHead, AuditNote, MerchantNote};
use mstore_pay_domain::ports::{AuditAnchors, PaymentRepository, Timeline};
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};

use crate::fixtures::{Site, at, stored};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_record_is_neither_changed_nor_deleted() {
    let site = Site::new();
    let store = site.open();
    let payment = stored(&store, &site.payment(), Due::Never).await;
    let note = AuditNote::new(at(0), Actor::Operator, AuditEvent::OrderVoided);
    let merchant_notes = vec![MerchantNote { merchant: payment.merchant.clone(), note }];
    store.commit(&UnitOfWork { merchant_notes, ..UnitOfWork::default() }).await.unwrap();
    let merchants = store.unanchored_merchants(10).await.unwrap();
    let anchor = AuditAnchor::following(AuditHead::default(), at(0), vec![(payment.id, payment.audit)]);
    let anchor = anchor.with_merchants(merchants);
    store.append_anchor(&anchor).await.unwrap();
    let mut raw = site.raw();
    for (sql, refusal) in [
        ("UPDATE payment_events SET actor = 'nobody'", "audit records are never changed"),
        ("DELETE FROM payment_events", "audit records are never deleted"),
        ("UPDATE payment_event_bodies SET role = 'request'", "audit records are never changed"),
        ("DELETE FROM payment_event_bodies", "audit records are never deleted"),
        ("UPDATE payment_bodies SET body = x'00'", "kept bodies are never changed"),
        ("UPDATE audit_anchors SET at = 0", "anchors are never changed"),
        ("DELETE FROM audit_anchors", "anchors are never deleted"),
        ("UPDATE anchored_heads SET anchor_seq = 2", "anchors are never changed"),
        ("DELETE FROM anchored_heads", "anchors are never deleted"),
        ("UPDATE merchant_events SET actor = 'nobody'", "audit records are never changed"),
        ("DELETE FROM merchant_events", "audit records are never deleted"),
        ("DELETE FROM anchored_merchants", "anchors are never deleted"),
        ("DELETE FROM receipts", "receipts are never deleted"),
    ] {
        let refused = raw.batch_execute(sql).unwrap_err().to_string();
        assert_eq!(refused, refusal, "{sql}");
    }
    assert_eq!(store.records(&payment.id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pruned_body_is_gone_and_the_chain_still_holds() {
    let site = Site::new();
    let store = site.open();
    let payment = stored(&store, &site.payment(), Due::Never).await;
    let records = store.records(&payment.id).await.unwrap();
    let (_, digest) = records[0].bodies[0].clone();
    assert_eq!(store.body(&digest).await.unwrap().as_deref(), Some(&b"{\"status\":\"PAID\"}"[..]));
    site.raw().batch_execute("DELETE FROM payment_bodies").unwrap();
    assert_eq!(store.body(&digest).await.unwrap(), None);
    let records = store.records(&payment.id).await.unwrap();
    assert_eq!(mstore_pay_domain::audit::verify_chain(&records, payment.audit), Ok(()));
}
