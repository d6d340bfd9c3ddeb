//! Orders: registered before or after their payments, and paid by them once.

use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use futures::executor::block_on;
use mstore_pay_domain::gateway::{
    AcceptedWebhook, CreateError, Gateway, Policies, RegisterError, RegisterOrder, Settled, Settler,
};
use mstore_pay_domain::ids::OrderCode;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::{Order, OrderState, OrderStatus};
use mstore_pay_domain::ports::{IdGenerator, PaymentRepository as _};
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};
use uuid::Uuid;

use crate::shop::{PRICE, PlainAnswers, Shop};

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

/// An order of that total that is registered before or after the money for its payment came: what is put before a person.
#[track_caller]
fn check_total(total: u32, is_paid_first: bool, want: &[&str]) {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let pay = || {
        shop.pay(&shop.shown(&payment.id), PRICE);
        shop.deliver_all();
    };
    if is_paid_first {
        pay();
    }
    let state = register(&shop, total).unwrap().state;
    if !is_paid_first {
        assert_eq!(state.status(), OrderStatus::PendingPayment);
        pay();
    }
    register(&shop, total).unwrap();
    shop.work();
    check(&shop, OrderStatus::Paid);
    assert_eq!(shop.exceptions(), want, "{total}, paid first: {is_paid_first}");
    shop.record(&payment.id);
}

#[test]
fn money_that_is_not_what_its_order_costs_pays_it_and_is_put_before_a_person() {
    for is_paid_first in [true, false] {
        check_total(PRICE, is_paid_first, &[]);
        check_total(PRICE - 1, is_paid_first, &["overpaid"]);
        check_total(PRICE + 1, is_paid_first, &["underpaid"]);
    }
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

/// Ids whose first is late: something happens before it is given.
struct Interrupted<F>(Arc<dyn IdGenerator>, Mutex<Option<F>>);

impl<F: FnOnce() + Send> IdGenerator for Interrupted<F> {
    fn uuid(&self) -> Uuid {
        let act = self.1.lock().unwrap().take();
        if let Some(act) = act {
            act();
        }
        self.0.uuid()
    }
}

/// A gateway on the shop's world that is interrupted by `act` between reading and writing.
fn interrupted(shop: &Shop, act: impl FnOnce() + Send + 'static) -> Gateway {
    let mut ports = shop.world.ports();
    ports.ids = Arc::new(Interrupted(ports.ids, Mutex::new(Some(act))));
    Gateway::new(ports, Policies::default())
}

/// An order's payment that ended and was paid all the same, and settling the webhook that tells of it.
fn paid_late(shop: &Shop) -> impl FnOnce() + Send + use<> {
    let ended = shop.sell("TRX-1");
    shop.pass(400);
    shop.pay(&shop.shown(&ended.id), PRICE);
    let told = shop.webhooks().pop().unwrap();
    let (gateway, provider) = (shop.gateway.clone(), shop.world.account.provider.clone());
    move || {
        let accepted = gateway.accept_webhook(&provider, None, &told, Settler::Caller).now_or_never();
        let Some(Ok(AcceptedWebhook::New { leased, .. })) = accepted else { panic!("expected a new delivery") };
        assert!(matches!(gateway.settle_webhook(&leased).now_or_never(), Some(Ok(Settled::Done))));
    }
}

#[test]
fn money_that_comes_while_another_payment_is_intended_leaves_no_second_qr() {
    let shop = Shop::open();
    let gateway = interrupted(&shop, paid_late(&shop));
    let refused = block_on(gateway.create(&Shop::command("TRX-1", PRICE), &PlainAnswers));
    assert!(matches!(refused, Err(CreateError::OrderAlreadyPaid { payment: Some(_) })), "{refused:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn money_whose_order_is_registered_behind_its_back_pays_it_with_the_next_decision() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let mut order = register(&shop, PRICE).unwrap();
    order.state = OrderState::PendingPayment;
    let write = OrderWrite { expected: order.revision, order };
    block_on(shop.world.store.commit(&UnitOfWork { orders: vec![write], ..UnitOfWork::default() })).unwrap();
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    check(&shop, OrderStatus::Paid);
}
