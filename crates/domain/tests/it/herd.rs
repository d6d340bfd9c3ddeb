//! After an outage many payments are due at once: what recovery opens for them stays within the provider's rate limit.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future;
use mstore_pay_domain::gateway::{Created, Gateway, Lane, Policies, Ports, WorkLimits};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::memory::{ManualClock, MemoryBudget, Mishap};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Capabilities, Clock as _, IdempotencySupport, LookupSupport, Operation, PaymentProvider as _,
};
use mstore_pay_domain::time::Timestamp;

use crate::shop::{PRICE, PlainAnswers, Shop};

const HERD: usize = 80;
const PER_MINUTE: u32 = 60;
/// Of these a twentieth is left to tills.
const OPENED_PER_MINUTE_MAX: usize = 57;

/// A shop with so many payments whose answers were lost, and a provider that allows so many openings a minute.
fn shop() -> (Shop, Vec<PaymentId>) {
    let plain = Shop::open();
    let offered = plain.world.provider.capabilities(&plain.world.account, Method::Qris).unwrap();
    let idempotency = IdempotencySupport::Key { ttl: Duration::from_hours(24) };
    let mut shop =
        Shop::offering(Method::Qris, Capabilities { idempotency, lookup: LookupSupport::ByReference, ..offered });
    shop.world.provider.misbehave_always(Operation::Open, Mishap::BrokenAfter);
    let waiting = (0..HERD).map(|number| {
        let accepted = shop.create(&Shop::command(&format!("TRX-{number}"), PRICE));
        let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
        payment.id
    });
    let waiting = waiting.collect();
    shop.world.provider.behave();
    let clock = Arc::<ManualClock>::clone(&shop.world.clock);
    let budget = Arc::new(MemoryBudget::new(clock, Some(PER_MINUTE)).unused());
    shop.gateway = Gateway::new(Ports { budget, ..shop.world.ports() }, Policies::default());
    (shop, waiting)
}

fn openings(shop: &Shop) -> usize {
    shop.world.provider.calls().iter().filter(|call| **call == Operation::Open).count()
}

/// When each opening was sent, as the workers go on until all tills have something to show.
fn recover(shop: &Shop, waiting: &[PaymentId]) -> Vec<Timestamp> {
    const SECONDS_MAX: usize = 240;
    let mut sent = Vec::new();
    let before = openings(shop);
    for _ in 0..SECONDS_MAX {
        shop.pass(1);
        let now = shop.world.clock.now();
        sent.resize(openings(shop) - before, now);
        if waiting.iter().all(|payment| shop.payment(payment).can_be_shown()) {
            return sent;
        }
    }
    panic!("{} of {HERD} were sent in time", sent.len());
}

#[test]
fn a_herd_is_recovered_as_fast_as_the_rate_limit_allows_and_no_faster() {
    let (shop, waiting) = shop();
    let began = shop.world.clock.now();
    let sent = recover(&shop, &waiting);
    assert_eq!((sent.len(), shop.books().len()), (HERD, HERD), "one call and one object each");
    for first in &sent {
        let within = sent.iter().filter(|at| *at >= first && at.since(*first) < Duration::from_secs(59)).count();
        assert!(within <= OPENED_PER_MINUTE_MAX, "{within} within a minute of {first}");
    }
    let took = shop.world.clock.now().since(began);
    assert!(took < Duration::from_secs(110), "{took:?}");
}

#[test]
fn recovery_lets_a_till_go_first_that_is_being_served() {
    let (shop, waiting) = shop();
    shop.later(60);
    shop.world.provider.misbehave(Operation::Open, Mishap::Late(Duration::from_millis(50)));
    let began = shop.world.clock.now();
    let command = Shop::command("TRX-new", PRICE);
    let answered_at = async {
        shop.gateway.create(&command, &PlainAnswers).await.unwrap();
        shop.world.clock.now()
    };
    let recovered_at = async {
        let limits = WorkLimits { due: 1, ..WorkLimits::default() };
        assert_eq!(shop.gateway.work_lane(Lane::Due, shop.world.clock.now(), limits).await.unwrap(), 1);
        shop.world.clock.now()
    };
    let (answered_at, recovered_at) = block_on(future::join(answered_at, recovered_at));
    assert!(began < answered_at && answered_at <= recovered_at, "{began} {answered_at} {recovered_at}");
    assert_eq!(waiting.iter().filter(|payment| shop.payment(payment).can_be_shown()).count(), 1);
}

#[test]
fn while_a_herd_waits_its_turn_a_till_is_served_at_once() {
    let (shop, _waiting) = shop();
    shop.pass(5);
    let began = shop.world.clock.now();
    shop.sell("TRX-new");
    assert_eq!(shop.world.clock.now(), began);
}

#[test]
fn those_who_wait_come_back_one_after_the_other() {
    let (shop, _waiting) = shop();
    shop.pass(1);
    let looked_at_in_a_second = || {
        shop.later(1);
        let work = || block_on(shop.gateway.work_once(shop.world.clock.now(), WorkLimits::default())).unwrap();
        std::iter::from_fn(|| Some(work().looked_at).filter(|count| *count > 0)).sum::<u32>()
    };
    let looked_at: Vec<u32> = (0..20).map(|_| looked_at_in_a_second()).collect();
    assert!(looked_at.iter().all(|count| *count <= 25), "{looked_at:?} of {HERD}");
}
