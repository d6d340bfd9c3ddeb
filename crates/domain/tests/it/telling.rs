//! Endpoints are told what happens: at least once, in order per payment, and not for ever in vain.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::endpoint::{ENDPOINTS_OF_MERCHANT_MAX, EndpointEvent, EndpointState, EventEndpoint};
use mstore_pay_domain::endpoints::{
    AddEndpoint, EndpointDesk, EndpointError, EventTeller, RotateSigning, SpreadingPublisher, SwitchEndpoint,
    TellPolicy, Told,
};
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{EndpointId, EndpointUrl, KeyId, MerchantId, MessageId, OrderCode, PaymentId};
use mstore_pay_domain::memory::{ManualClock, MemoryFeed, MemoryStore, MemoryVault, SequentialIds};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::{
    Clock, EventBodies, EventCall, EventPublisher, EventSender, IdGenerator, PaymentRepository, SendEventError,
    SendEventErrorKind, StoreError,
};
use mstore_pay_domain::reason::Reason;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::UnitOfWork;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    /// It takes what is told, and every third answer is lost on the way back.
    TakesAndIsNotHeard,
    Refuses,
    RefusesTheFirst,
    RefusesTheFirstTwo,
    IsGone,
}

/// What an endpoint was told, whether or not that is known here.
struct Receiver {
    mood: Mutex<Mood>,
    asked: AtomicU32,
    heard: Mutex<Vec<(MessageId, Vec<String>)>>,
    first: Mutex<Vec<MessageId>>,
}

impl Receiver {
    fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn heard(&self) -> Vec<MessageId> {
        self.heard.lock().unwrap().iter().map(|(id, _)| *id).collect()
    }
}

#[async_trait]
impl EventSender for Receiver {
    async fn send(&self, call: &EventCall) -> Result<(), SendEventError> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let failed = |kind| Err(SendEventError { kind, source: "it is in no mood".into() });
        let mut first = self.first.lock().unwrap();
        if first.len() < 2 && !first.contains(&call.message) {
            first.push(call.message);
        }
        let hear = || {
            let secrets = call.secrets.iter().map(|secret| secret.expose().to_owned()).collect();
            self.heard.lock().unwrap().push((call.message, secrets));
        };
        match *self.mood.lock().unwrap() {
            Mood::Refuses => failed(SendEventErrorKind::Failed),
            Mood::RefusesTheFirst if first.first() == Some(&call.message) => failed(SendEventErrorKind::Failed),
            Mood::RefusesTheFirstTwo if first.contains(&call.message) => failed(SendEventErrorKind::Failed),
            Mood::IsGone => failed(SendEventErrorKind::Gone),
            Mood::TakesAndIsNotHeard if asked.is_multiple_of(3) => {
                hear();
                failed(SendEventErrorKind::Failed)
            }
            Mood::Takes | Mood::TakesAndIsNotHeard | Mood::RefusesTheFirst | Mood::RefusesTheFirstTwo => {
                hear();
                Ok(())
            }
        }
    }
}

struct Bodies;

#[async_trait]
impl EventBodies for Bodies {
    async fn body(&self, message: &OutboxMessage) -> Result<Option<String>, StoreError> {
        Ok(Some(message.id.to_string()))
    }
}

/// A merchant's endpoint, and everything that tells it.
struct Shop {
    clock: Arc<ManualClock>,
    ids: SequentialIds,
    store: Arc<MemoryStore>,
    vault: Arc<MemoryVault>,
    receiver: Arc<Receiver>,
    publisher: SpreadingPublisher,
    desk: EndpointDesk,
    teller: EventTeller,
    endpoint: EventEndpoint,
    /// Messages of each payment, in their order.
    told: BTreeMap<PaymentId, Vec<MessageId>>,
}

fn secret(text: &str) -> SharedSecret {
    SharedSecret::new(text).unwrap()
}

fn scope() -> Scope {
    Scope { merchant: MerchantId::parse("M1").unwrap(), branch: None }
}

fn addition(ids: &SequentialIds) -> AddEndpoint {
    AddEndpoint {
        scope: scope(),
        id: EndpointId::new(ids.uuid()),
        url: EndpointUrl::parse("https://shop.example/events").unwrap(),
        secret: secret("first"),
        actor: Actor::Operator,
        reason: None,
    }
}

