//! However many endpoints a merchant has, and however slow they are, others are told beside them.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::endpoint::{EndpointEvent, EventEndpoint};
use mstore_pay_domain::ids::{EndpointId, MerchantId};
use mstore_pay_domain::ports::{AtOnce, EndpointWritten, LeasedDispatch};

use super::dispatches::{MANY, add, arrived, tell};
use super::endpoints::{endpoint, write};
use super::fixtures::{Kit, LONG, merchant, other_merchant};
use super::{StoreHarness, Stores};
use crate::race::race;

async fn claim(stores: &Stores, kit: &Kit, limit: u32, at_once: AtOnce) -> Vec<LeasedDispatch> {
    stores.dispatches.claim_dispatches(limit, at_once, kit.lease(LONG)).await.expect("the store claims")
}

/// Commits so many messages of a merchant, each about a payment of its own, and makes dispatches of them.
async fn happen(stores: &Stores, kit: &Kit, of: &MerchantId, messages: usize) {
    for _ in 0..messages {
        tell::<1>(stores, kit, of.clone(), None).await;
    }
    while stores.dispatches.spread(of, MANY).await.expect("the store spreads") {}
}

/// A merchant has no more under way than it may have, however many endpoints it has; others are told meanwhile, and
/// whoever of its endpoints got nothing is next.
pub async fn merchant_with_enough_under_way_keeps_no_other_waiting(h: &dyn StoreHarness) {
    const AT_ONCE: AtOnce = AtOnce { of_endpoint: MANY, of_merchant: 3 };
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for _ in 0..3 {
        add(&stores, &kit, None).await;
    }
    happen(&stores, &kit, &merchant(), 5).await;
    let held = claim(&stores, &kit, MANY, AT_ONCE).await;
    let mut turns: Vec<EndpointId> = held.iter().map(|held| held.endpoint.id).collect();
    turns.sort_unstable();
    turns.dedup();
    assert_eq!(held.len(), 3, "of 15 that are due");
    assert!(turns.len() < 3, "of three endpoints, some got nothing");
    assert_eq!(claim(&stores, &kit, MANY, AT_ONCE).await, []);
    let theirs = EventEndpoint { merchant: other_merchant(), ..endpoint(kit.endpoint_id()) };
    assert_eq!(write(&stores, &theirs, 0, EndpointEvent::Added).await, EndpointWritten::Written);
    happen(&stores, &kit, &other_merchant(), 2).await;
    for _ in 0..2 {
        let taken = claim(&stores, &kit, 1, AT_ONCE).await;
        assert_eq!(taken.iter().map(|held| held.endpoint.id).collect::<Vec<_>>(), [theirs.id]);
    }
    arrived(&stores, held.first().expect("a dispatch")).await;
    let next = claim(&stores, &kit, MANY, AT_ONCE).await;
    assert_eq!(next.len(), 1, "one place is free");
    assert!(next.iter().all(|next| !turns.contains(&next.endpoint.id)), "another has its turn: {next:?}");
}

/// Of several tellers at once, none takes up what another's claim leaves a merchant no place for.
pub async fn racing_claimers_hold_no_more_of_a_merchant_than_may_be(h: &dyn StoreHarness) {
    const AT_ONCE: AtOnce = AtOnce { of_endpoint: 4, of_merchant: 4 };
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for _ in 0..6 {
        add(&stores, &kit, None).await;
    }
    happen(&stores, &kit, &merchant(), 4).await;
    let racers = (0..6).map(|_| {
        let (dispatches, lease) = (Arc::clone(&stores.dispatches), kit.lease(LONG));
        async move { dispatches.claim_dispatches(2, AT_ONCE, lease).await.expect("the store claims") }.boxed()
    });
    let raced: usize = race(racers.collect()).await.iter().map(Vec::len).sum();
    let claimed = raced + claim(&stores, &kit, MANY, AT_ONCE).await.len();
    assert_eq!(claimed, 4, "{raced} of them raced for");
}
