//! `FAILOVER_ON_UNKNOWN=never`: what was not answered is asked for again under its key, and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::gateway::{Created, FailoverOnUnknown, Gateway, Policies, Ports};
use mstore_pay_domain::memory::{Mishap, ScriptedProvider};
use mstore_pay_domain::payment::{Intake, Payment, PaymentStatus};
use mstore_pay_domain::ports::{Availability, Certainty, CrashPoint, Operation, Probe, ProviderErrorKind, StoreError};

use crate::failover::Pair;
use crate::shop::{PRICE, Shop};

const REST: Availability = Availability::Resting { retry_after: Duration::from_secs(30) };

fn careful() -> Policies {
    Policies { failover_on_unknown: FailoverOnUnknown::Never, ..Policies::default() }
}

/// A payment of which the till was told to wait.
#[track_caller]
fn accepted(pair: &Pair) -> Payment {
    let answer = pair.shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = answer else { panic!("expected 202, got {answer:?}") };
    *payment
}

/// How often the first provider was asked to open something.
fn openings(pair: &Pair) -> usize {
    pair.first().calls().iter().filter(|call| **call == Operation::Open).count()
}

/// While the first provider's line rests nothing is sent there, nothing is opened elsewhere, and the payment is not given
/// up; once it is over the till gets what was made.
#[track_caller]
fn check_waits_for_the_end_of_the_rest(pair: &Pair, payment: &Payment) {
    let before = openings(pair);
    pair.shop.pass(60);
    let waiting = pair.shop.payment(&payment.id);
    assert_eq!((waiting.status(), waiting.intake), (PaymentStatus::Pending, Intake::Open));
    assert_eq!((openings(pair), pair.objects()), (before, (1, 0)));
    pair.first().behave();
    pair.shop.pass(5);
    assert!(pair.shop.payment(&payment.id).can_be_shown());
    assert_eq!(pair.objects(), (1, 0));
    pair.shop.record(&payment.id);
}

/// The first provider's line rests from the first answer on.
struct RestsOnceAsked(Arc<ScriptedProvider>);

#[async_trait]
impl Probe for RestsOnceAsked {
    async fn reach_with(&self, point: CrashPoint, _in_hand: &[u8]) -> Result<(), StoreError> {
        if point == CrashPoint::AfterCallBeforeCommit {
            self.0.say(REST);
        }
        Ok(())
    }
}

fn resting_once_asked(policies: Policies) -> Pair {
    let mut pair = Pair::keyed(policies.clone());
    let probe = Arc::new(RestsOnceAsked(Arc::clone(&pair.shop.world.provider)));
    let ports = Ports { probe, ..pair.shop.gateway.ports().clone() };
    pair.shop.gateway = Gateway::new(ports, policies);
    pair
}

#[test]
fn what_ran_out_of_time_is_asked_for_again_where_it_was_asked_for_although_another_is_ready() {
    let pair = Pair::keyed(careful());
    pair.first().misbehave_always(Operation::Open, Mishap::SilentAfter);
    let payment = accepted(&pair);
    pair.first().behave();
    pair.shop.pass(10);
    assert!(pair.shop.payment(&payment.id).can_be_shown());
    assert_eq!(pair.objects(), (1, 0));
}

#[test]
fn recovery_waits_for_the_end_of_a_rest() {
    let pair = Pair::keyed(careful());
    pair.first().misbehave_always(Operation::Open, Mishap::SilentAfter);
    let payment = accepted(&pair);
    pair.first().say(REST);
    check_waits_for_the_end_of_the_rest(&pair, &payment);
}

#[test]
fn recovery_that_is_told_to_wait_waits() {
    let pair = resting_once_asked(careful());
    pair.first().misbehave(Operation::Open, Mishap::SilentAfter);
    let payment = accepted(&pair);
    // It rested as the create ended; recovery finds it on trial, and is told to come back later.
    let kind = ProviderErrorKind::RateLimited { retry_after: Some(Duration::from_secs(30)) };
    pair.first().misbehave(Operation::Open, Mishap::Refused { kind, certainty: Certainty::NotApplied });
    pair.first().say(Availability::OnTrial);
    pair.shop.pass(5);
    assert_eq!(openings(&pair), 2);
    check_waits_for_the_end_of_the_rest(&pair, &payment);
}

#[test]
fn a_create_whose_line_came_to_rest_is_left_to_recovery_at_once() {
    let pair = resting_once_asked(careful());
    pair.first().misbehave(Operation::Open, Mishap::SilentAfter);
    let payment = accepted(&pair);
    assert_eq!(openings(&pair), 1);
    check_waits_for_the_end_of_the_rest(&pair, &payment);
}

#[test]
fn a_rest_that_outlasts_the_payment_ends_it_and_what_was_made_is_watched() {
    let pair = Pair::keyed(careful());
    pair.first().misbehave_always(Operation::Open, Mishap::SilentAfter);
    let payment = accepted(&pair);
    pair.first().say(REST);
    let before = openings(&pair);
    pair.shop.pass(400);
    assert_eq!((openings(&pair), pair.objects()), (before, (1, 0)));
    assert_eq!(pair.shop.payment(&payment.id).intake, Intake::Closed);
    let made = pair.first().charges().remove(0).our_reference.to_string();
    pair.shop.pay(&made, PRICE);
    pair.shop.deliver_all();
    assert_eq!(pair.shop.status(&payment.id), PaymentStatus::Paid);
}
