//! Two providers: where a payment goes, and why it went there.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::accounts::{EnvironmentAccounts, StoredAccounts};
use mstore_pay_domain::audit::AuditRecord;
use mstore_pay_domain::charge::Closing;
use mstore_pay_domain::gateway::{CreateError, CreatePayment, Created, Gateway, Policies, Ports};
use mstore_pay_domain::ids::{OrderCode, ProviderId};
use mstore_pay_domain::memory::{BookedStatus, ManualClock, Mishap, ScriptedProvider};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{
    Availability, Capabilities, CardToken, Certainty, Clock as _, IdempotencySupport, Operation, PaymentProvider as _,
    ProviderErrorKind, Timeline as _,
};
use mstore_pay_domain::time::Timestamp;

use crate::shop::{PRICE, Shop};

/// A shop with a second provider, `bravo`, behind the first.
pub(crate) struct Pair {
    pub(crate) shop: Shop,
    pub(crate) second: Arc<ScriptedProvider>,
}

impl Pair {
    fn open() -> Self {
        Self::with(|first| first)
    }

    /// The same with another first provider.
    fn with(first: impl FnOnce(ScriptedProvider) -> ScriptedProvider) -> Self {
        Self::of(first, |second| second, Policies::default())
    }

    /// The same, where both open QRIS under a key.
    pub(crate) fn keyed(policies: Policies) -> Self {
        Self::of(by_key, by_key, policies)
    }

    fn of(
        first: impl FnOnce(ScriptedProvider) -> ScriptedProvider,
        second: impl FnOnce(ScriptedProvider) -> ScriptedProvider,
        policies: Policies,
    ) -> Self {
        let mut shop = Shop::open();
        let clock = || Arc::<ManualClock>::clone(&shop.world.clock);
        let bravo = ProviderId::parse("bravo").unwrap();
        let second = Arc::new(second(ScriptedProvider::new(bravo.clone(), clock())));
        let foremost = Arc::new(first(ScriptedProvider::new(shop.world.account.provider.clone(), clock())));
        shop.world.provider = foremost;
        let there = ProviderAccount { provider: bravo, ..shop.world.account.clone() };
        let ports = Ports {
            providers: vec![shop.world.provider.clone(), second.clone()],
            accounts: Arc::new(StoredAccounts::new(
                EnvironmentAccounts::new([shop.world.account.clone(), there]),
                shop.world.store.clone(),
                shop.world.vault.clone(),
                clock(),
            )),
            ..shop.world.ports()
        };
        shop.gateway = Gateway::new(ports, policies);
        Self { shop, second }
    }

    pub(crate) fn first(&self) -> &ScriptedProvider {
        &self.shop.world.provider
    }

    /// How many objects each provider has.
    pub(crate) fn objects(&self) -> (usize, usize) {
        (self.first().charges().len(), self.second.charges().len())
    }