impl Shop {
    fn open() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let vault = Arc::new(MemoryVault::under(KeyId::parse("k1").unwrap()));
        let receiver = Arc::new(Receiver {
            mood: Mutex::new(Mood::Takes),
            asked: AtomicU32::default(),
            heard: Mutex::default(),
            first: Mutex::default(),
        });
        let desk = EndpointDesk::new(store.clone(), store.clone(), vault.clone(), clock.clone());
        let ids = SequentialIds::new(7);
        let endpoint = block_on(desk.add(addition(&ids))).unwrap();
        let teller = EventTeller {
            dispatches: store.clone(),
            endpoints: store.clone(),
            bodies: Arc::new(Bodies),
            vault: vault.clone(),
            sender: receiver.clone(),
            clock: clock.clone(),
            ids: Arc::new(SequentialIds::new(8)),
            policy: TellPolicy::default(),
        };
        let publisher = SpreadingPublisher::new(store.clone(), Arc::new(MemoryFeed::default()));
        Self { clock, ids, store, vault, receiver, publisher, desk, teller, endpoint, told: BTreeMap::new() }
    }

    fn payment(&self) -> PaymentId {
        PaymentId::new(self.ids.uuid())
    }

    /// Something happens to a payment.
    fn happen(&mut self, payment: PaymentId) {
        let message = self.commit(payment);
        block_on(self.publisher.publish(&message)).unwrap();
    }

    /// Something happens to a payment, and nobody publishes it here.
    fn commit(&mut self, payment: PaymentId) -> OutboxMessage {
        let message = OutboxMessage {
            id: MessageId::new(self.ids.uuid()),
            merchant: scope().merchant,
            branch: None,
            payment,
            order_code: OrderCode::parse("TRX-1").unwrap(),
            revision: Revision::NEW.next(),
            at: self.clock.now(),
            event: PaymentEvent::ExceptionRaised,
        };
        let work = UnitOfWork { outbox: vec![message.clone()], ..UnitOfWork::default() };
        block_on(self.store.commit(&work)).unwrap();
        self.told.entry(payment).or_default().push(message.id);
        message
    }

    /// A worker's turn, and a second later.
    fn work(&self) -> Vec<Told> {
        let leased = block_on(self.teller.take_up(8)).unwrap();
        let told = leased.iter().map(|leased| block_on(self.teller.tell(leased)).unwrap()).collect();
        self.clock.advance(SECOND);
        told
    }

    /// How long it took until everything was told.
    fn catch_up(&self) -> Duration {
        let since = self.clock.now();
        let all: usize = self.told.values().map(Vec::len).sum();
        let is_told = || {
            let heard: std::collections::BTreeSet<MessageId> = self.receiver.heard().into_iter().collect();
            heard.len() == all
        };
        while !is_told() {
            self.work();
            assert!(self.clock.now().since(since) < DAY, "not everything was told within a day");
        }
        self.clock.now().since(since)
    }

    /// Each message was heard, and none before an earlier one of its payment.
    #[track_caller]
    fn check_order(&self) {
        let heard = self.receiver.heard();
        let first = |id: &MessageId| heard.iter().position(|of| of == id);
        for (payment, messages) in &self.told {
            let places: Vec<Option<usize>> = messages.iter().map(first).collect();
            assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{payment}: {places:?}");
        }
    }

    fn switch(&self, state: EndpointState) -> EventEndpoint {
        let (actor, reason) = (Actor::Operator, Reason::parse(state.word()).ok());
        let asked = SwitchEndpoint { scope: scope(), id: self.endpoint.id, state, actor, reason };
        block_on(self.desk.switch(&asked)).unwrap()
    }

    fn state(&self) -> (EndpointState, Vec<(String, EndpointEvent)>) {
        let (endpoint, notes) = block_on(self.desk.read(&scope(), &self.endpoint.id)).unwrap();
        (endpoint.state, notes.into_iter().map(|note| (note.actor, note.event)).collect())
    }

    /// Why everything was done to the endpoint.
    fn reasons(&self) -> Vec<Option<Reason>> {
        let (_, notes) = block_on(self.desk.read(&scope(), &self.endpoint.id)).unwrap();
        notes.into_iter().map(|note| note.reason).collect()
    }
}

#[test]
fn an_endpoint_that_was_down_for_an_hour_hears_everything_in_order() {
    let mut shop = Shop::open();
    let payments: Vec<PaymentId> = (0..60).map(|_| shop.payment()).collect();
    shop.receiver.be(Mood::Refuses);
    let down = shop.clock.now();
    while shop.clock.now().since(down) < HOUR {
        let second = usize::try_from(shop.clock.now().since(down).as_secs()).unwrap();
        if second.is_multiple_of(20) {
            shop.happen(payments[second / 20 % payments.len()]);
        }
        shop.work();
    }
    let asked = shop.receiver.asked.load(Ordering::Relaxed);
    assert!((8..40).contains(&asked), "{asked} calls in an hour");
    shop.receiver.be(Mood::TakesAndIsNotHeard);
    let caught_up = shop.catch_up();
    assert!(caught_up < HOUR, "{caught_up:?}");
    shop.check_order();
    assert!(shop.receiver.heard().len() > 180, "lost answers are told again");
}

