//! Money that the provider takes back: its order is unpaid again, unless something else pays it.

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{CashError, CreateError, CreatePayment, Created, PostError};
use mstore_pay_domain::ids::{OrderCode, ProviderRef};
use mstore_pay_domain::memory::{BookedCharge, ScriptedWebhooks};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::order::{Order, OrderState, OrderStatus, PaidBy};
use mstore_pay_domain::own_ledger::OwnLedger;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{OrderRepository as _, PaymentRepository as _, TransactionLedger as _};
use mstore_pay_domain::unit_of_work::{OrderWrite, UnitOfWork};

use crate::cash::cash;
use crate::offline::stored;
use crate::shop::{PRICE, Shop};

fn code() -> OrderCode {
    OrderCode::parse("TRX-1").unwrap()
}

impl Shop {
    fn order(&self) -> Order {
        block_on(self.world.store.order(&Self::scope().merchant, &code())).unwrap().unwrap()
    }

    fn post(&self) -> Result<OrderStatus, PostError> {
        let posted = block_on(self.gateway.post_order(&Self::scope(), &code(), &Actor::Worker));
        posted.map(|order| order.state.status())
    }

    /// The provider takes money back, and tells.
    fn take_back(&self, money: &ProviderRef) {
        self.world.provider.reverse(money).unwrap();
        let is_its = |booked: &BookedCharge| booked.payments.iter().any(|paid| &paid.receipt.payment_ref == money);
        let booked = self.books().into_iter().find(is_its).unwrap();
        let body = format!("event=refunded\ncharge={}\norder=TRX-1", booked.charge_ref);
        self.deliver(&ScriptedWebhooks::signed(&self.world.account, body));
    }

    /// A registered order that was paid by a QR payment, and that money.
    fn paid_order() -> (Self, Payment, ProviderRef) {
        let shop = Self::open();
        shop.register("TRX-1");
        let payment = shop.sell("TRX-1");
        let money = shop.pay(&shop.shown(&payment.id), PRICE);
        shop.deliver_all();
        assert_eq!(shop.order().state.status(), OrderStatus::Paid);
        (shop, payment, money)
    }

    /// The same, whose money was taken back.
    fn unpaid_again() -> (Self, Payment) {
        let (shop, payment, money) = Self::paid_order();
        shop.take_back(&money);
        assert_eq!(shop.status(&payment.id), PaymentStatus::Reversed);
        (shop, payment)
    }
}

/// Where the order stands, and what was put before a person.
#[track_caller]
fn check(shop: &Shop, want: OrderStatus, raised: &[&str]) {
    assert_eq!((shop.order().state.status(), shop.exceptions()), (want, raised.to_vec()));
}

#[test]
fn an_order_whose_money_was_taken_back_is_unpaid_and_is_sold_again() {
    let (shop, _) = Shop::unpaid_again();
    check(&shop, OrderStatus::Failed, &["reversed"]);
    let again = shop.sell("TRX-1");
    check(&shop, OrderStatus::PendingPayment, &["reversed"]);
    shop.pay(&shop.shown(&again.id), PRICE);
    shop.deliver_all();
    check(&shop, OrderStatus::Paid, &["reversed"]);
    assert_eq!(shop.order().state.paid_by(), Some(PaidBy::Payment(again.id)));
}

#[test]
fn money_that_was_taken_back_does_not_go_to_the_books() {
    let (shop, _) = Shop::unpaid_again();
    assert!(matches!(shop.post(), Err(PostError::NotPaid)));
    check(&shop, OrderStatus::Failed, &["reversed"]);
}

/// An order that an earlier version left paid when its money was taken back.
fn left_paid() -> Shop {
    let (shop, payment) = Shop::unpaid_again();
    let order = shop.order();
    let state = OrderState::Paid { at: payment.created_at, by: PaidBy::Payment(payment.id) };
    let write = OrderWrite { expected: order.revision, order: Order { state, ..order } };
    block_on(shop.world.store.commit(&UnitOfWork { orders: vec![write], ..UnitOfWork::default() })).unwrap();
    shop
}

#[test]
fn an_order_that_was_left_paid_pays_again_by_the_cash_that_a_till_reports() {
    let shop = left_paid();
    stored(&shop.sync_one("till", &shop.cash("T-20251013-1", "TRX-1", PRICE)));
    // What the till took while the order seemed paid is a person's to look at, and it is what pays the order.
    check(&shop, OrderStatus::Paid, &["paid_twice", "reversed"]);
    assert_eq!(shop.order().state.paid_by(), Some(PaidBy::Cash));
}

