//! The inbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ids::{DeliveryId, LeaseToken};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::MemoryStore;
use mstore_pay_domain::ports::{Accepted, InboxCounts, StoreError, WebhookInbox};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Authentic, Delivery, LeasedDelivery, NewDelivery, RawWebhook};

use super::Dues;
use crate::guards::{Guard, Guards};

pub(crate) struct GatedInbox {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) guards: Guards,
    pub(crate) dues: Dues,
    pub(crate) came: AtomicUsize,
}

impl GatedInbox {
    /// The same letter as another one: an empty line more for each that came before.
    fn told_apart(&self, delivery: &NewDelivery) -> NewDelivery {
        let mut body = delivery.authentic.body().to_vec();
        body.extend(std::iter::repeat_n(b'\n', self.came.fetch_add(1, Ordering::Relaxed)));
        let raw = RawWebhook { headers: Vec::new(), body };
        NewDelivery { authentic: Authentic::if_proven(true, &raw).unwrap(), ..delivery.clone() }
    }
}

#[async_trait]
impl WebhookInbox for GatedInbox {
    async fn accept(&self, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, StoreError> {
        let accepted = if self.guards.stands(Guard::Dedup) {
            self.inner.accept(delivery, lease).await?
        } else {
            self.inner.accept(&self.told_apart(delivery), lease).await?
        };
        if let Accepted::New(leased) = &accepted {
            self.dues.delivery(leased.delivery.id, format!("held for {:?}", lease.ttl));
        }
        Ok(accepted)
    }

    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, StoreError> {
        let claimed = self.inner.claim(limit, lease).await?;
        for leased in &claimed {
            self.dues.delivery(leased.delivery.id, format!("taken up after {}", leased.delivery.attempts));
        }
        Ok(claimed)
    }

    async fn defer(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        // The pause differs a little from one delivery's id to the next.
        self.dues.delivery(*delivery, format!("deferred for {} s", pause.as_secs() / 5));
        self.inner.defer(delivery, token, pause, why).await
    }

    async fn postpone(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        self.dues.delivery(*delivery, format!("postponed for {pause:?}"));
        self.inner.postpone(delivery, token, pause, why).await
    }

    async fn bury(&self, delivery: &DeliveryId, token: LeaseToken, why: &str) -> Result<(), StoreError> {
        self.dues.delivery(*delivery, "dead".to_owned());
        self.inner.bury(delivery, token, why).await
    }

    async fn replay(&self, delivery: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.inner.replay(delivery).await
    }

    async fn dead(&self, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
        self.inner.dead(limit).await
    }

    async fn unpark(&self, came_since: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.unpark(came_since, limit).await
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        self.inner.counts().await
    }
}
