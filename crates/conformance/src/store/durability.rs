//! What was acknowledged is there after a restart.

use mstore_pay_domain::audit::{Digest, verify_chain};
use mstore_pay_domain::charge::ChargeState;
use mstore_pay_domain::ids::{DeviceId, MerchantId};
use mstore_pay_domain::offline::{OfflineEntry, OfflineKind, OfflineReference};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{Accepted, CommitError};
use mstore_pay_domain::unit_of_work::{Due, LiveOrderWrite, OfflineWrite, OrderWrite, UnitOfWork};

use super::StoreHarness;
use super::fixtures::{
    AFTER_SHORT, Kit, LONG, SHORT, assert_refused, at, far_future, funds, inbox, must_commit, order_code, order_of,
    outbox, read, unit_due,
};

/// A payment with its money, order, message, delivery and chain survive a restart, and so do the rules
/// about them.
pub async fn everything_is_there_after_reopening(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = kit.payment("TRX-1");
    for charge in &mut payment.charges {
        charge.state = ChargeState::Paid(funds("py-1"));
    }
    let charge = payment.shown_charge().map(|charge| charge.id).expect("a charge");
    let (merchant, order_code) = (payment.merchant.clone(), payment.order_code.clone());
    let hold = LiveOrderWrite::Hold { merchant, order_code, payment: payment.id, charge };
    let mut work = unit_due(&payment, Due::At(at(10)));
    work.live_orders.push(hold.clone());
    work.orders.push(OrderWrite { order: order_of("TRX-1"), expected: Revision::NEW });
    let message = kit.message(&payment);
    work.outbox.push(message.clone());
    must_commit(&stores, &work).await;
    let before = read(&stores, &payment).await.expect("the payment is found");
    inbox(&stores).accept(&kit.delivery("{}"), kit.lease(LONG)).await.expect("the store accepts");
    let entry = offline_entry(&before.merchant);
    must_commit(&stores, &recording(&entry)).await;
    drop(stores);

    let stores = rig.reopen().await;
    assert_eq!(read(&stores, &payment).await.as_ref(), Some(&before));
    let order = stores.orders.order(&before.merchant, &before.order_code).await.expect("the store reads");
    assert!(order.is_some(), "the order");
    let records = stores.timeline.records(&before.id).await.expect("the store reads");
    assert!(!records.is_empty(), "the chain");
    assert_eq!(verify_chain(&records, before.audit), Ok(()));
    let sent = outbox(&stores).claim(10, kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(sent.into_iter().map(|held| held.message).collect::<Vec<_>>(), [message]);
    let due = stores.payments.claim_due(at(10), 10, kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(due.into_iter().map(|held| held.payment).collect::<Vec<_>>(), [before]);
    let again = inbox(&stores).accept(&kit.delivery("{}"), kit.lease(LONG)).await.expect("the store accepts");
    assert!(matches!(again, Accepted::Duplicate { deliveries: 2, .. }), "{again:?}");
    let again = stores.payments.commit(&recording(&entry)).await;
    assert_refused(&again, |error| matches!(error, CommitError::Duplicate { .. }));
    let mut second = unit_due(&kit.payment("TRX-1"), Due::Never);
    for write in &second.payments {
        let (merchant, order_code) = (write.payment.merchant.clone(), write.payment.order_code.clone());
        second.live_orders.push(LiveOrderWrite::Hold { merchant, order_code, payment: write.payment.id, charge });
    }
    let outcome = stores.payments.commit(&second).await;
    assert_refused(&outcome, |error| matches!(error, CommitError::OrderHeld { .. }));
}

fn recording(entry: &OfflineEntry) -> UnitOfWork {
    UnitOfWork { offline: vec![OfflineWrite::Record(entry.clone())], ..UnitOfWork::default() }
}

fn offline_entry(merchant: &MerchantId) -> OfflineEntry {
    OfflineEntry {
        merchant: merchant.clone(),
        device: DeviceId::parse("till").expect("a device"),
        reference: OfflineReference::parse("till-20251013-0001").expect("a reference"),
        kind: OfflineKind::Payment,
        fingerprint: Digest::of(b"entry"),
        created_at_device: at(1),
        received_at: at(2),
        branch: None,
        order_code: order_code("TRX-1"),
        server_id: "pay_1".to_owned(),
        body_json: "{}".to_owned(),
    }
}

/// A lease outlives the process that took it, and runs out all the same.
pub async fn leases_hold_and_run_out_across_reopening(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (held, vanished) = (kit.payment("TRX-1"), kit.payment("TRX-2"));
    must_commit(&stores, &unit_due(&held, Due::Leased(kit.lease(LONG)))).await;
    must_commit(&stores, &unit_due(&vanished, Due::Leased(kit.lease(SHORT)))).await;
    inbox(&stores).accept(&kit.delivery("1"), kit.lease(LONG)).await.expect("the store accepts");
    inbox(&stores).accept(&kit.delivery("2"), kit.lease(SHORT)).await.expect("the store accepts");
    drop(stores);

    let stores = rig.reopen().await;
    rig.pass(AFTER_SHORT).await;
    let due = stores.payments.claim_due(far_future(), 10, kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(due.iter().map(|due| due.payment.id).collect::<Vec<_>>(), [vanished.id]);
    let open = inbox(&stores).claim(10, kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(open.iter().map(|open| open.delivery.body.as_slice()).collect::<Vec<_>>(), [b"2"]);
}
