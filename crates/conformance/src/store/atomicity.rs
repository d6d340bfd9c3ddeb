//! A unit of work is applied whole or not at all.

use mstore_pay_domain::audit::{AuditBody, BodyRole, Digest};
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::exception::{ExceptionState, Misfit, MoneyException};
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer};
use mstore_pay_domain::ids::{ChargeId, IdempotencyKey, LeaseToken};
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{Accepted, ExceptionFilter, Prunable};
use mstore_pay_domain::unit_of_work::{
    Due, ExceptionWrite, IdempotencyWrite, InboxFate, InboxMark, LiveOrderWrite, OrderWrite, UnitOfWork,
};
use mstore_pay_domain::webhook::LeasedDelivery;

use super::fixtures::{
    Kit, LONG, at, commit_and_read, far_future, inbox, merchant, must_commit, order_of, outbox, read, unit_due,
};
use super::{StoreHarness, Stores};

const BODY: &[u8] = b"{\"kept\":true}";

/// One of everything, all about one payment.
struct Whole {
    payment: Payment,
    message: OutboxMessage,
    slot: IdempotencySlot,
    held: LeasedDelivery,
    work: UnitOfWork,
}

async fn take_in(stores: &Stores, kit: &Kit, body: &str) -> LeasedDelivery {
    match inbox(stores).accept(&kit.delivery(body), kit.lease(LONG)).await.expect("the store accepts") {
        Accepted::New(held) => held,
        Accepted::Duplicate { .. } => panic!("a new delivery was taken for a duplicate"),
    }
}

async fn whole(stores: &Stores, kit: &Kit, order: &str) -> Whole {
    let payment = kit.payment(order);
    let held = take_in(stores, kit, order).await;
    let message = kit.message(&payment);
    let slot = IdempotencySlot {
        merchant: merchant(),
        route: "POST /payments".to_owned(),
        key: IdempotencyKey::parse(order).expect("a key"),
    };
    let record = IdempotencyRecord {
        slot: slot.clone(),
        fingerprint: Digest::of(b"request"),
        payment: payment.id,
        expires_at: at(86_400),
        answer: KeptAnswer::Current,
    };
    let charge = payment.charges.first().map(|charge| charge.id).expect("a charge");
    let mut work = unit_due(&payment, Due::At(at(10)));
    work.orders.push(OrderWrite { order: order_of(order), expected: Revision::NEW });
    work.live_orders.push(hold(&payment, charge));
    work.exceptions.push(ExceptionWrite::Raise(exception(kit, &payment)));
    work.idempotency.push(IdempotencyWrite::Claim { record, now: at(0) });
    work.inbox.push(InboxMark { delivery: held.delivery.id, token: held.token, fate: InboxFate::Done });
    work.outbox.push(message.clone());
    work.bodies.push(AuditBody { role: BodyRole::Callback, bytes: BODY.to_vec() });
    Whole { payment, message, slot, held, work }
}

fn hold(payment: &Payment, charge: ChargeId) -> LiveOrderWrite {
    let (merchant, order_code) = (payment.merchant.clone(), payment.order_code.clone());
    LiveOrderWrite::Hold { merchant, order_code, payment: payment.id, charge }
}

fn exception(kit: &Kit, payment: &Payment) -> MoneyException {
    MoneyException {
        id: kit.exception_id(),
        merchant: Some(payment.merchant.clone()),
        order_code: Some(payment.order_code.clone()),
        payment: Some(payment.id),
        charge: payment.shown_charge().map(|charge| charge.id),
        misfit: Misfit::OutcomeUnknown,
        at: at(1),
        state: ExceptionState::Open,
    }
}

