//! Recovery: a create that was cut off goes on under the same payment.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{
    AnswerRenderer as _, Cancellation, CreateError, CreatePayment, Created, Gateway, Policies,
};
use mstore_pay_domain::memory::{BookedStatus, Mishap, ScriptedWebhooks};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Availability, CrashPoint, Operation, Probe, StoreError};

use crate::shop::{PRICE, PlainAnswers, Shop};

/// How a create ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The process dies: nothing more is done.
    Death,
    /// The store fails.
    Error,
    /// A panic.
    Panic,
}

/// Ends whatever comes to a point.
struct EndsAt(CrashPoint, End);

#[async_trait]
impl Probe for EndsAt {
    async fn reach_with(&self, point: CrashPoint, _in_hand: &[u8]) -> Result<(), StoreError> {
        match self.1 {
            _ if point != self.0 => Ok(()),
            End::Death => std::future::pending().await,
            End::Error => Err(StoreError::unavailable("on purpose")),
            End::Panic => panic!("on purpose"),
        }
    }
}

/// A create that ends at that point, as if the process had died there.
fn cut_off_at(shop: &Shop, point: CrashPoint) {
    cut_off(shop, point, End::Death, &Shop::command("TRX-1", PRICE));
}

fn cut_off(shop: &Shop, point: CrashPoint, end: End, command: &CreatePayment) {
    let mut ports = shop.world.ports();
    ports.probe = Arc::new(EndsAt(point, end));
    let gateway = Gateway::new(ports, Policies::default());
    let ended = AssertUnwindSafe(gateway.create(command, &PlainAnswers)).catch_unwind().now_or_never();
    match (end, ended) {
        (End::Death, None) | (End::Error, Some(Ok(Err(CreateError::Store(_))))) | (End::Panic, Some(Err(_))) => {}
        (_, ended) => panic!("{end:?} at {point:?} gave {ended:?}"),
    }
}

#[track_caller]
fn check(point: CrashPoint, objects: usize) {
    check_within(20, point, End::Death, objects);
    check_within(2, point, End::Error, objects);
    check_within(2, point, End::Panic, objects);
}

#[track_caller]
fn check_within(seconds: u64, point: CrashPoint, end: End, objects: usize) {
    let shop = Shop::open();
    cut_off(&shop, point, end, &Shop::command("TRX-1", PRICE));
    shop.pass(seconds);
    let open = shop.stored("TRX-1").iter().all(|payment| payment.shown_charge().is_some());
    assert!(open, "{end:?} at {point:?}: recovery had its time");
    let payment = shop.sell("TRX-1");
    assert_eq!((payment.status(), payment.attempt), (PaymentStatus::Pending, 1), "{point:?}");
    assert_eq!(shop.books().len(), objects, "{point:?}");
    let shown =
        shop.books().iter().filter(|booked| booked.our_reference.to_string() == shop.shown(&payment.id)).count();
    assert_eq!(shown, 1, "{point:?}");
    shop.record(&payment.id);
}

#[test]
fn wherever_and_however_a_create_is_cut_off_the_till_gets_one_qr_and_one_payment() {
    check(CrashPoint::AfterIntentCommit, 1);
    check(CrashPoint::BeforeCall, 1);
    check(CrashPoint::AfterCallBeforeCommit, 2);
    check(CrashPoint::AfterCommitBeforeReply, 1);
}

#[test]
fn after_its_time_a_cut_off_create_is_only_watched() {
    let shop = Shop::open();
    cut_off_at(&shop, CrashPoint::AfterCallBeforeCommit);
    let lost = shop.books()[0].our_reference.to_string();
    shop.later(400);
    shop.pass(70);
    assert_eq!(shop.books().len(), 1, "no new charge for a customer who left");
    shop.pay(&lost, PRICE);
    shop.deliver_all();
    let payment = block_on(shop.gateway.find(&Shop::scope(), shop.books()[0].charge_ref.as_str())).unwrap();
    assert_eq!(payment.status(), PaymentStatus::Paid);
}

