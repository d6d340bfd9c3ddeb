//! How often a webhook is tried, and what becomes of one that was tried in vain.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::gateway::{AcceptedWebhook, Errand, Gateway, Policies, Ports, Settled, Settler};
use mstore_pay_domain::ids::LeaseToken;
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::{Mishap, ScriptedWebhooks};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{
    Certainty, InboxCounts, MockRateBudget, Operation, ProviderErrorKind, Reservation, Timeline as _, WebhookInbox as _,
};
use mstore_pay_domain::reason::Reason;
use mstore_pay_domain::webhook::{LeasedDelivery, RawWebhook};

use crate::shop::{PRICE, Shop};

/// A claim of money that never came.
fn untrue(shop: &Shop, payment: &Payment) -> RawWebhook {
    let (payment, reference) = (shop.payment(&payment.id), shop.shown(&payment.id));
    let charge = payment.shown_charge().and_then(Charge::provider_ref).unwrap();
    let body =
        format!("event=paid\ncharge={charge}\nreference={reference}\norder=TRX-1\namount={PRICE}\npayment=pay-x");
    ScriptedWebhooks::signed(&shop.world.account, body)
}

fn counts(shop: &Shop) -> InboxCounts {
    block_on(shop.world.store.counts()).unwrap()
}

/// Lets hours pass, the workers at work every half minute.
fn pass_hours(shop: &Shop, hours: u64) {
    for _ in 0..hours * 120 {
        shop.later(30);
        shop.work();
    }
}

/// Why webhooks of a payment were replayed, as its record says.
fn replayed_because(shop: &Shop, payment: &Payment) -> Vec<String> {
    let records = block_on(shop.world.store.records(&payment.id)).unwrap();
    let replayed = records.into_iter().filter(|record| record.event == "webhook_replayed");
    replayed.flat_map(|record| record.fields).filter(|(name, _)| name == "reason").map(|(_, why)| why).collect()
}

/// Takes the one delivery up that is due.
fn take_up(shop: &Shop) -> LeasedDelivery {
    let lease = Lease { token: LeaseToken::new(shop.world.ports().ids.uuid()), ttl: Duration::from_mins(1) };
    block_on(shop.world.store.claim(1, lease)).unwrap().remove(0)
}

#[test]
fn whoever_wakes_after_its_lease_writes_nothing_and_is_told_so() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let told = shop.webhooks().remove(0);
    let accepted =
        block_on(shop.gateway.accept_webhook(&shop.world.account.provider, None, &told, Settler::Caller)).unwrap();
    let AcceptedWebhook::New { leased: asleep, .. } = accepted else { panic!("expected a new delivery") };
    shop.later(31);
    assert_eq!(block_on(shop.gateway.settle_webhook(&take_up(&shop))).unwrap(), Settled::Done);
    let record = shop.record(&payment.id);
    assert_eq!(block_on(shop.gateway.settle_webhook(&asleep)).unwrap(), Settled::Overtaken);
    assert_eq!(shop.record(&payment.id), record);
    assert_eq!((counts(&shop), shop.world.store.deliveries_dealt_with()), (InboxCounts::default(), 1));
}

#[test]
fn a_webhook_of_a_provider_that_is_not_set_up_here_waits_for_a_node_that_has_it() {
    let mut shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    for raw in shop.webhooks() {
        block_on(shop.gateway.accept_webhook(&shop.world.account.provider, None, &raw, Settler::Caller)).unwrap();
    }
    shop.gateway = Gateway::new(Ports { webhooks: Vec::new(), ..shop.world.ports() }, Policies::default());
    pass_hours(&shop, 24);
    assert_eq!(counts(&shop).dead, 0);
    shop.gateway = shop.world.gateway();
    shop.later(60);
    assert_eq!(take_up(&shop).delivery.attempts, 0);
}

#[test]
fn a_wait_for_the_budget_is_no_failed_try() {
    let mut shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let mut spent = MockRateBudget::new();
    spent.expect_reserve().returning(|_, _, _, _, _| Reservation::Wait(Duration::from_secs(5)));
    let ports = Ports { budget: Arc::new(spent), ..shop.world.ports() };
    shop.gateway = Gateway::new(ports, Policies::default());
    assert_eq!(shop.deliver_all(), [Settled::Deferred]);
    shop.pass(200);
    shop.gateway = shop.world.gateway();
    shop.later(10);
    assert_eq!(take_up(&shop).delivery.attempts, 0);
    shop.pass(61);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!((counts(&shop), shop.world.store.deliveries_dealt_with()), (InboxCounts::default(), 1));
}

