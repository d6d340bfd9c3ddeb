//! What whoever sells decides on: asked for once, and again where it may have changed.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::gateway::{AcceptedWebhook, CreateError, Created, Gateway, Policies, Ports, Settler};
use mstore_pay_domain::memory::{MemoryStore, Mishap};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::{Intake, Payment};
use mstore_pay_domain::ports::{
    BeforeSale, Certainty, MockIdempotencyStore, MockPaymentRepository, MockTransactionLedger, Operation, OrderSummary,
    PaymentRepository as _, ProviderErrorKind,
};

use crate::shop::{PRICE, Shop};

/// Payments of which just what stands before a sale is read, once, and that can be written.
fn read_once(store: &Arc<MemoryStore>) -> MockPaymentRepository {
    let mut payments = MockPaymentRepository::new();
    let it = Arc::clone(store);
    payments
        .expect_before_sale()
        .once()
        .returning(move |merchant, code, slot| it.before_sale(merchant, code, slot).now_or_never().unwrap());
    let it = Arc::clone(store);
    payments.expect_commit().returning(move |work| it.commit(work).now_or_never().unwrap());
    payments
}

/// A ledger elsewhere that tells of an order once, after something happened.
fn elsewhere(told: Option<OrderSummary>, meanwhile: impl Fn() + Send + 'static) -> MockTransactionLedger {
    let mut ledger = MockTransactionLedger::new();
    ledger.expect_is_our_own().return_const(false);
    ledger.expect_resolve().once().returning(move |_, _| {
        meanwhile();
        Ok(told.clone())
    });
    ledger
}

#[test]
fn where_orders_are_our_own_whoever_sells_something_new_asks_once() {
    let mut shop = Shop::open();
    let mut ledger = MockTransactionLedger::new();
    ledger.expect_is_our_own().return_const(true);
    let payments = Arc::new(read_once(&shop.world.store));
    let (ledger, idempotency) = (Arc::new(ledger), Arc::new(MockIdempotencyStore::new()));
    shop.gateway = Gateway::new(Ports { payments, ledger, idempotency, ..shop.world.ports() }, Policies::default());
    let sold = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(matches!(&sold, Ok(Created::Open(payment)) if payment.can_be_shown()), "{sold:?}");
}

#[test]
fn a_ledger_elsewhere_is_asked_and_believed() {
    let mut shop = Shop::open();
    let dearer =
        OrderSummary { grand_total: Money::from(PRICE + 1), branch: None, status: OrderStatus::PendingPayment };
    let ledger = Arc::new(elsewhere(Some(dearer), || ()));
    shop.gateway = Gateway::new(Ports { ledger, ..shop.world.ports() }, Policies::default());
    let refused = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(refused, Err(CreateError::AmountMismatch { .. })), "{refused:?}");
}

#[test]
fn a_payment_that_was_paid_while_a_ledger_elsewhere_was_asked_is_not_shown_again() {
    let mut shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let (told, other) = (shop.webhooks(), Gateway::new(shop.world.ports(), Policies::default()));
    let provider = shop.world.account.provider.clone();
    let ledger = elsewhere(None, move || {
        for raw in &told {
            let accepted = other.accept_webhook(&provider, None, raw, Settler::Caller).now_or_never().unwrap();
            if let AcceptedWebhook::New { leased, .. } = accepted.unwrap() {
                other.settle_webhook(&leased).now_or_never().unwrap().unwrap();
            }
        }
    });
    shop.gateway = Gateway::new(Ports { ledger: Arc::new(ledger), ..shop.world.ports() }, Policies::default());
    let again = shop.create(&Shop::keyed("TRX-1", PRICE, "k2"));
    assert!(matches!(again, Err(CreateError::OrderAlreadyPaid { .. })), "{again:?}");
}

/// A payment as it stood before its one charge was answered.
fn before_the_answer(payment: &Payment) -> Payment {
    let asked = payment.charges.iter().map(|charge| {
        let Charge { id, provider, account, our_reference, risk, created_at, .. } = charge.clone();
        Charge::intend(id, provider, account, our_reference, risk, created_at)
    });
    Payment { intake: Intake::Open, charges: asked.collect(), ..payment.clone() }
}

#[test]
fn a_payment_that_was_refused_after_its_key_was_read_makes_room_for_another() {
    let mut shop = Shop::open();
    let refused = Mishap::Refused { kind: ProviderErrorKind::Declined, certainty: Certainty::NotApplied };
    shop.world.provider.misbehave(Operation::Open, refused);
    assert!(matches!(shop.create(&Shop::command("TRX-1", PRICE)), Err(CreateError::Refused(_))));
    let failed = shop.stored("TRX-1").remove(0);
    shop.joined(&failed, "k2");
    let command = Shop::keyed("TRX-1", PRICE, "k2");
    let mut payments = MockPaymentRepository::new();
    let it = Arc::clone(&shop.world.store);
    payments.expect_before_sale().once().returning(move |merchant, code, slot| {
        let mut before: BeforeSale = it.before_sale(merchant, code, slot).now_or_never().unwrap()?;
        before.order.payments = before.order.payments.iter().map(before_the_answer).collect();
        Ok(before)
    });
    let it = Arc::clone(&shop.world.store);
    payments.expect_payment().returning(move |merchant, id| it.payment(merchant, id).now_or_never().unwrap());
    let it = Arc::clone(&shop.world.store);
    payments
        .expect_order_with_payments()
        .returning(move |merchant, code| it.order_with_payments(merchant, code).now_or_never().unwrap());
    let it = Arc::clone(&shop.world.store);
    payments.expect_commit().returning(move |work| it.commit(work).now_or_never().unwrap());
    shop.gateway = Gateway::new(Ports { payments: Arc::new(payments), ..shop.world.ports() }, Policies::default());
    let sold = shop.create(&command);
    assert!(matches!(&sold, Ok(Created::Open(payment)) if payment.id != failed.id), "{sold:?}");
}