#[test]
fn what_an_endpoint_cannot_take_holds_up_its_own_payment_only() {
    let mut shop = Shop::open();
    shop.receiver.be(Mood::RefusesTheFirst);
    let (stuck, other) = (shop.payment(), shop.payment());
    for payment in [stuck, stuck, other, other] {
        shop.happen(payment);
    }
    for _ in 0..120 {
        shop.work();
    }
    assert_eq!(shop.receiver.heard(), shop.told[&other]);
    shop.receiver.be(Mood::Takes);
    shop.catch_up();
    shop.check_order();
}

#[test]
fn an_endpoint_that_never_takes_two_events_hears_all_others_and_is_not_disabled() {
    let mut shop = Shop::open();
    shop.receiver.be(Mood::RefusesTheFirstTwo);
    for _ in 0..2 {
        let stuck = shop.payment();
        shop.happen(stuck);
    }
    shop.work();
    let mut others = Vec::new();
    for minute in 0..(6 * 24 * 60) {
        if minute % 120 == 60 {
            let payment = shop.payment();
            shop.happen(payment);
            others.extend(shop.told[&payment].clone());
        }
        shop.work();
        shop.clock.advance(Duration::from_secs(59));
    }
    assert_eq!(shop.receiver.heard(), others);
    assert_eq!(shop.state().0, EndpointState::Enabled);
}

#[test]
fn an_endpoint_that_failed_for_days_is_told_no_more_until_its_owner_wants_it_again() {
    let mut shop = Shop::open();
    let payment = shop.payment();
    shop.receiver.be(Mood::Refuses);
    shop.happen(payment);
    let mut ends = Vec::new();
    for _ in 0..(6 * 24 * 60) {
        ends.extend(shop.work().into_iter().filter(|told| matches!(told, Told::Disabled { .. })));
        shop.clock.advance(Duration::from_secs(59));
    }
    assert!(matches!(ends.as_slice(), [Told::Disabled { state: EndpointState::Failed, .. }]), "{ends:?}");
    let (state, notes) = shop.state();
    assert_eq!(state, EndpointState::Failed);
    assert_eq!(notes.last(), Some(&("worker".to_owned(), EndpointEvent::Failed)));
    assert_eq!(shop.reasons(), [None, Reason::parse("it has taken nothing for too long").ok()]);
    shop.receiver.be(Mood::Takes);
    shop.happen(payment);
    for _ in 0..1_000 {
        shop.work();
    }
    assert_eq!(shop.receiver.heard(), []);
    assert_eq!(shop.switch(EndpointState::Enabled).failing_since, None);
    shop.catch_up();
    shop.check_order();
}

#[test]
fn what_a_gateway_published_that_knows_no_endpoints_is_told_without_waiting_for_more() {
    let mut shop = Shop::open();
    let payment = shop.payment();
    shop.commit(payment);
    for _ in 0..10 {
        shop.work();
    }
    assert_eq!(shop.receiver.heard(), [], "nobody spread it");
    for spread in [1, 0] {
        assert_eq!(block_on(shop.teller.spread_missed()).unwrap(), spread);
    }
    shop.catch_up();
    shop.check_order();
}

#[test]
fn an_endpoint_that_its_owner_disabled_is_told_nothing_and_then_what_it_missed() {
    let mut shop = Shop::open();
    let payment = shop.payment();
    shop.switch(EndpointState::Disabled);
    shop.happen(payment);
    for _ in 0..100 {
        shop.work();
    }
    assert_eq!(shop.receiver.asked.load(Ordering::Relaxed), 0);
    shop.switch(EndpointState::Enabled);
    shop.switch(EndpointState::Enabled);
    shop.catch_up();
    let events: Vec<EndpointEvent> = shop.state().1.into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, [EndpointEvent::Added, EndpointEvent::Disabled, EndpointEvent::Enabled]);
    assert_eq!(shop.reasons(), [None, Reason::parse("disabled").ok(), Reason::parse("enabled").ok()]);
}

