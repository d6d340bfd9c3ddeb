//! Orders: registered before or after their payments, and paid by them once.

use futures::executor::block_on;
use mstore_pay_domain::gateway::{CreateError, RegisterError, RegisterOrder};
use mstore_pay_domain::ids::OrderCode;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::{Order, OrderStatus};

use crate::shop::{PRICE, Shop};

fn register(shop: &Shop, total: u32) -> Result<Order, RegisterError> {
    block_on(shop.gateway.register_order(&RegisterOrder {
        scope: Shop::scope(),
        code: OrderCode::parse("TRX-1").unwrap(),
        grand_total: Money::from(total),
        payment_method: None,
        body_json: None,
    }))
}

#[track_caller]
fn check(shop: &Shop, want: OrderStatus) {
    let order = block_on(shop.gateway.read_order(&Shop::scope(), &OrderCode::parse("TRX-1").unwrap()));
    assert_eq!(order.unwrap().unwrap().state.status(), want);
}

#[test]
fn an_order_goes_from_draft_over_pending_to_paid() {
    let shop = Shop::open();
    register(&shop, PRICE).unwrap();
    check(&shop, OrderStatus::Draft);
    let payment = shop.sell("TRX-1");
    check(&shop, OrderStatus::PendingPayment);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    check(&shop, OrderStatus::Paid);
    shop.work();
    check(&shop, OrderStatus::Paid);
}

#[test]
fn a_payment_of_another_amount_than_the_order_is_refused() {
    let shop = Shop::open();
    register(&shop, PRICE + 1).unwrap();
    let refused = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(refused, Err(CreateError::AmountMismatch { .. })), "{refused:?}");
    assert!(shop.books().is_empty());
}

#[test]
fn an_order_registered_after_its_payment_stands_where_that_brought_it() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    register(&shop, PRICE).unwrap();
    check(&shop, OrderStatus::Paid);
}

#[test]
fn registering_again_gives_the_same_and_another_total_is_refused() {
    let shop = Shop::open();
    let first = register(&shop, PRICE).unwrap();
    assert_eq!(register(&shop, PRICE).unwrap().created_at, first.created_at);
    assert!(matches!(register(&shop, PRICE + 1), Err(RegisterError::Differs { .. })));
}

#[test]
fn a_paid_order_takes_no_other_payment() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let refused = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(refused, Err(CreateError::OrderAlreadyPaid { payment: Some(_) })), "{refused:?}");
}
