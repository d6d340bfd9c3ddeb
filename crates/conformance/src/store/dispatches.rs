//! What happened reaches every endpoint that is to hear of it, at least once, that of one payment in its order.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use mstore_pay_domain::endpoint::{EndpointEvent, EndpointState, EventEndpoint};
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::ids::{BranchId, LeaseToken, MerchantId, MessageId};
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{AtOnce, Backlog, EndpointWritten, LeasedDispatch, Prunable, Setback};
use mstore_pay_domain::unit_of_work::UnitOfWork;

use super::endpoints::{endpoint, write};
use super::fixtures::{AFTER_SHORT, Kit, LONG, SHORT, at, far_future, merchant, must_commit, other_merchant, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

const PAID: PaymentEvent = PaymentEvent::StatusChanged(PaymentStatus::Paid);
/// Dispatches at once, where a case is not about that.
pub(super) const MANY: u32 = 100;
/// A rest that outlasts what a case does meanwhile, on a busy machine too.
const RESTS_FOR: Duration = Duration::from_millis(600);

/// So many of one endpoint at once.
const fn of_endpoint(of_endpoint: u32) -> AtOnce {
    AtOnce { of_endpoint, of_merchant: MANY }
}

pub(super) async fn add(stores: &Stores, kit: &Kit, branch: Option<&str>) -> EventEndpoint {
    let branch = branch.map(|branch| BranchId::parse(branch).expect("a branch"));
    let added = EventEndpoint { branch, ..endpoint(kit.endpoint_id()) };
    assert_eq!(write(stores, &added, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    added
}

/// Commits so many messages about one new payment.
pub(super) async fn tell<const N: usize>(
    stores: &Stores,
    kit: &Kit,
    of: MerchantId,
    branch: Option<&str>,
) -> [MessageId; N] {
    let mut payment = kit.payment_of(of, "TRX-1");
    payment.branch = branch.map(|branch| BranchId::parse(branch).expect("a branch"));
    let messages: [OutboxMessage; N] = std::array::from_fn(|_| OutboxMessage { event: PAID, ..kit.message(&payment) });
    must_commit(stores, &UnitOfWork { outbox: messages.to_vec(), ..unit(&payment) }).await;
    messages.map(|message| message.id)
}

async fn spread(stores: &Stores) {
    while stores.dispatches.spread(&merchant(), MANY).await.expect("the store spreads") {}
}

async fn claim(stores: &Stores, kit: &Kit, limit: u32, ttl: Duration) -> Vec<LeasedDispatch> {
    stores.dispatches.claim_dispatches(limit, of_endpoint(MANY), kit.lease(ttl)).await.expect("the store claims")
}

pub(super) async fn arrived(stores: &Stores, held: &LeasedDispatch) {
    let marked = stores.dispatches.dispatched(&held.endpoint.id, &held.message.id, held.token).await;
    marked.expect("the store marks");
}

async fn failed(stores: &Stores, held: &LeasedDispatch, pause: Duration, rest: Duration) {
    let setback = Setback { at: at(7), pause, rest: Some(rest) };
    let marked = stores.dispatches.set_back(&held.endpoint.id, &held.message.id, held.token, setback).await;
    marked.expect("the store marks");
}

fn messages(held: &[LeasedDispatch]) -> Vec<MessageId> {
    held.iter().map(|held| held.message.id).collect()
}

/// An endpoint is told of each message that commits after it was added, once, however often it is spread.
pub async fn endpoint_is_told_of_what_happens_from_then_on(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    tell::<2>(&stores, &kit, merchant(), None).await;
    let added = add(&stores, &kit, None).await;
    let mut written = Vec::new();
    for _ in 0..5 {
        written.extend(tell::<1>(&stores, &kit, merchant(), None).await);
    }
    tell::<1>(&stores, &kit, other_merchant(), None).await;
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, [], "nothing is spread yet");
    let rounds = [true, true, false].into_iter().zip([2, 4, 5]);
    for (is_more, so_far) in rounds {
        let more = stores.dispatches.spread(&merchant(), 2).await.expect("the store spreads");
        assert_eq!(more, is_more, "{so_far} of 5");
    }
    spread(&stores).await;
    let held = claim(&stores, &kit, MANY, LONG).await;
    assert_eq!(messages(&held), written);
    assert!(held.iter().all(|held| held.endpoint == added && held.attempts == 1 && held.failures == 0), "{held:?}");
    for held in &held {
        arrived(&stores, held).await;
    }
    spread(&stores).await;
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, [], "all was told");
}

/// An endpoint of a branch hears of that branch; one of every branch hears of all.
pub async fn endpoint_of_a_branch_is_told_of_that_branch(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let of_all = add(&stores, &kit, None).await.id;
    let of_branch = add(&stores, &kit, Some("B1")).await.id;
    let mut all = tell::<1>(&stores, &kit, merchant(), None).await.to_vec();
    let own = tell::<1>(&stores, &kit, merchant(), Some("B1")).await;
    all.extend(&own);
    all.extend(tell::<1>(&stores, &kit, merchant(), Some("B2")).await);
    spread(&stores).await;
    let held = claim(&stores, &kit, MANY, LONG).await;
    let heard = |id| held.iter().filter(|held| held.endpoint.id == id).map(|held| held.message.id).collect::<Vec<_>>();
    assert_eq!((heard(of_all), heard(of_branch)), (all, own.to_vec()));
}

/// What happened to a payment later waits until the endpoint has what happened before, and no other payment waits.
pub async fn later_event_of_a_payment_waits_for_the_earlier(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    add(&stores, &kit, None).await;
    let [one, one_later] = tell::<2>(&stores, &kit, merchant(), None).await;
    let [other, _] = tell::<2>(&stores, &kit, merchant(), None).await;
    spread(&stores).await;
    let firsts = claim(&stores, &kit, MANY, LONG).await;
    assert_eq!(messages(&firsts), [one, other]);
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, [], "both wait");
    for held in &firsts {
        if held.message.id == one {
            arrived(&stores, held).await;
        } else {
            failed(&stores, held, LONG, Duration::ZERO).await;
        }
    }
    assert_eq!(messages(&claim(&stores, &kit, MANY, LONG).await), [one_later]);
}