#[test]
fn word_of_money_that_waits_for_the_budget_is_told_of_and_the_payment_somebody_looks_at_comes_first() {
    let mut shop = Shop::open();
    let (unseen, seen) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    let mut budget = MockRateBudget::new();
    budget.expect_reserve().times(2).returning(|_, _, _, _, _| Reservation::Wait(Duration::from_secs(5)));
    budget.expect_reserve().returning(|_, _, _, _, _| Reservation::Granted);
    shop.gateway = Gateway::new(Ports { budget: Arc::new(budget), ..shop.world.ports() }, Policies::default());
    let look = |shop: &Shop| {
        let view = block_on(shop.gateway.status(&Shop::scope(), &seen.id.to_string())).unwrap();
        (view.payment.status(), view.is_confirming)
    };
    assert_eq!(look(&shop), (PaymentStatus::Pending, false));
    for payment in [&unseen, &seen] {
        shop.pay(&shop.shown(&payment.id), PRICE);
    }
    assert_eq!(shop.deliver_all(), [Settled::Deferred, Settled::Deferred]);
    assert_eq!(look(&shop), (PaymentStatus::Pending, true));
    shop.pass(5);
    assert_eq!(look(&shop), (PaymentStatus::Paid, false));
    assert_eq!(shop.status(&unseen.id), PaymentStatus::Pending);
    shop.pass(2);
    assert_eq!(shop.status(&unseen.id), PaymentStatus::Paid);
}

#[test]
fn a_question_that_the_rate_limit_holds_back_is_no_failed_try() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let limited = ProviderErrorKind::RateLimited { retry_after: Some(Duration::from_secs(20)) };
    let refused = Mishap::Refused { kind: limited, certainty: Certainty::NotApplied };
    shop.world.provider.misbehave_always(Operation::Inquire, refused);
    assert_eq!(shop.deliver_all(), [Settled::Deferred]);
    shop.pass(200);
    shop.later(30);
    assert_eq!(take_up(&shop).delivery.attempts, 0);
}

#[test]
fn a_claim_that_is_denied_for_an_hour_is_given_up_and_put_before_a_person() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    assert_eq!(shop.deliver(&untrue(&shop, &payment)), Some(Settled::Deferred));
    shop.pass(600);
    assert_eq!((counts(&shop).dead, shop.exceptions()), (0, vec![]), "ten minutes are too little to give up");
    pass_hours(&shop, 1);
    assert_eq!((counts(&shop).dead, shop.exceptions()), (1, vec!["unmatched"]));
    let record = shop.record(&payment.id);
    assert_eq!(record.iter().filter(|event| *event == "exception_raised").count(), 1, "{record:?}");
}

#[test]
fn a_provider_out_of_reach_for_hours_buries_no_claim_of_money() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave_always(Operation::Inquire, Mishap::Unreachable);
    assert_eq!(shop.deliver_all(), [Settled::Deferred]);
    pass_hours(&shop, 4);
    assert_eq!((counts(&shop).dead, shop.exceptions()), (0, vec![]));
    shop.world.provider.behave();
    pass_hours(&shop, 2);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!((counts(&shop), shop.world.store.deliveries_dealt_with()), (InboxCounts::default(), 1));
}

#[test]
fn a_provider_out_of_reach_for_a_day_leaves_the_claim_to_a_person() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave_always(Operation::Inquire, Mishap::Unreachable);
    shop.deliver_all();
    pass_hours(&shop, 24);
    assert_eq!((counts(&shop).dead, shop.exceptions()), (1, vec!["unmatched"]));
}

#[test]
fn what_breaks_its_worker_ten_times_is_given_up_and_put_before_a_person() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.deliver(&untrue(&shop, &payment));
    // The first try was a failed one, too.
    for tries in 2..=10 {
        assert_eq!((counts(&shop).dead, shop.exceptions()), (0, vec![]), "before try {tries}");
        shop.later(7_200);
        let broken_off = Errand::Webhook(Box::new(take_up(&shop)));
        block_on(shop.gateway.give_back(&broken_off)).unwrap();
    }
    assert_eq!((counts(&shop).dead, shop.exceptions()), (1, vec!["unmatched"]));
}

#[test]
fn a_claim_that_is_replayed_is_tried_as_often_as_a_new_one() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.deliver(&untrue(&shop, &payment));
    shop.later(30);
    let leased = take_up(&shop);
    pass_hours(&shop, 2);
    assert_eq!(counts(&shop).dead, 1);
    assert!(block_on(shop.world.store.replay(&leased.delivery.id)).unwrap().is_some());
    shop.work();
    assert_eq!(counts(&shop), InboxCounts { open: 1, ..InboxCounts::default() });
}

#[test]
fn a_replay_is_on_the_record_of_its_payment_with_why_and_its_second_has_no_effect() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let raw = shop.webhooks().pop().unwrap();
    let provider = shop.world.account.provider.clone();
    let AcceptedWebhook::New { leased, .. } =
        block_on(shop.gateway.accept_webhook(&provider, None, &raw, Settler::Caller)).unwrap()
    else {
        panic!("it came before");
    };
    let delivery = leased.delivery.id;
    block_on(shop.world.store.bury(&delivery, leased.token, "hopeless")).unwrap();
    let why = "the provider is back";
    let replay = || block_on(shop.gateway.replay_webhook(&delivery, &Reason::parse(why).unwrap())).unwrap();
    assert!(replay());
    assert_eq!(replayed_because(&shop, &payment), [why]);
    shop.work();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    let record = shop.record(&payment.id);
    assert!(!replay());
    assert_eq!(shop.record(&payment.id), record);
}
