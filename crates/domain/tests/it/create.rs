//! Create: one QR for an order, whatever the provider and the till do.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::gateway::{CreateError, CreatePayment, Created, FailoverOnUnknown, Gateway, Policies};
use mstore_pay_domain::ids::BranchId;
use mstore_pay_domain::memory::{Mishap, ScriptedProvider};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{
    Availability, Capabilities, Certainty, IdempotencySupport, Operation, PaymentProvider as _, ProviderErrorKind,
};

use crate::shop::{PRICE, Shop};

#[test]
fn a_till_gets_a_qr_for_exactly_its_amount() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    assert_eq!(payment.status(), PaymentStatus::Pending);
    assert!(matches!(payment.shown_charge().unwrap().artefact(), Some(Artefact::Qr { .. })));
    assert_eq!(payment.public_reference(), shop.books()[0].charge_ref.to_string());
    assert_eq!(shop.record(&payment.id), ["payment_created", "charge_intended", "charge_opened", "charge_moved"]);
}

#[test]
fn the_same_request_again_gets_the_same_payment_and_nothing_new_is_opened() {
    let shop = Shop::open();
    let first = shop.sell("TRX-1");
    let again = shop.sell("TRX-1");
    assert_eq!(again.id, first.id);
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn a_key_repeats_its_answer_and_refuses_another_request() {
    let shop = Shop::open();
    let Ok(Created::Open(first)) = shop.create(&Shop::keyed("TRX-1", PRICE, "k1")) else { panic!("no QR") };
    let replayed = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(
        matches!(&replayed, Ok(Created::Replayed(answer)) if answer.body.starts_with(first.id.to_string().as_bytes()))
    );
    let reused = shop.create(&Shop::keyed("TRX-1", PRICE + 1, "k1"));
    assert!(matches!(reused, Err(CreateError::KeyReused)), "{reused:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn a_key_is_remembered_for_a_day_and_not_a_moment_longer() {
    let shop = Shop::open();
    shop.create(&Shop::keyed("TRX-1", PRICE, "k1")).unwrap();
    shop.later(24 * 3_600 - 1);
    let reused = shop.create(&Shop::keyed("TRX-2", PRICE, "k1"));
    assert!(matches!(reused, Err(CreateError::KeyReused)), "{reused:?}");
    shop.later(1);
    let anew = shop.create(&Shop::keyed("TRX-2", PRICE, "k1"));
    assert!(matches!(anew, Ok(Created::Open(_))), "{anew:?}");
}

#[test]
fn a_new_key_for_a_pending_payment_gets_that_payment_and_keeps_the_answer() {
    let shop = Shop::open();
    let first = shop.sell("TRX-1");
    for _ in 0..2 {
        match shop.create(&Shop::keyed("TRX-1", PRICE, "k2")) {
            Ok(Created::Open(payment)) => assert_eq!(payment.id, first.id),
            Ok(Created::Replayed(answer)) => assert!(answer.body.starts_with(first.id.to_string().as_bytes())),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shop.books().len(), 1);
}

/// A create whose provider misbehaves once, and what must come of it.
#[track_caller]
fn check_mishap(mishap: &Mishap, objects: usize, hidden: usize) {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, mishap.clone());
    let payment = shop.sell("TRX-1");
    assert_eq!(shop.books().len(), objects, "{mishap:?}");
    assert_eq!(payment.charges.iter().filter(|charge| charge.is_hidden()).count(), hidden, "{mishap:?}");
    shop.record(&payment.id);
}

#[test]
fn an_unanswered_opening_is_hidden_and_the_till_gets_another_qr_at_once() {
    check_mishap(&Mishap::SilentBefore, 1, 1);
    check_mishap(&Mishap::SilentAfter, 2, 1);
    check_mishap(&Mishap::BrokenAfter, 2, 1);
    check_mishap(&Mishap::Garbled, 2, 1);
    check_mishap(&Mishap::WrongAmount, 2, 1);
    check_mishap(&Mishap::WrongReference, 2, 1);
    check_mishap(&Mishap::UnnoticedAmount(Money::from(1)), 2, 1);
    check_mishap(&Mishap::UnnoticedReference("other~reference".to_owned()), 2, 1);
}

#[test]
fn a_refusal_ends_the_payment_and_its_answer_is_kept_under_the_key() {
    let shop = Shop::open();
    let refused = Mishap::Refused { kind: ProviderErrorKind::Declined, certainty: Certainty::NotApplied };
    shop.world.provider.misbehave(Operation::Open, refused);
    let first = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(matches!(first, Err(CreateError::Refused(_))), "{first:?}");
    let again = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(matches!(&again, Ok(Created::Replayed(answer)) if answer.status == 422), "{again:?}");
    let anew = shop.sell("TRX-1");
    assert_eq!((anew.attempt, shop.books().len()), (2, 1));
}

#[test]
fn with_no_provider_in_reach_nothing_is_left_behind_and_the_key_is_free_again() {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, Mishap::Unreachable);
    let first = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(matches!(first, Err(CreateError::Unavailable { .. })), "{first:?}");
    let again = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(matches!(again, Ok(Created::Open(_))), "{again:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn while_the_provider_rests_a_create_writes_nothing() {
    let shop = Shop::open();
    shop.world.provider.say(Availability::Resting { retry_after: Duration::from_secs(2) });
    for _ in 0..3 {
        let refused = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
        assert!(matches!(refused, Err(CreateError::Unavailable { .. })), "{refused:?}");
    }
    assert_eq!(shop.stored("TRX-1"), Vec::new());
    assert_eq!(shop.world.provider.calls(), Vec::new());
    shop.world.provider.behave();
    let sold = shop.create(&Shop::keyed("TRX-1", PRICE, "k1"));
    assert!(matches!(sold, Ok(Created::Open(_))), "{sold:?}");
}

#[test]
fn a_push_that_was_not_answered_is_never_sent_again() {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    command.details.customer_phone = Some("+628123456789".to_owned());
    for _ in 0..3 {
        let accepted = shop.create(&command);
        assert!(matches!(accepted, Ok(Created::Accepted(_))), "{accepted:?}");
        shop.pass(20);
    }
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn a_careful_shop_waits_instead_of_opening_another() {
    let shop = Shop::with(Policies { failover_on_unknown: FailoverOnUnknown::Never, ..Policies::default() });
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(accepted, Ok(Created::Accepted(_))), "{accepted:?}");
    shop.pass(30);
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn a_provider_that_stays_silent_is_given_up_on_in_time_and_recovery_brings_the_qr() {
    let shop = Shop::open();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let Ok(Created::Accepted(payment)) = shop.create(&Shop::command("TRX-1", PRICE)) else { panic!("expected 202") };
    assert_eq!(payment.public_reference(), payment.id.to_string());
    shop.world.provider.behave();
    shop.pass(20);
    let recovered = shop.payment(&payment.id);
    assert!(recovered.shown_charge().unwrap().artefact().is_some());
    assert_eq!(recovered.public_reference(), payment.id.to_string(), "a reference once given stays");
}

#[test]
fn amounts_outside_the_method_and_unknown_methods_are_refused_before_anything_is_written() {
    let shop = Shop::open();
    let above = shop.create(&Shop::command("TRX-1", 2_000_000_000));
    assert!(matches!(above, Err(CreateError::AmountAboveMaximum { .. })), "{above:?}");
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Dana;
    let unsupported = shop.create(&command);
    assert!(matches!(&unsupported, Err(CreateError::MethodUnsupported { offered }) if offered.contains(&Method::Qris)));
    assert!(shop.books().is_empty());
}

fn of_branch(branch: &str, amount: u32) -> CreatePayment {
    let mut command = Shop::command("TRX-1", amount);
    command.scope.branch = Some(BranchId::parse(branch).unwrap());
    command
}

#[test]
fn a_branch_neither_joins_nor_replaces_nor_hears_of_what_another_sells() {
    let shop = Shop::open();
    let Ok(Created::Open(sold)) = shop.create(&of_branch("B1", PRICE)) else { panic!("no QR") };
    for amount in [PRICE, PRICE + 1] {
        let refused = shop.create(&of_branch("B2", amount));
        assert!(matches!(refused, Err(CreateError::OfAnotherBranch)), "{refused:?}");
    }
    shop.pay(&shop.shown(&sold.id), PRICE);
    shop.deliver_all();
    let refused = shop.create(&of_branch("B2", PRICE));
    assert!(matches!(refused, Err(CreateError::OfAnotherBranch)), "{refused:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn a_key_that_joined_a_payment_which_no_provider_took_is_free_again() {
    let shop = Shop::open();
    let refused = Mishap::Refused { kind: ProviderErrorKind::Declined, certainty: Certainty::NotApplied };
    shop.world.provider.misbehave(Operation::Open, refused);
    assert!(matches!(shop.create(&Shop::command("TRX-1", PRICE)), Err(CreateError::Refused(_))));
    let failed = shop.stored("TRX-1").remove(0);
    shop.joined(&failed, "k2");
    let sold = shop.create(&Shop::keyed("TRX-1", PRICE, "k2"));
    assert!(matches!(&sold, Ok(Created::Open(payment)) if payment.id != failed.id), "{sold:?}");
}

/// A shop whose provider knows a repeated opening by its key.
fn with_keys(method: Method) -> Shop {
    let mut shop = Shop::open();
    let offered = shop.world.provider.capabilities(&shop.world.account, method).unwrap();
    let keyed = Capabilities { idempotency: IdempotencySupport::Key { ttl: Duration::from_hours(24) }, ..offered };
    let provider = ScriptedProvider::new(shop.world.provider.id(), shop.world.clock.clone());
    shop.world.provider = Arc::new(provider.offering(method, keyed));
    shop.gateway = Gateway::new(shop.world.ports(), Policies::default());
    shop
}

#[track_caller]
fn check_repeat(second: &Mishap) {
    let shop = with_keys(Method::Ovo);
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    shop.world.provider.misbehave(Operation::Open, second.clone());
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    let accepted = shop.create(&command);
    let Ok(Created::Accepted(payment) | Created::Open(payment)) = accepted else {
        panic!("{second:?} gave {accepted:?}")
    };
    assert_eq!(shop.books().len(), 1, "{second:?}: what was lost is the one object there is");
    shop.pay(&shop.books().remove(0).our_reference.to_string(), PRICE);
    shop.pass(20);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid, "{second:?}");
}

#[test]
fn after_an_opening_without_an_answer_a_repeat_that_is_refused_proves_nothing() {
    check_repeat(&Mishap::Unreachable);
    for kind in [ProviderErrorKind::InvalidRequest, ProviderErrorKind::RateLimited { retry_after: None }] {
        check_repeat(&Mishap::Refused { kind, certainty: Certainty::NotApplied });
    }
}
