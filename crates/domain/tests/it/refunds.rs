//! Webhooks of money that went back, or did not.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{Created, Settled};
use mstore_pay_domain::ids::RefundId;
use mstore_pay_domain::memory::ScriptedWebhooks;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{PaymentProvider as _, RefundCharge};
use uuid::Uuid;

use crate::shop::{PRICE, Shop};

#[test]
fn a_refund_told_before_the_money_is_known_is_found_with_it() {
    let shop = Shop::open();
    let mut gopay = Shop::command("TRX-1", PRICE);
    gopay.method = Method::Gopay;
    let Ok(Created::Open(payment)) = shop.create(&gopay) else { panic!("a payment is open") };
    let money = shop.pay(&shop.shown(&payment.id), PRICE);
    let told_late = shop.webhooks();
    let charge_ref = shop.books().remove(0).charge_ref;
    let refund = RefundCharge {
        refund: RefundId::new(Uuid::from_u128(1)),
        charge_ref: charge_ref.clone(),
        payment_ref: money.clone(),
        amount: Money::from(PRICE),
        reason: "wrong order".to_owned(),
        within: Duration::from_secs(1),
    };
    block_on(shop.world.provider.refund(&shop.world.account, &refund)).unwrap();
    let body = format!("event=refunded\ncharge={charge_ref}\npayment={money}\norder=TRX-1");
    assert_eq!(shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body)), Some(Settled::Done));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Refunded);
    for late in &told_late {
        assert_eq!(shop.deliver(late), Some(Settled::Done));
    }
    assert_eq!(shop.status(&payment.id), PaymentStatus::Refunded);
    assert_eq!(shop.payment(&payment.id).receipts().count(), 1);
}