    /// Where each charge of a payment went, and why.
    fn route(&self, payment: &Payment) -> Vec<String> {
        let records = block_on(self.shop.world.store.records(&payment.id)).unwrap();
        let field = |record: &AuditRecord, name: &str| {
            record.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let intended = records.iter().filter(|record| record.event == "charge_intended");
        let words = |record: &AuditRecord| {
            let why = format!("{}: {}", field(record, "provider").unwrap(), field(record, "because").unwrap());
            field(record, "passed_over").map_or(why.clone(), |over| format!("{why}, not {over}"))
        };
        intended.map(words).collect()
    }

    fn now(&self) -> Timestamp {
        self.shop.world.clock.now()
    }
}

fn by_key(provider: ScriptedProvider) -> ScriptedProvider {
    let offered = provider.capabilities(&Shop::open().world.account, Method::Qris).unwrap();
    let idempotency = IdempotencySupport::Key { ttl: Duration::from_mins(5) };
    provider.offering(Method::Qris, Capabilities { idempotency, ..offered })
}

fn refused(kind: ProviderErrorKind) -> Mishap {
    Mishap::Refused { kind, certainty: Certainty::NotApplied }
}

/// A first provider that misbehaves for good; where the charges go, and how many objects there are at each.
#[track_caller]
fn check(mishap: &Mishap, want_route: &[&str], want_objects: (usize, usize)) {
    let pair = Pair::open();
    pair.first().misbehave_always(Operation::Open, mishap.clone());
    let payment = pair.shop.sell("TRX-1");
    assert_eq!(pair.route(&payment), want_route, "{mishap:?}");
    assert_eq!(pair.objects(), want_objects, "{mishap:?}");
    assert_eq!(payment.shown_charge().unwrap().provider, pair.second.id(), "{mishap:?}");
    pair.shop.record(&payment.id);
}

#[test]
fn the_first_in_the_order_is_asked_and_nobody_else() {
    let pair = Pair::open();
    let payment = pair.shop.sell("TRX-1");
    assert_eq!(pair.route(&payment), ["acme: first"]);
    assert_eq!(pair.objects(), (1, 0));
}

#[test]
fn what_a_provider_certainly_did_not_do_is_done_by_the_next() {
    const ROUTE: [&str; 2] = ["acme: first", "bravo: not_taken_before"];
    check(&Mishap::Unreachable, &ROUTE, (0, 1));
    let kinds = [
        ProviderErrorKind::Unavailable,
        ProviderErrorKind::Unauthorized,
        ProviderErrorKind::RateLimited { retry_after: None },
    ];
    for kind in kinds {
        check(&refused(kind), &ROUTE, (0, 1));
    }
}

#[test]
fn what_was_answered_with_nonsense_is_tried_once_more_there_and_then_at_the_next() {
    const ROUTE: [&str; 3] = ["acme: first", "acme: unanswered_here", "bravo: unanswered_before"];
    check(&Mishap::Garbled, &ROUTE, (2, 1));
    check(&Mishap::BrokenAfter, &ROUTE, (2, 1));
    check(&Mishap::WrongAmount, &ROUTE, (2, 1));
}

#[test]
fn a_provider_that_hangs_has_its_share_of_the_time_and_no_more() {
    const ROUTE: [&str; 2] = ["acme: first", "bravo: unanswered_before"];
    check(&Mishap::SilentBefore, &ROUTE, (0, 1));
    check(&Mishap::SilentAfter, &ROUTE, (1, 1));
}

#[test]
fn a_payment_that_is_refused_is_tried_nowhere_else() {
    let pair = Pair::open();
    pair.first().misbehave(Operation::Open, refused(ProviderErrorKind::Declined));
    let answer = pair.shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(answer, Err(CreateError::Refused(_))), "{answer:?}");
    assert_eq!(pair.objects(), (0, 0));
}

#[test]
fn whoever_rests_or_takes_no_such_amount_is_passed_over_and_the_timeline_says_so() {
    let pair = Pair::open();
    pair.first().say(Availability::Resting { retry_after: Duration::from_secs(2) });
    let payment = pair.shop.sell("TRX-1");
    assert_eq!(pair.route(&payment), ["bravo: others_passed_over, not acme/main resting"]);

    let pair = Pair::with(|first| {
        let account = Shop::open().world.account;
        let offered = first.capabilities(&account, Method::Qris).unwrap();
        first.offering(Method::Qris, Capabilities { amount_max: Money::from(PRICE - 1), ..offered })
    });
    let payment = pair.shop.sell("TRX-1");
    assert_eq!(pair.route(&payment), ["bravo: others_passed_over, not acme/main amount_above_maximum"]);
    assert_eq!(pair.objects(), (0, 1));
}

#[test]
fn while_both_rest_nothing_is_written_and_the_first_to_come_back_says_when() {
    let pair = Pair::open();
    pair.first().say(Availability::Resting { retry_after: Duration::from_secs(9) });
    pair.second.say(Availability::Resting { retry_after: Duration::from_secs(3) });
    let answer = pair.shop.create(&Shop::command("TRX-1", PRICE));
    assert!(
        matches!(answer, Err(CreateError::Unavailable { retry_after }) if retry_after.as_secs() == 3),
        "{answer:?}"
    );
    assert_eq!(pair.shop.stored("TRX-1"), Vec::new());
}

#[test]
fn a_till_waits_a_moment_for_a_provider_on_trial_which_is_heard_out_without_it() {
    let pair = Pair::open();
    pair.first().say(Availability::OnTrial);
    pair.first().misbehave(Operation::Open, Mishap::SilentAfter);
    let began = pair.now();
    let payment = pair.shop.sell("TRX-1");
    assert_eq!(pair.route(&payment), ["acme: on_trial", "bravo: unanswered_before"]);
    assert!(pair.now().since(began) < Duration::from_millis(300), "{:?}", pair.now().since(began));
    assert_eq!(pair.shop.world.background.take().len(), 1);
}