/// Of several tellers at once, each dispatch goes to one.
pub async fn each_dispatch_is_leased_to_one_of_racing_claimers(h: &dyn StoreHarness) {
    const MESSAGES: usize = 12;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    add(&stores, &kit, None).await;
    for _ in 0..MESSAGES {
        tell::<1>(&stores, &kit, merchant(), None).await;
    }
    let spreaders = (0..4).map(|_| {
        let dispatches = Arc::clone(&stores.dispatches);
        async move { dispatches.spread(&merchant(), MANY).await.expect("the store spreads") }.boxed()
    });
    race(spreaders.collect()).await;
    let racers = (0..6).map(|_| {
        let (dispatches, lease) = (Arc::clone(&stores.dispatches), kit.lease(LONG));
        async move { dispatches.claim_dispatches(3, of_endpoint(MANY), lease).await.expect("the store claims") }.boxed()
    });
    let mut claimed: Vec<LeasedDispatch> = race(racers.collect()).await.into_iter().flatten().collect();
    claimed.extend(claim(&stores, &kit, MANY, LONG).await);
    let mut ids = messages(&claimed);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((claimed.len(), ids.len()), (MESSAGES, MESSAGES), "claims and messages");
}

/// No more dispatches of one endpoint are held than may be at once: others have their turn.
pub async fn of_one_endpoint_few_dispatches_are_held_at_once(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for _ in 0..2 {
        add(&stores, &kit, None).await;
    }
    for _ in 0..5 {
        tell::<1>(&stores, &kit, merchant(), None).await;
    }
    spread(&stores).await;
    let held =
        stores.dispatches.claim_dispatches(MANY, of_endpoint(2), kit.lease(LONG)).await.expect("the store claims");
    let mut turns: Vec<_> = held.iter().map(|held| held.endpoint.id).collect();
    turns.sort_unstable();
    turns.dedup();
    assert_eq!((held.len(), turns.len()), (4, 2), "two of each");
    let more =
        stores.dispatches.claim_dispatches(MANY, of_endpoint(2), kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(more, []);
    arrived(&stores, held.first().expect("a dispatch")).await;
    let more =
        stores.dispatches.claim_dispatches(MANY, of_endpoint(2), kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(more.len(), 1, "{more:?}");
}

/// Endpoints that have all under way that they may have keep no other from its turn, however many they are.
pub async fn endpoints_with_enough_under_way_keep_no_other_waiting(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for _ in 0..3 {
        add(&stores, &kit, None).await;
    }
    for _ in 0..2 {
        tell::<1>(&stores, &kit, merchant(), None).await;
    }
    spread(&stores).await;
    let held =
        stores.dispatches.claim_dispatches(MANY, of_endpoint(1), kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(held.len(), 3, "one of each");
    let other = add(&stores, &kit, None).await.id;
    tell::<1>(&stores, &kit, merchant(), None).await;
    spread(&stores).await;
    let taken = stores.dispatches.claim_dispatches(2, of_endpoint(1), kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(taken.iter().map(|held| held.endpoint.id).collect::<Vec<_>>(), [other]);
    let held = held.first().expect("a dispatch");
    let setback = Setback { at: at(7), pause: Duration::ZERO, rest: None };
    let marked = stores.dispatches.set_back(&held.endpoint.id, &held.message.id, held.token, setback).await;
    marked.expect("the store marks");
    let again = stores.dispatches.claim_dispatches(2, of_endpoint(1), kit.lease(LONG)).await.expect("the store claims");
    let again: Vec<_> = again.iter().map(|held| (held.endpoint.id, held.failures)).collect();
    assert_eq!(again, [(held.endpoint.id, 0)], "it was not to blame");
}

/// A dispatch whose lease ran out is taken up again, and whoever held it changes nothing any more.
pub async fn overtaken_teller_changes_nothing(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let added = add(&stores, &kit, None).await;
    tell::<1>(&stores, &kit, merchant(), None).await;
    spread(&stores).await;
    let slow = claim(&stores, &kit, 1, SHORT).await.pop().expect("a dispatch");
    rig.pass(AFTER_SHORT).await;
    let next = claim(&stores, &kit, 1, LONG).await.pop().expect("the dispatch again");
    assert_eq!((next.message.id, next.attempts), (slow.message.id, 2));
    arrived(&stores, &slow).await;
    failed(&stores, &slow, Duration::ZERO, Duration::ZERO).await;
    let nobody = LeasedDispatch { token: LeaseToken::new(added.id.uuid()), ..next.clone() };
    arrived(&stores, &nobody).await;
    assert_eq!(claim(&stores, &kit, 1, LONG).await, [], "it is held");
    let read = stores.endpoints.endpoint(&added.id).await.expect("the store reads");
    assert_eq!(read, Some(added), "nobody failed");
    failed(&stores, &next, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(claim(&stores, &kit, 1, LONG).await.len(), 1);
}

/// An endpoint that failed is left alone for a while, then tried with one dispatch; of failures that were under way
/// together one counts, and what arrives ends it.
pub async fn endpoint_that_failed_rests_and_is_tried_once(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let id = add(&stores, &kit, None).await.id;
    for _ in 0..3 {
        tell::<1>(&stores, &kit, merchant(), None).await;
    }
    spread(&stores).await;
    let together = claim(&stores, &kit, 2, LONG).await;
    assert_eq!(together.len(), 2);
    for held in &together {
        failed(&stores, held, Duration::ZERO, RESTS_FOR).await;
    }
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, [], "it rests");
    let read = stores.endpoints.endpoint(&id).await.expect("the store reads").expect("the endpoint");
    assert_eq!(read.failing_since, Some(at(7)));
    rig.pass(RESTS_FOR).await;
    let tried = claim(&stores, &kit, MANY, LONG).await;
    assert_eq!(tried.iter().map(|held| held.failures).collect::<Vec<_>>(), [1]);
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, [], "one is under way");
    arrived(&stores, tried.first().expect("a dispatch")).await;
    let read = stores.endpoints.endpoint(&id).await.expect("the store reads").expect("the endpoint");
    assert_eq!(read.failing_since, None);
    let rest = claim(&stores, &kit, MANY, LONG).await;
    assert_eq!(rest.iter().map(|held| held.failures).collect::<Vec<_>>(), [0, 0]);
}

/// An endpoint that is out of use is told nothing; back in use, it is told what it missed, and its failures are
/// forgotten.
pub async fn endpoint_that_is_disabled_is_told_nothing_until_it_is_enabled(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let added = add(&stores, &kit, None).await;
    let mut missed = tell::<1>(&stores, &kit, merchant(), None).await.to_vec();
    spread(&stores).await;
    let held = claim(&stores, &kit, MANY, LONG).await.pop().expect("a dispatch");
    failed(&stores, &held, Duration::ZERO, LONG).await;
    let disabled = EventEndpoint { state: EndpointState::Disabled, ..added.clone() };
    assert_eq!(write(&stores, &disabled, 1, EndpointEvent::Disabled).await, EndpointWritten::Written);
    missed.extend(tell::<1>(&stores, &kit, merchant(), None).await);
    spread(&stores).await;
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, []);
    assert_eq!(write(&stores, &added, 2, EndpointEvent::Enabled).await, EndpointWritten::Written);
    spread(&stores).await;
    let held = claim(&stores, &kit, MANY, LONG).await;
    assert_eq!(messages(&held), missed);
    assert!(held.iter().all(|held| held.failures == 0 && held.endpoint.failing_since.is_none()), "{held:?}");
}

/// Merchants of whom an enabled endpoint stands before something that nobody spread are told of, and no others.
pub async fn merchants_with_something_to_spread_are_found(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let unspread = async |limit| stores.dispatches.unspread(limit).await.expect("the store reads");
    tell::<1>(&stores, &kit, merchant(), None).await;
    let added = add(&stores, &kit, Some("B1")).await;
    assert_eq!(unspread(MANY).await, [], "it hears of what comes");
    tell::<1>(&stores, &kit, merchant(), Some("B2")).await;
    tell::<1>(&stores, &kit, other_merchant(), None).await;
    assert_eq!(unspread(MANY).await, [merchant()], "the other has no endpoint");
    assert_eq!(unspread(0).await, []);
    let disabled = EventEndpoint { state: EndpointState::Disabled, ..added.clone() };
    assert_eq!(write(&stores, &disabled, 1, EndpointEvent::Disabled).await, EndpointWritten::Written);
    assert_eq!(unspread(MANY).await, []);
    assert_eq!(write(&stores, &added, 2, EndpointEvent::Enabled).await, EndpointWritten::Written);
    assert_eq!(unspread(MANY).await, [merchant()]);
    spread(&stores).await;
    assert_eq!(unspread(MANY).await, []);
}

/// An endpoint hears of its own merchant, however much of others' waits to be spread beside that.
pub async fn endpoints_of_two_merchants_hear_of_their_own(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let ours = add(&stores, &kit, None).await;
    let theirs = EventEndpoint { merchant: other_merchant(), ..endpoint(kit.endpoint_id()) };
    assert_eq!(write(&stores, &theirs, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    let of_ours = tell::<1>(&stores, &kit, merchant(), None).await;
    let of_theirs = tell::<1>(&stores, &kit, other_merchant(), None).await;
    spread(&stores).await;
    let heard = async || {
        let held = claim(&stores, &kit, MANY, LONG).await;
        held.into_iter().map(|held| (held.endpoint.id, held.message.id)).collect::<Vec<_>>()
    };
    assert_eq!(heard().await, of_ours.map(|message| (ours.id, message)));
    assert_eq!(stores.dispatches.unspread(MANY).await.expect("the store reads"), [other_merchant()]);
    while stores.dispatches.spread(&other_merchant(), MANY).await.expect("the store spreads") {}
    assert_eq!(heard().await, of_theirs.map(|message| (theirs.id, message)));
    assert_eq!(stores.dispatches.unspread(MANY).await.expect("the store reads"), []);
}

/// What is on its way to enabled endpoints is counted, since when, and how endpoints stand.
pub async fn backlog_of_enabled_endpoints_is_told(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let backlog = async || stores.dispatches.backlog().await.expect("the store reads");
    assert_eq!(backlog().await, Backlog::default());
    let added = add(&stores, &kit, None).await;
    let gone = EventEndpoint { state: EndpointState::Gone, ..endpoint(kit.endpoint_id()) };
    assert_eq!(write(&stores, &gone, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    tell::<2>(&stores, &kit, merchant(), None).await;
    spread(&stores).await;
    let told = backlog().await;
    let standing = |state| told.endpoints.iter().find(|(of, _)| *of == state).map(|(_, count)| *count);
    assert_eq!((told.waiting, told.endpoints.len()), (2, 2), "{told:?}");
    assert_eq!((standing(EndpointState::Enabled), standing(EndpointState::Gone)), (Some(1), Some(1)), "{told:?}");
    let held = claim(&stores, &kit, MANY, LONG).await.pop().expect("a dispatch");
    assert_eq!(told.oldest, Some(held.message.at));
    arrived(&stores, &held).await;
    assert_eq!(backlog().await.waiting, 1);
    let disabled = EventEndpoint { state: EndpointState::Disabled, ..added };
    assert_eq!(write(&stores, &disabled, 1, EndpointEvent::Disabled).await, EndpointWritten::Written);
    let told = backlog().await;
    assert_eq!((told.waiting, told.oldest), (0, None), "nobody is told of it");
}

/// What an endpoint was not told of in time is dropped with its message, and counted.
pub async fn missed_event_goes_before_its_message(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let prune = async |what, before| stores.retention.prune(what, before, MANY).await.expect("the store prunes");
    for _ in 0..2 {
        add(&stores, &kit, None).await;
    }
    tell::<1>(&stores, &kit, merchant(), None).await;
    spread(&stores).await;
    assert_eq!(prune(Prunable::MissedEvents, far_future()).await, 0, "the message has not gone out");
    for held in stores.outbox.claim(MANY, kit.lease(LONG)).await.expect("the store claims") {
        stores.outbox.sent(&held.message.id, held.token).await.expect("the store marks");
    }
    assert_eq!(prune(Prunable::MissedEvents, at(0)).await, 0, "nothing is older than that");
    let pruned = [Prunable::MissedEvents, Prunable::MissedEvents, Prunable::SentMessages];
    for (what, rows) in pruned.into_iter().zip([2, 0, 1]) {
        assert_eq!(prune(what, far_future()).await, rows, "{what:?}");
    }
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, []);
}

/// When a message is deleted, it is on its way to nobody any more.
pub async fn dispatch_goes_with_its_message(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    add(&stores, &kit, None).await;
    tell::<2>(&stores, &kit, merchant(), None).await;
    spread(&stores).await;
    for held in stores.outbox.claim(MANY, kit.lease(LONG)).await.expect("the store claims") {
        stores.outbox.sent(&held.message.id, held.token).await.expect("the store marks");
    }
    let pruned = stores.retention.prune(Prunable::SentMessages, far_future(), MANY).await;
    assert_eq!(pruned.expect("the store prunes"), 2);
    assert_eq!(claim(&stores, &kit, MANY, LONG).await, []);
}
