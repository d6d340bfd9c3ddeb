//! Webhook inboxes with one bug each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_conformance::store::{StoreHarness, StoreRig, Stores};
use mstore_pay_conformance::store_failures;
use mstore_pay_domain::ids::{DeliveryId, LeaseToken};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{Accepted, InboxCounts, StoreError, WebhookInbox};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Delivery, LeasedDelivery, NewDelivery};

use crate::memory::store::MemoryStoreHarness;

#[derive(Debug, Clone, Copy)]
enum Bug {
    CountsAWaitAsAFailedTry,
    CountsNoTry,
    ComesBackToAllThatIsParked,
}

/// An inbox with a bug.
struct Sabotaged {
    bug: Bug,
    inner: Arc<dyn WebhookInbox>,
}

#[async_trait]
impl WebhookInbox for Sabotaged {
    async fn accept(&self, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, StoreError> {
        self.inner.accept(delivery, lease).await
    }

    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, StoreError> {
        self.inner.claim(limit, lease).await
    }

    async fn defer(&self, id: &DeliveryId, token: LeaseToken, pause: Duration, why: &str) -> Result<(), StoreError> {
        match self.bug {
            Bug::CountsNoTry => self.inner.postpone(id, token, pause, why).await,
            Bug::CountsAWaitAsAFailedTry | Bug::ComesBackToAllThatIsParked => {
                self.inner.defer(id, token, pause, why).await
            }
        }
    }

    async fn postpone(&self, id: &DeliveryId, token: LeaseToken, pause: Duration, why: &str) -> Result<(), StoreError> {
        match self.bug {
            Bug::CountsAWaitAsAFailedTry => self.inner.defer(id, token, pause, why).await,
            Bug::CountsNoTry | Bug::ComesBackToAllThatIsParked => self.inner.postpone(id, token, pause, why).await,
        }
    }

    async fn bury(&self, id: &DeliveryId, token: LeaseToken, why: &str) -> Result<(), StoreError> {
        self.inner.bury(id, token, why).await
    }

    async fn replay(&self, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.inner.replay(id).await
    }

    async fn dead(&self, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
        self.inner.dead(limit).await
    }

    async fn unpark(&self, came_since: Timestamp, limit: u32) -> Result<u64, StoreError> {
        match self.bug {
            Bug::ComesBackToAllThatIsParked => self.inner.unpark(Timestamp::EPOCH, u32::MAX).await,
            Bug::CountsAWaitAsAFailedTry | Bug::CountsNoTry => self.inner.unpark(came_since, limit).await,
        }
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        self.inner.counts().await
    }
}

struct SabotagedHarness(Bug);

struct SabotagedRig {
    bug: Bug,
    whole: Box<dyn StoreRig>,
}

impl SabotagedRig {
    fn sabotage(&self, whole: Stores) -> Stores {
        let inner = whole.inbox.clone();
        Stores { inbox: Arc::new(Sabotaged { bug: self.bug, inner }), ..whole }
    }
}

#[async_trait]
impl StoreHarness for SabotagedHarness {
    async fn fresh(&self) -> Box<dyn StoreRig> {
        Box::new(SabotagedRig { bug: self.0, whole: MemoryStoreHarness.fresh().await })
    }
}

#[async_trait]
impl StoreRig for SabotagedRig {
    fn stores(&self) -> Stores {
        self.sabotage(self.whole.stores())
    }

    async fn reopen(&self) -> Stores {
        self.sabotage(self.whole.reopen().await)
    }

    async fn pass(&self, time: Duration) {
        self.whole.pass(time).await;
    }
}

#[track_caller]
fn check(bug: Bug, caught_by: &[&str]) {
    assert_eq!(store_failures!(SabotagedHarness(bug)), caught_by, "{bug:?}");
}

#[test]
fn an_inbox_that_counts_a_wait_as_a_failed_try_is_caught() {
    check(Bug::CountsAWaitAsAFailedTry, &["postponed_delivery_comes_back_after_its_pause"]);
}

#[test]
fn an_inbox_that_counts_no_try_is_caught() {
    check(
        Bug::CountsNoTry,
        &[
            "deferred_delivery_comes_back_after_its_pause",
            "failed_tries_of_a_delivery_that_is_made_due_again_are_forgotten",
        ],
    );
}

#[test]
fn an_inbox_that_comes_back_to_all_that_is_parked_is_caught() {
    check(Bug::ComesBackToAllThatIsParked, &["of_what_is_parked_what_came_lately_and_waits_longest_comes_back_first"]);
}