#[test]
fn the_first_answer_under_a_key_stays_the_answer_even_if_recovery_had_to_make_it() {
    let shop = Shop::open();
    let command = Shop::keyed("TRX-1", PRICE, "key-1");
    cut_off(&shop, CrashPoint::AfterCallBeforeCommit, End::Death, &command);
    shop.pass(20);
    let first = shop.create(&command).unwrap();
    let Created::Open(payment) = first else { panic!("expected a QR, got {first:?}") };
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let again = shop.create(&command).unwrap();
    let Created::Replayed(kept) = again else { panic!("expected the first answer, got {again:?}") };
    assert_eq!(kept, PlainAnswers.opened(&payment), "as it was before the money came");
}

#[test]
fn a_till_that_was_told_to_wait_gets_its_qr_although_the_provider_is_away_for_a_while() {
    let shop = Shop::open();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentBefore);
    let Ok(Created::Accepted(payment)) = shop.create(&Shop::command("TRX-1", PRICE)) else { panic!("expected 202") };
    shop.world.provider.misbehave_always(Operation::Open, Mishap::Unreachable);
    shop.pass(30);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending, "unknown is not failed");
    shop.world.provider.behave();
    shop.pass(40);
    assert!(shop.payment(&payment.id).shown_charge().unwrap().artefact().is_some());
}

#[test]
fn while_the_provider_rests_a_waiting_till_costs_no_charge_and_is_served_as_soon_as_it_is_back() {
    let shop = Shop::open();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentBefore);
    let Ok(Created::Accepted(payment)) = shop.create(&Shop::command("TRX-1", PRICE)) else { panic!("expected 202") };
    let charges = shop.payment(&payment.id).charges.len();
    shop.world.provider.say(Availability::Resting { retry_after: Duration::from_secs(2) });
    shop.pass(120);
    assert_eq!(shop.payment(&payment.id).charges.len(), charges);
    shop.world.provider.behave();
    shop.pass(3);
    assert!(shop.payment(&payment.id).shown_charge().unwrap().artefact().is_some());
}

#[test]
fn an_id_that_a_webhook_told_meanwhile_is_kept_and_the_charge_closed_by_it() {
    let shop = Shop::open();
    cut_off_at(&shop, CrashPoint::AfterCallBeforeCommit);
    let lost = &shop.books()[0];
    let told = format!("event=pending\ncharge={}\nreference={}", lost.charge_ref, lost.our_reference);
    shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, told));
    shop.pass(20);
    let charge = &shop.stored("TRX-1")[0].charges[0];
    assert!(charge.is_hidden());
    assert_eq!(charge.provider_ref(), Some(&lost.charge_ref));
    assert_eq!(shop.books()[0].status, BookedStatus::Canceled);
}

#[test]
fn a_push_under_way_is_not_forgotten_when_it_is_cancelled() {
    let shop = Shop::open();
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    cut_off(&shop, CrashPoint::AfterCallBeforeCommit, End::Death, &command);
    let payment = shop.stored("TRX-1").remove(0);
    let cancelled = block_on(shop.gateway.cancel(&Shop::scope(), &payment.id.to_string(), &Actor::Worker)).unwrap();
    assert_eq!(cancelled.cancellation, Cancellation::Requested);
    let another = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(another, Err(CreateError::OrderHasLivePayment { .. })), "{another:?}");
}

#[test]
fn money_on_a_push_that_was_cancelled_while_it_was_being_sent_is_looked_for() {
    let shop = Shop::open();
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    cut_off(&shop, CrashPoint::AfterCallBeforeCommit, End::Death, &command);
    let payment = shop.stored("TRX-1").remove(0);
    block_on(shop.gateway.cancel(&Shop::scope(), &payment.id.to_string(), &Actor::Worker)).unwrap();
    shop.pass(10);
    let reference = shop.books()[0].our_reference.to_string();
    shop.pay(&reference, PRICE);
    shop.pass(10);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid, "nobody told of it");
}