/// What is there of a unit: payment, order, exception, key, message, records, body, due payment.
async fn traces(stores: &Stores, kit: &Kit, whole: &Whole) -> [bool; 8] {
    let payment = read(stores, &whole.payment).await;
    let code = &whole.payment.order_code;
    let order = stores.orders.order(&merchant(), code).await.expect("the store reads");
    let filter = ExceptionFilter::Payment(whole.payment.id);
    let exceptions = stores.exceptions.exceptions(&filter, None, 10).await.expect("the store reads");
    let key = stores.idempotency.idempotency(&whole.slot).await.expect("the store reads");
    let sent = outbox(stores).claim(100, kit.lease(LONG)).await.expect("the store claims");
    let records = stores.timeline.records(&whole.payment.id).await.expect("the store reads");
    let body = stores.timeline.body(&Digest::of(BODY)).await.expect("the store reads");
    let due = stores.payments.claim_due(far_future(), 100, kit.lease(LONG)).await.expect("the store claims");
    [
        payment.is_some(),
        order.is_some(),
        !exceptions.is_empty(),
        key.is_some(),
        sent.iter().any(|sent| sent.message == whole.message),
        !records.is_empty(),
        body.as_deref() == Some(BODY),
        due.iter().any(|due| due.payment.id == whole.payment.id),
    ]
}

/// How many deliveries are open, and how many were dealt with: as many as can be forgotten, which they are by this.
async fn deliveries(stores: &Stores) -> (u64, u64) {
    let open = stores.inbox.counts().await.expect("the store counts").open;
    let forgotten = stores.retention.prune(Prunable::DoneDeliveries, far_future(), 10).await;
    (open, forgotten.expect("the store prunes"))
}

/// The state and everything that goes with it commit together: order, live order, exception,
/// idempotency key, webhook mark, message, audit record and body.
pub async fn all_parts_of_a_unit_are_there_together(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let whole = whole(&stores, &kit, "TRX-1").await;
    must_commit(&stores, &whole.work).await;
    assert_eq!(traces(&stores, &kit, &whole).await, [true; 8]);
    assert_eq!(deliveries(&stores).await, (0, 1), "the webhook is settled with what it did");
}

/// Spoils one part of a unit, so that it alone makes the unit fail.
type Spoil = fn(&mut UnitOfWork, &Whole);

const SPOILED: [(&str, Spoil); 7] = [
    ("an outdated payment", |work, earlier| {
        work.payments.extend(earlier.work.payments.iter().cloned());
    }),
    ("an outdated order", |work, earlier| work.orders.extend(earlier.work.orders.iter().cloned())),
    ("a held order", |work, earlier| {
        for write in &mut work.live_orders {
            if let LiveOrderWrite::Hold { order_code, .. } = write {
                order_code.clone_from(&earlier.payment.order_code);
            }
        }
    }),
    ("a taken key", |work, earlier| work.idempotency.extend(earlier.work.idempotency.iter().cloned())),
    ("a lost delivery", |work, earlier| {
        let (delivery, token) = (earlier.held.delivery.id, LeaseToken::new(earlier.payment.id.uuid()));
        work.inbox.push(InboxMark { delivery, token, fate: InboxFate::Done });
    }),
    ("a message that was written before", |work, earlier| work.outbox.push(earlier.message.clone())),
    ("an audit record out of order", |work, earlier| work.audit.extend(earlier.work.audit.iter().cloned())),
];

/// A unit of which one part fails leaves nothing behind, whichever part it is.
pub async fn a_failing_part_leaves_nothing_of_the_unit(h: &dyn StoreHarness) {
    for (what, spoil) in SPOILED {
        let (rig, kit) = (h.fresh().await, Kit::default());
        let stores = rig.stores();
        let earlier = {
            let mut earlier = whole(&stores, &kit, "TRX-1").await;
            earlier.work.bodies.clear();
            must_commit(&stores, &earlier.work).await;
            earlier
        };
        let mut failing = whole(&stores, &kit, "TRX-2").await;
        spoil(&mut failing.work, &earlier);
        let outcome = stores.payments.commit(&failing.work).await;
        assert!(outcome.is_err(), "{what} was committed");
        assert_eq!(traces(&stores, &kit, &failing).await, [false; 8], "traces after {what}");
        assert_eq!(deliveries(&stores).await, (1, 1), "deliveries after {what}");
        // The order is free: the failed unit does not hold it.
        let next = commit_and_read(&stores, &kit.payment("TRX-2")).await;
        let charge = next.charges.first().map(|charge| charge.id).expect("a charge");
        must_commit(&stores, &UnitOfWork { live_orders: vec![hold(&next, charge)], ..UnitOfWork::default() }).await;
    }
}