#[test]
fn what_a_provider_on_trial_opened_after_all_is_closed_and_never_shown() {
    let pair = Pair::open();
    pair.first().say(Availability::OnTrial);
    pair.first().misbehave(Operation::Open, Mishap::Late(Duration::from_secs(1)));
    let payment = pair.shop.sell("TRX-1");
    for work in pair.shop.world.background.take() {
        block_on(work);
    }
    pair.shop.pass(3);
    let payment = pair.shop.payment(&payment.id);
    assert_eq!(pair.objects(), (1, 1));
    assert_eq!((payment.charges[0].is_hidden(), payment.charges[0].closing), (true, Closing::Confirmed));
    assert_eq!(payment.shown_charge().unwrap().provider, pair.second.id());
    pair.shop.record(&payment.id);
}

#[test]
fn a_provider_on_trial_that_answers_at_once_keeps_the_payment() {
    let pair = Pair::open();
    pair.first().say(Availability::OnTrial);
    let payment = pair.shop.sell("TRX-1");
    assert_eq!((pair.route(&payment), pair.objects()), (vec!["acme: on_trial".to_owned()], (1, 0)));
}

#[test]
fn a_push_that_was_not_answered_is_pushed_nowhere_else() {
    for mishap in [Mishap::SilentAfter, Mishap::SilentBefore, Mishap::BrokenAfter, Mishap::Garbled] {
        for availability in [Availability::Ready, Availability::OnTrial] {
            let pair = Pair::open();
            pair.first().say(availability);
            pair.first().misbehave_always(Operation::Open, mishap.clone());
            let mut command = Shop::command("TRX-1", PRICE);
            command.method = Method::Ovo;
            let answer = pair.shop.create(&command);
            let Ok(Created::Accepted(payment)) = answer else { panic!("{mishap:?}: {answer:?}") };
            pair.shop.pass(120);
            assert_eq!(pair.second.charges().len(), 0, "{mishap:?}");
            assert!(pair.first().charges().len() <= 1, "{mishap:?}");
            assert_eq!(pair.shop.status(&payment.id), PaymentStatus::Pending, "{mishap:?}");
        }
    }
}

#[test]
fn a_push_that_certainly_did_not_go_out_is_pushed_by_the_next() {
    let pair = Pair::open();
    pair.first().misbehave(Operation::Open, Mishap::Unreachable);
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    let answer = pair.shop.create(&command);
    assert!(matches!(answer, Ok(Created::Open(_))), "{answer:?}");
    assert_eq!(pair.objects(), (0, 1));
}

/// A payment by a card's token.
fn by_token() -> CreatePayment {
    let mut command = Shop::command("TRX-1", PRICE);
    (command.method, command.card_token) = (Method::CreditCard, CardToken::new("pt-1234"));
    command
}

#[test]
fn a_card_token_goes_to_nobody_but_the_provider_that_made_it() {
    let pair = Pair::open();
    pair.first().misbehave_always(Operation::Open, Mishap::Unreachable);
    let answer = pair.shop.create(&by_token());
    assert!(matches!(answer, Err(CreateError::Unavailable { .. })), "{answer:?}");
    pair.first().say(Availability::Resting { retry_after: Duration::from_secs(9) });
    let answer = pair.shop.create(&by_token());
    assert!(
        matches!(answer, Err(CreateError::Unavailable { retry_after }) if retry_after.as_secs() == 9),
        "{answer:?}"
    );
    assert!(!pair.second.calls().contains(&Operation::Open));
    pair.first().behave();
    let Ok(Created::Open(payment)) = pair.shop.create(&by_token()) else { panic!("not opened") };
    assert_eq!(pair.route(&payment), ["acme: first, not bravo/main token_of_another"]);
}

