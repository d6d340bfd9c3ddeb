//! Endpoints of merchants: kept whole, and written by whoever read them last.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::account::PreviousSecret;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::endpoint::{
    ENDPOINTS_OF_MERCHANT_MAX, EndpointEvent, EndpointNote, EndpointState, EventEndpoint, SealedSigning,
};
use mstore_pay_domain::ids::{BranchId, EndpointId, EndpointUrl, KeyId, UserId};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::EndpointWritten;
use mstore_pay_domain::reason::Reason;

use super::fixtures::{Kit, at, merchant, other_merchant};
use super::{StoreHarness, Stores};
use crate::race::race;

/// An endpoint with little to it.
pub(super) fn endpoint(id: EndpointId) -> EventEndpoint {
    EventEndpoint {
        id,
        merchant: merchant(),
        branch: None,
        url: EndpointUrl::parse("https://shop.example/events").expect("an address"),
        state: EndpointState::Enabled,
        signing: SealedSigning { key: KeyId::parse("k1").expect("a key id"), current: vec![0, 1, 255], previous: None },
        failing_since: None,
        revision: Revision::NEW.next(),
        created_at: at(1),
    }
}

pub(super) async fn write(
    stores: &Stores,
    endpoint: &EventEndpoint,
    expected: u64,
    event: EndpointEvent,
) -> EndpointWritten {
    let written = stores.endpoints.write_endpoint(endpoint, Revision::of(expected), &[note(expected, event)]).await;
    written.expect("the store answers")
}

/// A note that says why for every event but the first.
fn note(expected: u64, event: EndpointEvent) -> EndpointNote {
    let owner = Actor::User(UserId::parse("siti").expect("a user"));
    let why = (event != EndpointEvent::Added).then(|| Reason::parse("server pindah: “Añb”").expect("a reason"));
    EndpointNote::new(at(expected), &owner, event, why.as_ref())
}

async fn read(stores: &Stores, id: EndpointId) -> Option<EventEndpoint> {
    stores.endpoints.endpoint(&id).await.expect("the store reads")
}

/// An endpoint and the notes on it are read back as they were written, also after a restart.
pub async fn endpoint_round_trips(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let bare = endpoint(kit.endpoint_id());
    let mut full = endpoint(kit.endpoint_id());
    full.branch = BranchId::parse("B1").ok();
    full.signing.previous = Some(PreviousSecret { sealed: vec![9; 45], until: at(500) });
    for written in [&bare, &full] {
        assert_eq!(write(&stores, written, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    }
    for (expected, state) in (1_u64..).zip(EndpointState::ALL) {
        let switched = EventEndpoint { state, revision: Revision::of(expected).next(), ..full.clone() };
        assert_eq!(write(&stores, &switched, expected, state.event()).await, EndpointWritten::Written);
        assert_eq!(read(&stores, full.id).await.as_ref(), Some(&switched));
        full = switched;
    }
    drop(stores);
    let stores = rig.reopen().await;
    assert_eq!(read(&stores, bare.id).await, Some(bare));
    assert_eq!(read(&stores, kit.endpoint_id()).await, None);
    let notes = stores.endpoints.endpoint_notes(&full.id).await.expect("the store reads");
    let events = std::iter::once(EndpointEvent::Added).chain(EndpointState::ALL.map(EndpointState::event));
    let written: Vec<EndpointNote> = (0..).zip(events).map(|(expected, event)| note(expected, event)).collect();
    assert_eq!(notes, written);
    assert!(notes.iter().all(|note| note.actor == "user:siti"), "{notes:?}");
}

/// What was decided on an outdated endpoint changes nothing; what is written counts its revision up.
pub async fn stale_endpoint_is_a_conflict(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = endpoint(kit.endpoint_id());
    assert_eq!(write(&stores, &first, 1, EndpointEvent::Rotated).await, EndpointWritten::Conflict, "there is none");
    assert_eq!(write(&stores, &first, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    let second = EventEndpoint { state: EndpointState::Disabled, ..first.clone() };
    assert_eq!(write(&stores, &second, 1, EndpointEvent::Disabled).await, EndpointWritten::Written);
    for expected in [0, 1, 3] {
        let written = write(&stores, &first, expected, EndpointEvent::Enabled).await;
        assert_eq!(written, EndpointWritten::Conflict, "{expected}");
    }
    let found = read(&stores, first.id).await.expect("it is there");
    assert_eq!((found.state, found.revision), (EndpointState::Disabled, Revision::of(2)));
    let notes = stores.endpoints.endpoint_notes(&first.id).await.expect("the store reads");
    assert_eq!(notes.len(), 2, "{notes:?}");
}

/// A merchant has so many enabled endpoints and no more, also where several are added or enabled at once; one that is
/// enabled can be written all the same, and another merchant's do not count.
pub async fn of_racing_endpoints_no_more_are_enabled_than_may_be(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let others = EventEndpoint { merchant: other_merchant(), ..endpoint(kit.endpoint_id()) };
    assert_eq!(write(&stores, &others, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    let disabled = EventEndpoint { state: EndpointState::Disabled, ..endpoint(kit.endpoint_id()) };
    assert_eq!(write(&stores, &disabled, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    let mut known = Vec::new();
    for _ in 1..ENDPOINTS_OF_MERCHANT_MAX {
        let one = endpoint(kit.endpoint_id());
        assert_eq!(write(&stores, &one, 0, EndpointEvent::Added).await, EndpointWritten::Written);
        known.push(one);
    }
    let enabled = EventEndpoint { state: EndpointState::Enabled, ..disabled };
    let mut written = vec![(enabled, Revision::NEW.next())];
    written.extend((0..3).map(|_| (endpoint(kit.endpoint_id()), Revision::NEW)));
    let racers = written.into_iter().map(|(one, expected)| {
        let store = Arc::clone(&stores.endpoints);
        let notes = [EndpointNote::new(at(9), &Actor::Operator, EndpointEvent::Enabled, None)];
        async move { store.write_endpoint(&one, expected, &notes).await.expect("the store answers") }.boxed()
    });
    let outcomes = race(racers.collect()).await;
    let count = |of| outcomes.iter().filter(|outcome| **outcome == of).count();
    assert_eq!((count(EndpointWritten::Written), count(EndpointWritten::TooMany)), (1, 3), "{outcomes:?}");
    let own = stores.endpoints.endpoints_of(&merchant()).await.expect("the store reads");
    let enabled = own.iter().filter(|one| one.state == EndpointState::Enabled).count();
    assert_eq!(enabled, ENDPOINTS_OF_MERCHANT_MAX);
    let one = known.first().expect("an endpoint");
    assert_eq!(write(&stores, one, 1, EndpointEvent::Rotated).await, EndpointWritten::Written);
}

/// All endpoints are listed page by page, each once; a merchant's are the merchant's alone.
pub async fn endpoints_are_listed_page_by_page(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written: Vec<EventEndpoint> = (0..5).map(|_| endpoint(kit.endpoint_id())).collect();
    for one in written.iter_mut().take(2) {
        one.merchant = other_merchant();
    }
    for one in &written {
        assert_eq!(write(&stores, one, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = stores.endpoints.endpoints(after, 2).await.expect("the store reads");
        assert!(page.len() <= 2, "a page of 2 at most");
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        listed.extend(page);
    }
    assert_eq!(listed, written);
    let own = stores.endpoints.endpoints_of(&merchant()).await.expect("the store reads");
    assert_eq!(own, written.split_off(2));
}
