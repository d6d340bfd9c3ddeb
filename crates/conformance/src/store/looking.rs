//! Looking again at a payment that was looked at before.

use futures::future::join_all;
use mstore_pay_domain::charge::{ChargeState, Opening};
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{PaymentInOrder, PaymentName, Prunable};
use mstore_pay_domain::unit_of_work::{Due, OrderWrite, UnitOfWork};

use super::fixtures::{
    Kit, LONG, at, commit_and_read, funds, must_commit, order_of, provider_ref, read, unit, unit_due,
};
use super::{StoreHarness, Stores};

/// Whoever looks again sees what changed meanwhile, whatever that was: questions that were asked about the payment, its
/// charges, its order, who paid that, its own money; and what nothing happened to is as it was.
pub async fn whoever_looks_again_sees_what_changed(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let waiting = with_name(kit.payment("TRX-1"), "pr-1");
    must_commit(&stores, &unit_due(&waiting, Due::At(at(100)))).await;
    seen(&stores, &waiting).await;
    let first = seen(&stores, &waiting).await;

    let claimed = stores.payments.claim_due(at(200), 10, kit.lease(LONG)).await.expect("the store claims");
    let held = claimed.first().expect("it is due");
    stores.payments.reschedule(&waiting.id, held.token, at(150), &None).await.expect("the store reschedules");
    let asked_about = seen(&stores, &waiting).await;
    assert_eq!((asked_about.payment.checks.count, asked_about.payment.checks.last_at), (1, Some(at(150))));
    let still = Payment { checks: first.payment.checks, ..asked_about.payment.clone() };
    assert_eq!(still, first.payment, "all else is as it was");

    let mut opened = asked_about.payment;
    opened.charges.push(kit.charge(&opened.order_code));
    let opened = commit_and_read(&stores, &opened).await;
    let moved = seen(&stores, &opened).await;
    assert_eq!(moved.payment.charges.len(), 2);

    let write = OrderWrite { order: order_of("TRX-1"), expected: Revision::NEW };
    must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
    let registered = seen(&stores, &opened).await;
    assert!(registered.order.is_some(), "its order is registered");
    assert_eq!(PaymentInOrder { order: None, ..registered }, moved, "all else is as it was");

    let other = commit_and_read(&stores, &with_money(kit.payment("TRX-1"))).await;
    assert_eq!(seen(&stores, &opened).await.paid_by, Some(other.id));

    let settled = commit_and_read(&stores, &with_money(opened)).await;
    assert_eq!(seen(&stores, &settled).await.payment, settled);
}

/// Who looked at a payment before its customer was forgotten is not told of the customer when they look again.
pub async fn whoever_looks_again_is_not_told_of_a_customer_who_was_forgotten(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut sold = with_name(kit.payment("TRX-1"), "pr-1");
    sold.details.customer_name = Some("Siti".to_owned());
    must_commit(&stores, &unit(&sold)).await;
    for _look in 0..2 {
        assert_eq!(seen(&stores, &sold).await.payment.details, sold.details);
    }
    let pruned = stores.retention.prune(Prunable::Customers, at(1_000), 10).await;
    assert_eq!(pruned.expect("the store prunes"), 1);
    assert_eq!(seen(&stores, &sold).await.payment.details.customer_name, None);
}

/// A provider's id that two payments have means the oldest, whoever looked at which of them before and looks at it now, and
/// whatever becomes of them.
pub async fn whoever_looks_again_by_a_name_of_two_payments_sees_the_oldest(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let newer = with_name(Payment { created_at: at(10), ..kit.payment("TRX-2") }, "pr-1");
    let mut older = with_name(kit.payment("TRX-1"), "pr-1");
    for charge in &mut older.charges {
        charge.account = AccountId::parse("shop").expect("an account");
    }
    let by_name = || PaymentName::ProviderRef(provider_ref("pr-1"));
    let newer = commit_and_read(&stores, &newer).await;
    for _look in 0..2 {
        assert_eq!(look(&stores, &newer, by_name()).await.map(|found| found.payment), Some(newer.clone()));
    }
    let older = commit_and_read(&stores, &older).await;
    told_of_each(&stores, &older, &newer).await;
    told_of_each(&stores, &older, &newer).await;
    let older = commit_and_read(&stores, &with_money(older)).await;
    told_of_each(&stores, &older, &newer).await;
    told_of_each(&stores, &older, &newer).await;
}

/// Several look at once at two payments, of whom the id that both have means the older.
async fn told_of_each(stores: &Stores, older: &Payment, newer: &Payment) {
    let by_name = (PaymentName::ProviderRef(provider_ref("pr-1")), older);
    let asked =
        [by_name.clone(), (PaymentName::Id(newer.id), newer), by_name.clone(), (PaymentName::Id(older.id), older)];
    let found = join_all(asked.iter().map(|(name, _)| look(stores, older, name.clone()))).await;
    for ((name, want), found) in asked.iter().zip(found) {
        assert_eq!(found.map(|found| found.payment).as_ref(), Some(*want), "by {name:?}");
    }
    let alone = look(stores, older, by_name.0).await;
    assert_eq!(alone.map(|found| found.payment).as_ref(), Some(older));
}

/// A payment whose charge waits for its money under a name of the provider's.
fn with_name(mut payment: Payment, name: &str) -> Payment {
    for charge in &mut payment.charges {
        charge.opening = Opening::Found { provider_ref: provider_ref(name), at: at(1) };
        charge.state = ChargeState::Pending;
    }
    payment
}

fn with_money(mut payment: Payment) -> Payment {
    for charge in &mut payment.charges {
        charge.state = ChargeState::Paid(funds(&format!("py-{}", charge.id)));
    }
    payment
}

async fn look(stores: &Stores, payment: &Payment, name: PaymentName) -> Option<PaymentInOrder> {
    stores.payments.payment_in_order(&payment.merchant, &name).await.expect("the store reads")
}

/// What is seen of a payment by either name, which is what reading each part of it by itself gives.
async fn seen(stores: &Stores, payment: &Payment) -> PaymentInOrder {
    let alone = read(stores, payment).await.expect("the payment is found");
    let (merchant, code) = (&alone.merchant, &alone.order_code);
    let order = stores.orders.order(merchant, code).await.expect("the store reads");
    let paid_by = stores.payments.paid_of_order(merchant, code).await.expect("the store reads");
    let by_provider = alone.charges.iter().find_map(|charge| charge.provider_ref().cloned());
    let names = [PaymentName::Id(alone.id), PaymentName::ProviderRef(by_provider.expect("it has a name"))];
    let by_parts = PaymentInOrder { payment: alone, order, paid_by };
    for name in names {
        assert_eq!(look(stores, payment, name).await, Some(by_parts.clone()));
    }
    by_parts
}
