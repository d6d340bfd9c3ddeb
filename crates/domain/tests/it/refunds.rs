//! Webhooks of money that went back, or did not.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::gateway::{Created, Settled};
use mstore_pay_domain::ids::{ProviderRef, RefundId};
use mstore_pay_domain::memory::ScriptedWebhooks;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{ExceptionFilter, ExceptionStore as _, PaymentProvider as _, RefundCharge};
use mstore_pay_domain::webhook::RawWebhook;
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

/// Word of a refund that failed, sent for the nth time.
fn failed_refund(shop: &Shop, about: &str, nth: u32) -> RawWebhook {
    let body = format!("event=refund_failed\nrefund=rfd-1\n{about}\namount=500\nsent_at={nth}");
    ScriptedWebhooks::signed(&shop.world.account, body)
}

#[test]
fn a_refund_that_failed_is_put_before_a_person_once_and_changes_nothing() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let asked = shop.world.provider.calls();
    let about = format!("charge={}", shop.books().remove(0).charge_ref);
    for nth in 1..=3 {
        assert_eq!(shop.deliver(&failed_refund(&shop, &about, nth)), Some(Settled::Done));
    }
    assert_eq!((shop.status(&payment.id), shop.exceptions()), (PaymentStatus::Paid, vec!["refund_failed"]));
    assert_eq!(shop.world.provider.calls(), asked);
    let filter = ExceptionFilter::Payment(payment.id);
    let [raised] = block_on(shop.world.store.exceptions(&filter, None, 10)).unwrap().try_into().unwrap();
    let refund = ProviderRef::parse("rfd-1").unwrap();
    assert_eq!(raised.misfit, Misfit::RefundFailed { refund, amount: Money::from(500) });
}

#[test]
fn a_refund_of_nothing_we_know_that_failed_is_kept() {
    let shop = Shop::open();
    assert_eq!(shop.deliver(&failed_refund(&shop, "charge=chg-unknown", 1)), Some(Settled::Parked));
    assert_eq!(shop.exceptions(), Vec::<&str>::new());
}