#[test]
fn an_endpoint_that_says_it_is_gone_is_told_no_more() {
    let mut shop = Shop::open();
    shop.receiver.be(Mood::IsGone);
    let payment = shop.payment();
    shop.happen(payment);
    let told = shop.work();
    assert!(matches!(told.as_slice(), [Told::Disabled { state: EndpointState::Gone, .. }]), "{told:?}");
    assert_eq!(shop.reasons(), [None, Reason::parse("it answered that it is gone for good").ok()]);
    for _ in 0..1_000 {
        shop.work();
    }
    assert_eq!(shop.receiver.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn events_are_signed_with_both_secrets_while_a_rotation_lasts() {
    let mut shop = Shop::open();
    let signed = |shop: &mut Shop| {
        let payment = shop.payment();
        shop.happen(payment);
        shop.work();
        shop.receiver.heard.lock().unwrap().last().unwrap().1.clone()
    };
    assert_eq!(signed(&mut shop), ["first"]);
    let rotate = |shop: &Shop, to: &str, previous_for| {
        let (scope, id, secret) = (scope(), shop.endpoint.id, secret(to));
        let asked = RotateSigning { scope, id, secret, previous_for, actor: Actor::Operator, reason: None };
        block_on(shop.desk.rotate(&asked)).unwrap();
    };
    rotate(&shop, "second", DAY);
    assert_eq!(signed(&mut shop), ["second", "first"]);
    shop.clock.advance(DAY);
    assert_eq!(signed(&mut shop), ["second"]);
    rotate(&shop, "third", DAY);
    rotate(&shop, "fourth", Duration::ZERO);
    assert_eq!(signed(&mut shop), ["fourth"]);
}

#[test]
fn a_merchant_has_a_handful_of_endpoints_and_another_one_finds_none_of_them() {
    let shop = Shop::open();
    for _ in 1..ENDPOINTS_OF_MERCHANT_MAX {
        block_on(shop.desk.add(addition(&shop.ids))).unwrap();
    }
    let more = block_on(shop.desk.add(addition(&shop.ids)));
    assert!(matches!(more, Err(EndpointError::TooMany)), "{more:?}");
    shop.switch(EndpointState::Disabled);
    block_on(shop.desk.add(addition(&shop.ids))).unwrap();
    let (scope, id, state) = (scope(), shop.endpoint.id, EndpointState::Enabled);
    let asked = SwitchEndpoint { scope, id, state, actor: Actor::Operator, reason: None };
    let back = block_on(shop.desk.switch(&asked));
    assert!(matches!(back, Err(EndpointError::TooMany)), "{back:?}");
    let other = Scope { merchant: MerchantId::parse("M2").unwrap(), branch: None };
    let read = block_on(shop.desk.read(&other, &shop.endpoint.id));
    assert!(matches!(read, Err(EndpointError::NotFound)), "{read:?}");
    assert_eq!(block_on(shop.desk.list(&other)).unwrap(), []);
}

#[test]
fn secrets_are_sealed_anew_under_another_key_and_go_on_signing() {
    let mut shop = Shop::open();
    shop.vault.change_key(KeyId::parse("k2").unwrap());
    let reason = Reason::parse("k1 was on a lost disk").ok();
    for resealed in [1, 0] {
        assert_eq!(block_on(shop.desk.reseal(&Actor::Operator, reason.as_ref())).unwrap(), resealed);
    }
    assert_eq!(shop.reasons(), [None, reason]);
    assert_eq!(block_on(shop.desk.unopened()).unwrap(), []);
    let payment = shop.payment();
    shop.happen(payment);
    assert!(matches!(shop.work().as_slice(), [Told::Arrived]));
}

#[test]
fn what_does_not_open_signs_nothing_and_is_named() {
    let mut shop = Shop::open();
    let other = Arc::new(MemoryVault::under(KeyId::parse("k1").unwrap()));
    let desk = EndpointDesk::new(shop.store.clone(), shop.store.clone(), other.clone(), shop.clock.clone());
    let unopened = block_on(desk.unopened()).unwrap();
    assert_eq!(unopened.iter().map(|of| of.id).collect::<Vec<_>>(), [shop.endpoint.id]);
    shop.teller.vault = other;
    let payment = shop.payment();
    shop.happen(payment);
    assert!(matches!(shop.work().as_slice(), [Told::SetBack { .. }]));
    assert_eq!(shop.receiver.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn a_merchant_has_four_events_under_way_however_many_endpoints_it_has() {
    const PLACES: u32 = 16;
    let mut shop = Shop::open();
    for _ in 0..3 {
        block_on(shop.desk.add(addition(&shop.ids))).unwrap();
    }
    for _ in 0..PLACES {
        shop.happen(shop.payment());
    }
    assert_eq!(block_on(shop.teller.take_up(PLACES)).unwrap().len(), 4);
    assert_eq!(block_on(shop.teller.take_up(PLACES)).unwrap(), []);
}
