//! Drift: what a provider says that nobody here knows is put on record, and is no error to the cashier.

use futures::executor::block_on;
use mstore_pay_domain::gateway::{Created, Settled};
use mstore_pay_domain::memory::{Mishap, ScriptedWebhooks};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{Operation, Timeline as _};

use crate::shop::{PRICE, Shop};

/// What of it is on a payment's record, as `kind what`, and whether each time with the body it was in.
#[track_caller]
fn drift(shop: &Shop, payment: &Payment) -> Vec<String> {
    shop.record(&payment.id);
    let records = block_on(shop.world.store.records(&payment.id)).unwrap();
    let drifted = records.into_iter().filter(|record| record.event == "provider_drifted");
    drifted
        .flat_map(|record| {
            assert!(!record.bodies.is_empty(), "the body is kept");
            record.fields.into_iter().filter(|(name, _)| name != "charge").map(|(kind, what)| format!("{kind} {what}"))
        })
        .collect()
}

fn unheard_of_status() -> Mishap {
    Mishap::UnheardOfStatus("SOON".to_owned())
}

fn unheard_of_field() -> Mishap {
    Mishap::UnheardOfField("tomorrow".to_owned())
}

#[test]
fn a_field_of_tomorrow_in_the_answer_to_an_opening_is_recorded_and_the_qr_is_shown() {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, unheard_of_field());
    let payment = shop.sell("TRX-1");
    assert_eq!((shop.books().len(), drift(&shop, &payment)), (1, vec!["field tomorrow".to_owned()]));
}

#[test]
fn a_status_of_tomorrow_in_the_answer_to_an_opening_is_recorded_and_another_qr_is_shown() {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, unheard_of_status());
    let payment = shop.sell("TRX-1");
    assert_eq!((shop.books().len(), drift(&shop, &payment)), (2, vec!["status SOON".to_owned()]));
}

#[test]
fn a_status_of_tomorrow_in_the_answer_to_a_push_is_no_reason_to_push_again() {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, unheard_of_status());
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    let Ok(Created::Accepted(payment)) = shop.create(&command) else { panic!("expected 202") };
    assert_eq!((shop.books().len(), drift(&shop, &payment)), (1, vec!["status SOON".to_owned()]));
}

#[test]
fn what_every_check_says_is_recorded_once_and_concludes_nothing() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.world.provider.misbehave_always(Operation::Inquire, unheard_of_status());
    shop.pass(60);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    shop.world.provider.misbehave_always(Operation::Inquire, unheard_of_field());
    shop.pass(60);
    assert_eq!(drift(&shop, &payment), ["status SOON", "field tomorrow"]);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.pass(35);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

#[test]
fn a_webhook_with_a_word_of_tomorrow_is_recorded_with_what_it_is_about() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.world.provider.expire(&shop.shown(&payment.id)).unwrap();
    let [told] = &shop.webhooks()[..] else { panic!("expected one webhook") };
    let body = String::from_utf8(told.body.clone()).unwrap().replace("event=expired", "event=evaporated");
    shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, format!("{body}\ncolour=red")));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    assert_eq!(drift(&shop, &payment), ["webhook colour"]);
}

#[test]
fn a_webhook_that_is_no_news_is_recorded_for_its_word_of_tomorrow_and_nobody_is_asked() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let [told] = &shop.webhooks()[..] else { panic!("expected one webhook") };
    shop.deliver(told);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    let asked = shop.world.provider.calls();
    let body = String::from_utf8(told.body.clone()).unwrap();
    let again = shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, format!("{body}\ncolour=red")));
    assert_eq!(again, Some(Settled::Done));
    assert_eq!(shop.world.provider.calls(), asked);
    assert_eq!(drift(&shop, &payment), ["webhook colour"]);
}
