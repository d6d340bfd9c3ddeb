//! The audit trail grows with what it tells of, link by link.

use mstore_pay_domain::audit::{AuditEvent, AuditHead, BodyRole, Digest, verify_chain};
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};

use super::StoreHarness;
use super::fixtures::{Kit, assert_refused, commit_and_read, is_conflict, must_commit, note, read, unit};

/// A link that does not follow the stored head is a conflict, and nothing is written.
pub async fn stale_audit_head_is_a_conflict(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let second = commit_and_read(&stores, &first).await;
    let mut stale = second.clone();
    stale.audit = first.audit;
    assert_refused(&stores.payments.commit(&unit(&stale)).await, is_conflict);
    let mut ahead = second.clone();
    ahead.audit = AuditHead { seq: second.audit.seq + 1, digest: second.audit.digest };
    assert_refused(&stores.payments.commit(&unit(&ahead)).await, is_conflict);
    assert_eq!(read(&stores, &second).await, Some(second.clone()));
    let records = stores.timeline.records(&second.id).await.expect("the store reads");
    assert_eq!(verify_chain(&records, second.audit), Ok(()));
}

/// The payment that is written must stand at the end of the chain that is written with it.
pub async fn audit_record_that_does_not_lead_to_the_payments_head_is_a_conflict(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let kept = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let mut cut = unit(&kept);
    cut.audit.clear();
    assert_refused(&stores.payments.commit(&cut).await, is_conflict);
    let mut behind = unit(&kept);
    for write in &mut behind.payments {
        write.payment.audit = kept.audit;
    }
    assert_refused(&stores.payments.commit(&behind).await, is_conflict);
    let mut alone = unit(&kept);
    alone.payments.clear();
    assert_refused(&stores.payments.commit(&alone).await, is_conflict);
    let records = stores.timeline.records(&kept.id).await.expect("the store reads");
    assert_eq!(verify_chain(&records, kept.audit), Ok(()));
}

/// The records of a payment come back in order, word for word, as a chain that ends at its head.
pub async fn timeline_is_in_order_and_its_chain_holds(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (mut payment, mut written) = (kit.payment("TRX-1"), Vec::new());
    commit_and_read(&stores, &kit.payment("TRX-2")).await;
    let mut events = AuditEvent::ALL.into_iter();
    for seconds in 0.. {
        let mut work = UnitOfWork::default();
        // Several links in one unit, and more than ten in all, so that they cannot be sorted as text.
        for event in events.by_ref().take(3) {
            let said = note(event, seconds).with("what", "it's \"so\"\n\u{1F600}").with("none", "");
            work.note(&mut payment, said.with_body(BodyRole::Request, event.word()));
        }
        if work.audit.is_empty() {
            break;
        }
        written.extend(work.audit.iter().cloned());
        work.write(payment.clone(), Due::Never);
        must_commit(&stores, &work).await;
        payment = read(&stores, &payment).await.expect("the payment is found");
    }
    let records = stores.timeline.records(&payment.id).await.expect("the store reads");
    assert_eq!(records, written);
    assert_eq!(verify_chain(&records, payment.audit), Ok(()));
}

/// A body is found by its digest, byte for byte, however often it was written.
pub async fn bodies_are_found_by_their_digest(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let bytes = b"\x00\xff{\"a\":1}\r\n".to_vec();
    let mut payment = kit.payment("TRX-1");
    for event in [AuditEvent::ChargeIntended, AuditEvent::ChargeOpened] {
        let mut work = UnitOfWork::default();
        work.note(&mut payment, note(event, 1).with_body(BodyRole::Response, bytes.clone()));
        work.write(payment.clone(), Due::Never);
        must_commit(&stores, &work).await;
        payment = read(&stores, &payment).await.expect("the payment is found");
    }
    let found = stores.timeline.body(&Digest::of(&bytes)).await.expect("the store reads");
    assert_eq!(found, Some(bytes));
    assert_eq!(stores.timeline.body(&Digest::of(b"other")).await.expect("the store reads"), None);
}