#[test]
fn whoever_takes_no_tokens_is_passed_over_for_one_that_does() {
    let pair = Pair::with(|first| {
        let offered = first.capabilities(&Shop::open().world.account, Method::CreditCard).unwrap();
        first.offering(Method::CreditCard, Capabilities { token_risk: None, ..offered })
    });
    let Ok(Created::Open(payment)) = pair.shop.create(&by_token()) else { panic!("not opened") };
    assert_eq!(pair.route(&payment), ["bravo: others_passed_over, not acme/main token_of_another"]);
    let page = CreatePayment { order_code: OrderCode::parse("TRX-2").unwrap(), card_token: None, ..by_token() };
    let Ok(Created::Open(payment)) = pair.shop.create(&page) else { panic!("not opened") };
    assert_eq!(pair.route(&payment), ["acme: first"], "a page is opened by anybody");
}

#[test]
fn what_was_answered_with_another_amount_is_closed_by_the_id_that_was_told() {
    let pair = Pair::open();
    pair.first().misbehave_always(Operation::Open, Mishap::WrongAmount);
    let payment = pair.shop.sell("TRX-1");
    pair.shop.pass(3);
    let payment = pair.shop.payment(&payment.id);
    let told = payment.charges.iter().filter(|charge| charge.is_hidden() && charge.closing == Closing::Confirmed);
    assert_eq!((told.count(), pair.objects()), (2, (2, 1)));
    assert!(pair.first().charges().iter().all(|booked| booked.status == BookedStatus::Canceled));
    pair.shop.record(&payment.id);
}

#[test]
fn an_id_under_another_reference_is_not_taken_for_the_charges() {
    let pair = Pair::open();
    pair.first().misbehave_always(Operation::Open, Mishap::UnnoticedReference("TRX-9~other".to_owned()));
    let payment = pair.shop.sell("TRX-1");
    pair.shop.pass(3);
    let payment = pair.shop.payment(&payment.id);
    assert!(payment.charges.iter().filter(|charge| charge.is_hidden()).all(|charge| charge.provider_ref().is_none()));
    assert!(!pair.first().calls().contains(&Operation::Cancel));
}

#[test]
fn what_the_second_was_asked_for_when_the_time_ran_out_is_asked_for_again_under_its_key() {
    let pair = Pair::keyed(Policies::default());
    pair.first().misbehave_always(Operation::Open, Mishap::SilentBefore);
    pair.second.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let answer = pair.shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = answer else { panic!("expected 202, got {answer:?}") };
    assert_eq!(pair.objects(), (0, 1));
    pair.second.behave();
    pair.shop.pass(10);
    assert_eq!(pair.objects(), (0, 1));
    assert_eq!(pair.shop.payment(&payment.id).shown_charge().unwrap().provider, pair.second.id());
    assert!(pair.shop.payment(&payment.id).can_be_shown());
    pair.shop.record(&payment.id);
}

/// A provider that takes QRIS within those amounts.
fn taking(provider: ScriptedProvider, (min, max): (u32, u32)) -> ScriptedProvider {
    let offered = provider.capabilities(&Shop::open().world.account, Method::Qris).unwrap();
    let (amount_min, amount_max) = (Money::from(min), Money::from(max));
    provider.offering(Method::Qris, Capabilities { amount_min, amount_max, ..offered })
}

/// What a till is told of an amount that neither of two providers takes.
#[track_caller]
fn check_bound(bounds: [(u32, u32); 2], amount: u32, want: &str) {
    let [first, second] = bounds;
    let pair = Pair::of(|provider| taking(provider, first), |provider| taking(provider, second), Policies::default());
    let told = match pair.shop.create(&Shop::command("TRX-1", amount)) {
        Err(CreateError::AmountBelowMinimum { minimum }) => format!("at least {minimum}"),
        Err(CreateError::AmountAboveMaximum { maximum }) => format!("at most {maximum}"),
        other => panic!("{other:?}"),
    };
    assert_eq!((told.as_str(), pair.objects()), (want, (0, 0)), "{amount} of {bounds:?}");
}

#[test]
fn of_an_amount_that_nobody_takes_the_bound_is_told_of_whoever_comes_nearest() {
    let wider = [(1_500, 10_000), (100, 20_000)];
    check_bound(wider, 99, "at least 100");
    check_bound(wider, 20_001, "at most 20000");
    let (small, large) = ((1, 10_000), (50_000, 90_000));
    for apart in [[small, large], [large, small]] {
        check_bound(apart, 20_000, "at least 50000");
        check_bound(apart, 90_001, "at most 90000");
    }
}
