//! Requests that meet at one payment: whoever joins it hears what its first request hears, and keeps it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::join;
use mstore_pay_domain::gateway::{CreateError, Created, Gateway, Policies, Ports, WorkLimits};
use mstore_pay_domain::memory::{ManualClock, Mishap};
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Certainty, Clock as _, CrashPoint, Operation, Probe, ProviderErrorKind, StoreError};

use crate::shop::{PRICE, PlainAnswers, Shop};

/// Takes its time at one point.
struct Slow {
    clock: Arc<ManualClock>,
    at: CrashPoint,
    by: Duration,
}

#[async_trait]
impl Probe for Slow {
    async fn reach_with(&self, point: CrashPoint, _in_hand: &[u8]) -> Result<(), StoreError> {
        if point == self.at {
            self.clock.sleep(self.by).await;
        }
        Ok(())
    }
}

fn slow_at(at: CrashPoint, by: Duration) -> Shop {
    let mut shop = Shop::open();
    let probe = Arc::new(Slow { clock: Arc::clone(&shop.world.clock), at, by });
    shop.gateway = Gateway::new(Ports { probe, ..shop.world.ports() }, Policies::default());
    shop
}

/// Two requests for one payment, the second while the first waits for a provider that will not take it.
fn two_refused(kind: ProviderErrorKind) -> (Shop, [Result<Created, CreateError>; 2]) {
    let shop = slow_at(CrashPoint::BeforeCall, Duration::from_millis(500));
    shop.world.provider.misbehave(Operation::Open, Mishap::Refused { kind, certainty: Certainty::NotApplied });
    let (one, two) = (Shop::keyed("TRX-1", PRICE, "k1"), Shop::keyed("TRX-1", PRICE, "k2"));
    let both = join(shop.gateway.create(&one, &PlainAnswers), shop.gateway.create(&two, &PlainAnswers));
    let (first, second) = block_on(both);
    (shop, [first, second])
}

#[test]
fn a_key_that_comes_again_while_its_first_request_is_under_way_is_told_to_come_later() {
    let shop = slow_at(CrashPoint::BeforeCall, Duration::from_millis(500));
    let sale = Shop::keyed("TRX-1", PRICE, "k1");
    let both = join(shop.gateway.create(&sale, &PlainAnswers), shop.gateway.create(&sale, &PlainAnswers));
    let (first, second) = block_on(both);
    assert!(matches!(first, Ok(Created::Open(_))), "{first:?}");
    assert!(matches!(second, Err(CreateError::InProgress { .. })), "{second:?}");
    let again = shop.create(&sale);
    assert!(matches!(again, Ok(Created::Replayed(_))), "{again:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn whoever_joined_hears_of_the_refusal_too_and_keeps_it() {
    let (shop, [first, second]) = two_refused(ProviderErrorKind::Declined);
    match (&first, &second) {
        (Err(CreateError::Refused(one)), Err(CreateError::Refused(two))) => assert_eq!(one, two),
        other => panic!("{other:?}"),
    }
    assert_eq!(shop.stored("TRX-1").len(), 1);
    for key in ["k1", "k2"] {
        let again = shop.create(&Shop::keyed("TRX-1", PRICE, key));
        assert!(matches!(&again, Ok(Created::Replayed(answer)) if answer.status == 422), "{key}: {again:?}");
    }
}

#[test]
fn where_no_provider_was_in_reach_both_may_try_again() {
    let (shop, answers) = two_refused(ProviderErrorKind::Unavailable);
    for answer in &answers {
        assert!(matches!(answer, Err(CreateError::Unavailable { .. })), "{answer:?}");
    }
    for key in ["k2", "k1"] {
        let again = shop.create(&Shop::keyed("TRX-1", PRICE, key));
        assert!(matches!(again, Ok(Created::Open(_))), "{key}: {again:?}");
    }
    assert_eq!(shop.stored("TRX-1").len(), 2);
}

#[test]
fn a_key_whose_payment_was_withdrawn_is_not_told_to_show_it() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.joined(&payment, "k2");
    shop.later(301);
    shop.work();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    let again = shop.create(&Shop::keyed("TRX-1", PRICE, "k2"));
    assert!(matches!(&again, Ok(Created::Accepted(told)) if told.id == payment.id), "{again:?}");
}

#[test]
fn a_create_that_recovery_overtook_keeps_the_answer_it_gives() {
    let shop = slow_at(CrashPoint::AfterIntentCommit, Duration::from_secs(20));
    let command = Shop::keyed("TRX-1", PRICE, "k1");
    // Another node's: who is being served by this one goes first here.
    let elsewhere = shop.world.gateway();
    let recovery = async {
        shop.world.clock.sleep(Duration::from_secs(16)).await;
        elsewhere.work_once(shop.world.clock.now(), WorkLimits::default()).await.unwrap();
    };
    let ((), created) = block_on(join(recovery, shop.gateway.create(&command, &PlainAnswers)));
    let Ok(Created::Open(payment)) = created else { panic!("expected a QR, got {created:?}") };
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let again = shop.create(&command);
    let kept = format!("{}/{:?}", payment.id, PaymentStatus::Pending);
    assert!(matches!(&again, Ok(Created::Replayed(answer)) if answer.body == kept.as_bytes()), "{again:?}");
}
