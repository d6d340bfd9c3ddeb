//! Where a provider honours a key, an answer that was lost is asked for again under it: one object an order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::{Closing, Opening};
use mstore_pay_domain::gateway::{AcceptedWebhook, Created, Gateway, Policies, Ports, Settler};
use mstore_pay_domain::memory::{BookedCharge, Mishap, ScriptedProvider, ScriptedWebhooks};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{
    Capabilities, CrashPoint, IdempotencySupport, LookupSupport, Operation, PaymentProvider as _, Probe, StoreError,
};
use mstore_pay_domain::webhook::RawWebhook;

use crate::shop::{PRICE, Shop};

/// A shop at which QRIS is opened under a key.
fn shop() -> Shop {
    let plain = Shop::open();
    let offered = plain.world.provider.capabilities(&plain.world.account, Method::Qris).unwrap();
    let idempotency = IdempotencySupport::Key { ttl: Duration::from_hours(24) };
    Shop::offering(Method::Qris, Capabilities { idempotency, lookup: LookupSupport::ByReference, ..offered })
}

#[track_caller]
fn check_one_object(shop: &Shop) {
    let payment = shop.sell("TRX-1");
    assert_eq!((payment.charges.len(), shop.books().len()), (1, 1));
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    shop.record(&payment.id);
}

#[test]
fn however_often_answers_are_lost_there_is_one_object() {
    for mishap in [Mishap::SilentAfter, Mishap::BrokenAfter, Mishap::Garbled, Mishap::SilentBefore] {
        let shop = shop();
        shop.world.provider.misbehave(Operation::Open, mishap.clone());
        check_one_object(&shop);
    }
}

#[test]
fn while_no_answer_comes_the_till_waits_and_recovery_asks_by_the_same_key() {
    for mishap in [Mishap::SilentAfter, Mishap::BrokenAfter, Mishap::Garbled] {
        let shop = shop();
        shop.world.provider.misbehave_always(Operation::Open, mishap.clone());
        let accepted = shop.create(&Shop::command("TRX-1", PRICE));
        let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
        // A call that is not answered takes its time as well.
        shop.pass(4);
        assert_eq!((shop.status(&payment.id), shop.books().len()), (PaymentStatus::Pending, 1), "{mishap:?}");
        shop.world.provider.behave();
        shop.pass(20);
        check_one_object(&shop);
    }
}

#[test]
fn after_a_202_the_clients_key_gets_the_answer_of_the_moment_each_time() {
    let shop = shop();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let sale = Shop::keyed("TRX-1", PRICE, "k1");
    let accepted = shop.create(&sale);
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    shop.pass(4);
    shop.world.provider.behave();
    shop.pass(20);
    let check = |want: PaymentStatus| {
        let told = shop.create(&sale);
        assert!(matches!(&told, Ok(Created::Open(found)) if found.status() == want), "{told:?}");
    };
    check(PaymentStatus::Pending);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    check(PaymentStatus::Paid);
}

#[test]
fn an_id_that_a_misfit_answer_told_is_kept_although_the_key_is_repeated() {
    for mishap in [Mishap::WrongAmount, Mishap::UnnoticedAmount(Money::from(PRICE - 1))] {
        let shop = shop();
        shop.world.provider.misbehave_always(Operation::Open, mishap.clone());
        let accepted = shop.create(&Shop::command("TRX-1", PRICE));
        let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
        let told = shop.books()[0].charge_ref.clone();
        assert_eq!(shop.payment(&payment.id).charges[0].provider_ref(), Some(&told), "{mishap:?}");
        shop.world.provider.misbehave_always(Operation::Open, Mishap::Unreachable);
        shop.pass(400);
        let charge = &shop.payment(&payment.id).charges[0];
        assert!(charge.is_hidden() && charge.closing == Closing::Confirmed, "{mishap:?}: {charge:?}");
        shop.record(&payment.id);
    }
}

