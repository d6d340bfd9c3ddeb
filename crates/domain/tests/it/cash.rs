//! Cash, voids and the books: what ends an order without a provider.

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{CashError, PostError, RegisterOrder, TakeCash, VoidError, VoidOrder};
use mstore_pay_domain::ids::{DeviceId, OrderCode, UserId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::{OrderStatus, PaidBy};
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::OrderRepository as _;

use crate::shop::{PRICE, Shop};

pub(crate) fn cash(order: &str, amount: u32) -> TakeCash {
    TakeCash {
        scope: Shop::scope(),
        user: UserId::parse("7").unwrap(),
        code: OrderCode::parse(order).unwrap(),
        amount: Money::from(amount),
        device: DeviceId::parse("till").ok(),
    }
}

fn void(order: &str) -> VoidOrder {
    let code = OrderCode::parse(order).unwrap();
    VoidOrder { scope: Shop::scope(), actor: Actor::Worker, code, reason: Some("went away".to_owned()) }
}

impl Shop {
    pub(crate) fn register(&self, order: &str) {
        let register = RegisterOrder {
            scope: Self::scope(),
            code: OrderCode::parse(order).unwrap(),
            grand_total: Money::from(PRICE),
            payment_method: None,
            body_json: None,
        };
        block_on(self.gateway.register_order(&register)).unwrap();
    }

    fn take_cash(&self, order: &str) -> Result<OrderStatus, CashError> {
        block_on(self.gateway.take_cash(&cash(order, PRICE))).map(|order| order.state.status())
    }

    fn void(&self, order: &str) -> Result<OrderStatus, VoidError> {
        block_on(self.gateway.void_order(&void(order))).map(|order| order.state.status())
    }

    fn tenders(&self, order: &str) -> usize {
        let code = OrderCode::parse(order).unwrap();
        block_on(self.world.store.tenders(&Self::scope().merchant, &code)).unwrap().len()
    }
}

#[test]
fn cash_pays_an_order_once_however_often_it_is_told() {
    let shop = Shop::open();
    shop.register("TRX-1");
    for _ in 0..3 {
        assert_eq!(shop.take_cash("TRX-1").unwrap(), OrderStatus::Paid);
    }
    assert_eq!(shop.tenders("TRX-1"), 1);
    let code = OrderCode::parse("TRX-1").unwrap();
    let order = block_on(shop.world.store.order(&Shop::scope().merchant, &code)).unwrap().unwrap();
    assert_eq!(order.state.paid_by(), Some(PaidBy::Cash));
}

#[test]
fn cash_at_a_second_till_is_not_taken_for_the_first_ones() {
    let shop = Shop::open();
    shop.register("TRX-1");
    shop.take_cash("TRX-1").unwrap();
    let elsewhere = TakeCash { device: DeviceId::parse("till-2").ok(), ..cash("TRX-1", PRICE) };
    let refused = block_on(shop.gateway.take_cash(&elsewhere));
    assert!(matches!(refused, Err(CashError::AlreadyPaid { payment: None })), "{refused:?}");
}

#[test]
fn cash_must_be_what_a_known_order_costs() {
    let shop = Shop::open();
    assert!(matches!(shop.take_cash("TRX-1"), Err(CashError::NotFound)));
    shop.register("TRX-1");
    let less = block_on(shop.gateway.take_cash(&cash("TRX-1", PRICE - 1)));
    assert!(matches!(less, Err(CashError::AmountMismatch { .. })));
    assert_eq!(shop.tenders("TRX-1"), 0);
}

#[test]
fn cash_closes_the_qr_code_first_and_money_for_it_later_is_paid_twice() {
    let shop = Shop::open();
    shop.register("TRX-1");
    let qr = shop.sell("TRX-1");
    let name = shop.shown(&qr.id);
    assert_eq!(shop.take_cash("TRX-1").unwrap(), OrderStatus::Paid);
    let closed = shop.payment(&qr.id);
    assert_eq!(closed.status(), PaymentStatus::Canceled);
    assert!(!closed.can_be_shown());
    shop.pay(&name, PRICE);
    shop.deliver_all();
    assert_eq!(shop.exceptions(), ["paid_twice"]);
}

#[test]
fn money_that_came_first_is_found_before_cash_or_a_void_is_taken_in() {
    let shop = Shop::open();
    for order in ["TRX-1", "TRX-2"] {
        shop.register(order);
        let qr = shop.sell(order);
        shop.pay(&shop.shown(&qr.id), PRICE);
    }
    assert!(matches!(shop.take_cash("TRX-1"), Err(CashError::AlreadyPaid { payment: Some(_) })));
    assert_eq!(shop.tenders("TRX-1"), 0);
    assert!(matches!(shop.void("TRX-2"), Err(VoidError::AlreadyPaid { .. })));
    assert!(shop.exceptions().is_empty());
}

#[test]
fn money_for_an_order_that_was_called_off_is_paid_after_void() {
    let shop = Shop::open();
    shop.register("TRX-1");
    let name = shop.shown(&shop.sell("TRX-1").id);
    for _ in 0..2 {
        assert_eq!(shop.void("TRX-1").unwrap(), OrderStatus::Voided);
    }
    assert!(matches!(shop.take_cash("TRX-1"), Err(CashError::Voided)));
    shop.pay(&name, PRICE);
    shop.deliver_all();
    assert_eq!(shop.exceptions(), ["paid_after_void"]);
}

#[test]
fn a_void_is_on_the_merchants_record_with_who_and_why_whether_or_not_anything_was_to_be_paid() {
    let shop = Shop::open();
    shop.register("TRX-1");
    shop.register("TRX-2");
    let shown = shop.sell("TRX-2");
    for order in ["TRX-1", "TRX-2", "TRX-1"] {
        assert_eq!(shop.void(order).unwrap(), OrderStatus::Voided);
    }
    let voided = ("worker".to_owned(), "order_voided".to_owned(), Some("went away".to_owned()));
    assert_eq!(shop.merchant_record(), [voided.clone(), voided]);
    assert!(shop.record(&shown.id).contains(&"order_voided".to_owned()));
}

#[test]
fn only_a_paid_order_goes_into_the_books() {
    let shop = Shop::open();
    shop.register("TRX-1");
    let code = OrderCode::parse("TRX-1").unwrap();
    let post = || block_on(shop.gateway.post_order(&Shop::scope(), &code, &Actor::Worker));
    assert!(matches!(post(), Err(PostError::NotPaid)));
    shop.take_cash("TRX-1").unwrap();
    for _ in 0..2 {
        assert_eq!(post().unwrap().state.status(), OrderStatus::Synced);
    }
    assert_eq!(shop.take_cash("TRX-1").unwrap(), OrderStatus::Synced);
    assert_eq!(shop.tenders("TRX-1"), 1);
}
