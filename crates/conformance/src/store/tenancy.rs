//! One merchant never reads what is another's.

use mstore_pay_domain::charge::Opening;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::PaymentName;
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

use super::StoreHarness;
use super::fixtures::{
    Kit, at, commit_and_read, merchant, must_commit, order_code, order_of, other_merchant, provider_ref, read,
};

/// Payments and orders under the same names are each merchant's own, and no read shows another's.
pub async fn nothing_of_another_merchant_is_read(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = kit.payment("TRX-1");
    for charge in &mut payment.charges {
        charge.opening = Opening::Found { provider_ref: provider_ref("pr-1"), at: at(1) };
    }
    let mine = commit_and_read(&stores, &payment).await;
    let write = OrderWrite { order: order_of("TRX-1"), expected: Revision::NEW };
    must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
    let (theirs, code) = (other_merchant(), order_code("TRX-1"));
    let payments = &stores.payments;
    assert_eq!(payments.payment(&theirs, &mine.id).await.expect("the store reads"), None, "by id");
    for name in [PaymentName::Id(mine.id), PaymentName::ProviderRef(provider_ref("pr-1"))] {
        let found = payments.payment_in_order(&theirs, &name).await.expect("the store reads");
        assert_eq!(found, None, "by {name:?}, in its order");
    }
    let found = payments.by_provider_ref(&theirs, &provider_ref("pr-1")).await.expect("the store reads");
    assert_eq!(found, None, "by the provider's id");
    assert_eq!(payments.of_order(&theirs, &code).await.expect("the store reads"), [], "by order");
    assert_eq!(stores.orders.order(&theirs, &code).await.expect("the store reads"), None, "the order");
    // The same names, theirs.
    let other = commit_and_read(&stores, &kit.payment_of(theirs.clone(), "TRX-1")).await;
    let mut order = order_of("TRX-1");
    order.merchant = theirs.clone();
    let write = OrderWrite { order, expected: Revision::NEW };
    must_commit(&stores, &UnitOfWork { orders: vec![write], ..UnitOfWork::default() }).await;
    assert_eq!(payments.of_order(&theirs, &code).await.expect("the store reads"), [other]);
    assert_eq!(payments.of_order(&merchant(), &code).await.expect("the store reads"), std::slice::from_ref(&mine));
    assert_eq!(read(&stores, &mine).await, Some(mine));
}