#[test]
fn a_right_answer_after_a_misfit_one_is_shown() {
    let shop = shop();
    shop.world.provider.misbehave(Operation::Open, Mishap::WrongAmount);
    check_one_object(&shop);
}

#[test]
fn what_was_asked_for_by_key_until_its_time_was_over_is_watched() {
    let shop = shop();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    shop.pass(400);
    assert_eq!(shop.books().len(), 1);
    let reference = shop.books()[0].our_reference.to_string();
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

/// The notice by which Midtrans tells that an object waits for money.
fn notice(account: &ProviderAccount, of: &BookedCharge) -> RawWebhook {
    ScriptedWebhooks::signed(
        account,
        format!("event=pending\ncharge={}\nreference={}", of.charge_ref, of.our_reference),
    )
}

/// Delivers the notice about whatever the provider has, whenever somebody comes to that point.
struct NoticeAt {
    point: CrashPoint,
    gateway: Gateway,
    provider: Arc<ScriptedProvider>,
    account: ProviderAccount,
}

#[async_trait]
impl Probe for NoticeAt {
    async fn reach_with(&self, point: CrashPoint, _in_hand: &[u8]) -> Result<(), StoreError> {
        for booked in self.provider.charges().iter().filter(|_| point == self.point) {
            let told = notice(&self.account, booked);
            let accepted = self.gateway.accept_webhook(&self.account.provider, None, &told, Settler::Caller).await;
            if let Ok(AcceptedWebhook::New { leased, .. }) = accepted {
                self.gateway.settle_webhook(&leased).await?;
            }
        }
        Ok(())
    }
}

/// The shop, where the notice comes just as somebody is at that point.
fn noticed_at(point: CrashPoint) -> Shop {
    let mut shop = shop();
    let ports = shop.world.ports();
    let gateway = Gateway::new(ports.clone(), Policies::default());
    let (provider, account) = (Arc::clone(&shop.world.provider), shop.world.account.clone());
    let probe = Arc::new(NoticeAt { point, gateway, provider, account });
    shop.gateway = Gateway::new(Ports { probe, ..ports }, Policies::default());
    shop
}

#[test]
fn a_notice_that_comes_between_a_lost_answer_and_the_next_try_changes_nothing_of_it() {
    for point in [CrashPoint::AfterCallBeforeCommit, CrashPoint::BeforeCall] {
        for mishap in [Mishap::SilentAfter, Mishap::BrokenAfter, Mishap::Garbled] {
            let shop = noticed_at(point);
            shop.world.provider.misbehave(Operation::Open, mishap);
            check_one_object(&shop);
        }
    }
}

#[test]
fn what_a_notice_told_of_while_the_till_waits_is_asked_for_by_recovery_under_its_key() {
    let shop = shop();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    shop.deliver(&notice(&shop.world.account, &shop.books()[0]));
    assert!(matches!(shop.payment(&payment.id).charges[0].opening, Opening::Found { .. }));
    shop.world.provider.behave();
    shop.pass(20);
    check_one_object(&shop);
}

#[test]
fn a_notice_that_comes_as_recovery_takes_the_payment_up_changes_nothing_of_it() {
    let shop = noticed_at(CrashPoint::WorkerAfterLease);
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(accepted, Ok(Created::Accepted(_))), "expected 202, got {accepted:?}");
    shop.world.provider.behave();
    shop.pass(20);
    check_one_object(&shop);
}

#[test]
fn what_a_notice_told_of_and_is_over_is_not_asked_for_again_but_replaced() {
    let shop = shop();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    let over = shop.books()[0].clone();
    shop.deliver(&notice(&shop.world.account, &over));
    shop.world.provider.expire(over.charge_ref.as_str()).unwrap();
    shop.deliver_all();
    shop.world.provider.behave();
    shop.pass(20);
    let payment = shop.payment(&payment.id);
    assert_eq!((payment.charges.len(), shop.books().len()), (2, 2));
    assert!(payment.charges[0].is_hidden());
    assert_ne!(shop.shown(&payment.id), over.our_reference.to_string());
    shop.record(&payment.id);
}