#[test]
fn an_order_that_was_left_paid_when_its_money_was_taken_back_does_not_go_to_the_books() {
    let shop = left_paid();
    assert!(matches!(shop.post(), Err(PostError::NotPaid)));
    check(&shop, OrderStatus::Failed, &["reversed"]);
}

#[test]
fn cash_pays_an_order_whose_money_was_taken_back_and_is_not_paid_twice() {
    let (shop, _) = Shop::unpaid_again();
    assert_eq!(block_on(shop.gateway.take_cash(&cash("TRX-1", PRICE))).unwrap().state.status(), OrderStatus::Paid);
    check(&shop, OrderStatus::Paid, &["reversed"]);
    let (shop, _) = Shop::unpaid_again();
    stored(&shop.sync_one("till", &shop.cash("T-20251013-1", "TRX-1", PRICE)));
    check(&shop, OrderStatus::Paid, &["reversed"]);
}

#[test]
fn an_order_that_was_paid_twice_stays_paid_by_the_money_that_stands() {
    let shop = Shop::open();
    shop.register("TRX-1");
    let first = shop.sell("TRX-1");
    let name = shop.shown(&first.id);
    let by_transfer = CreatePayment { method: Method::VaBca, ..Shop::command("TRX-1", PRICE) };
    let Ok(Created::Open(second)) = shop.create(&by_transfer) else { panic!("no account") };
    let money = shop.pay(&name, PRICE);
    shop.deliver_all();
    shop.pay(&shop.payment(&second.id).charges[0].our_reference.to_string(), PRICE);
    shop.deliver_all();
    assert_eq!(shop.order().state.paid_by(), Some(PaidBy::Payment(first.id)));
    shop.take_back(&money);
    check(&shop, OrderStatus::Paid, &["paid_twice", "reversed"]);
    assert_eq!(shop.order().state.paid_by(), Some(PaidBy::Payment(second.id)));
}

#[test]
fn money_that_pays_no_order_is_taken_back_without_a_trace_on_it() {
    let (shop, first, _) = Shop::paid_order();
    let beside = shop.pay(&first.charges[0].our_reference.to_string(), PRICE);
    shop.deliver_all();
    shop.take_back(&beside);
    check(&shop, OrderStatus::Paid, &["paid_twice", "reversed"]);
    assert_eq!(shop.order().state.paid_by(), Some(PaidBy::Payment(first.id)));
}

#[test]
fn an_order_stays_paid_by_the_cash_that_was_taken_beside_the_money() {
    let (shop, _, money) = Shop::paid_order();
    let before = shop.order().revision;
    stored(&shop.sync_one("till", &shop.cash("T-20251013-1", "TRX-1", PRICE)));
    assert_ne!(shop.order().revision, before, "whoever decides by the cash that there is notices");
    shop.take_back(&money);
    check(&shop, OrderStatus::Paid, &["paid_twice", "reversed"]);
    assert_eq!(shop.order().state.paid_by(), Some(PaidBy::Cash));
}

#[test]
fn what_is_in_the_books_stays_there_and_is_not_sold_again() {
    let (shop, _, money) = Shop::paid_order();
    assert_eq!(shop.post().unwrap(), OrderStatus::Synced);
    shop.take_back(&money);
    check(&shop, OrderStatus::Synced, &["reversed"]);
    let refused = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(refused, Err(CreateError::OrderAlreadyPaid { payment: None })), "{refused:?}");
    let refused = block_on(shop.gateway.take_cash(&cash("TRX-1", PRICE)));
    assert!(matches!(refused, Err(CashError::AlreadyPaid { payment: None })), "{refused:?}");
}

#[test]
fn a_ledger_that_is_told_late_of_money_that_was_taken_back_leaves_the_order_unpaid() {
    let (shop, payment) = Shop::unpaid_again();
    let ledger = OwnLedger::new(shop.world.store.clone(), shop.world.store.clone());
    let (merchant, paid_at, order) = (&payment.merchant, payment.created_at, code());
    block_on(ledger.verify_payment(merchant, &order, &payment.id, &payment.amount, paid_at)).unwrap();
    check(&shop, OrderStatus::Failed, &["reversed"]);
}
