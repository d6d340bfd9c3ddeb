//! Webhook deliveries.

use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::{Held, InboxRow, InboxState, Tables, is_free, is_held_by};
use crate::ids::{DeliveryId, LeaseToken};
use crate::lease::Lease;
use crate::ports::{Accepted, InboxCounts, StoreError, WebhookInbox};
use crate::time::Timestamp;
use crate::webhook::{Delivery, LeasedDelivery, NewDelivery};

impl Tables {
    fn take_in(&mut self, new: &NewDelivery, held: Held, now: Timestamp) -> Accepted {
        let key = (new.provider.clone(), new.account.clone(), new.dedup_key());
        if let Some(first) = self.inbox_digests.get(&key).copied() {
            self.inbox.change(&first, |row| row.deliveries = row.deliveries.saturating_add(1));
            let deliveries = self.inbox.get(&first).map_or(1, |row| row.deliveries);
            return Accepted::Duplicate { first, deliveries };
        }
        let delivery = Delivery {
            id: new.id,
            provider: new.provider.clone(),
            account: new.account.clone(),
            received_at: new.received_at,
            body: new.authentic.body().to_vec(),
            attempts: 0,
        };
        let row = InboxRow {
            delivery: delivery.clone(),
            number: self.number(),
            deliveries: 1,
            state: InboxState::Open { due: now },
            due: now,
            held: Some(held),
        };
        self.inbox_digests.put(key, new.id);
        self.inbox_open.put(row.number, new.id);
        self.inbox.put(new.id, row);
        Accepted::New(LeasedDelivery { delivery, token: held.token })
    }

    fn claim_deliveries(&mut self, limit: u32, held: Held, now: Timestamp) -> Vec<LeasedDelivery> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let waiting = |id: &DeliveryId| {
            let row = self.inbox.get(id);
            row.is_some_and(|row| is_free(row.held, now) && matches!(row.state, InboxState::Open { due } if due <= now))
        };
        let taken: Vec<DeliveryId> =
            self.inbox_open.rows().values().filter(|id| waiting(id)).take(limit).copied().collect();
        for id in &taken {
            self.inbox.change(id, |row| row.held = Some(held));
        }
        let rows = taken.iter().filter_map(|id| self.inbox.get(id));
        rows.map(|row| LeasedDelivery { delivery: row.delivery.clone(), token: held.token }).collect()
    }

    /// Puts a held delivery down: it is open, or it is not.
    fn put_down(&mut self, id: &DeliveryId, token: LeaseToken, state: InboxState, failed_tries: u32) {
        let Some(mut row) = self.inbox.get(id).filter(|row| is_held_by(row.held, token)).cloned() else { return };
        row.held = None;
        row.delivery.attempts = row.delivery.attempts.saturating_add(failed_tries);
        row.state = state;
        match row.state {
            InboxState::Open { due } => row.due = due,
            InboxState::Done | InboxState::Parked | InboxState::Dead => {
                self.inbox_open.remove(&row.number);
            }
        }
        self.inbox.put(*id, row);
    }

    fn reopen(&mut self, id: &DeliveryId, now: Timestamp) {
        let Some(mut row) = self.inbox.get(id).cloned() else { return };
        row.state = InboxState::Open { due: now };
        row.due = now;
        row.delivery.attempts = 0;
        self.inbox_open.put(row.number, *id);
        self.inbox.put(*id, row);
    }

    fn inbox_counts(&self) -> InboxCounts {
        self.inbox.rows().values().fold(InboxCounts::default(), |mut counts, row| {
            let count = match row.state {
                InboxState::Done => return counts,
                InboxState::Open { .. } => &mut counts.open,
                InboxState::Parked => &mut counts.parked,
                InboxState::Dead => &mut counts.dead,
            };
            *count = count.saturating_add(1);
            counts
        })
    }
}

impl MemoryStore {
    /// How many deliveries were dealt with and are kept, which no port tells.
    #[must_use]
    pub fn deliveries_dealt_with(&self) -> usize {
        self.read(|tables| tables.inbox.rows().values().filter(|row| row.state == InboxState::Done).count())
    }
}

#[async_trait]
impl WebhookInbox for MemoryStore {
    async fn accept(&self, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, StoreError> {
        let now = self.now();
        self.write(|tables| {
            if tables.inbox.get(&delivery.id).is_some() {
                return Err(StoreError::query("the delivery id is in use"));
            }
            Ok(tables.take_in(delivery, Held::from(lease, now), now))
        })
    }

    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, StoreError> {
        let now = self.now();
        self.write(|tables| Ok(tables.claim_deliveries(limit, Held::from(lease, now), now)))
    }

    async fn defer(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        _why: &str,
    ) -> Result<(), StoreError> {
        let due = self.now().plus(pause);
        self.write(|tables| {
            tables.put_down(delivery, token, InboxState::Open { due }, 1);
            Ok(())
        })
    }

    async fn postpone(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        _why: &str,
    ) -> Result<(), StoreError> {
        let due = self.now().plus(pause);
        self.write(|tables| {
            tables.put_down(delivery, token, InboxState::Open { due }, 0);
            Ok(())
        })
    }

    async fn bury(&self, delivery: &DeliveryId, token: LeaseToken, _why: &str) -> Result<(), StoreError> {
        self.write(|tables| {
            tables.put_down(delivery, token, InboxState::Dead, 0);
            Ok(())
        })
    }

    async fn replay(&self, delivery: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let now = self.now();
        self.write(|tables| {
            let waits = |row: &InboxRow| matches!(row.state, InboxState::Parked | InboxState::Dead);
            if !tables.inbox.get(delivery).is_some_and(waits) {
                return Ok(None);
            }
            tables.reopen(delivery, now);
            Ok(tables.inbox.get(delivery).map(|row| row.delivery.clone()))
        })
    }

    async fn dead(&self, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
        Ok(self.read(|tables| {
            let rows = tables.inbox.rows().values().filter(|row| row.state == InboxState::Dead);
            let mut dead: Vec<(u64, DeliveryId)> = rows.map(|row| (row.number, row.delivery.id)).collect();
            dead.sort_unstable();
            dead.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            dead.into_iter().map(|(_, id)| id).collect()
        }))
    }

    async fn unpark(&self, came_since: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let now = self.now();
        self.write(|tables| {
            let is_asked_for =
                |row: &&InboxRow| row.state == InboxState::Parked && row.delivery.received_at >= came_since;
            let rows = tables.inbox.rows().values().filter(is_asked_for);
            let mut parked: Vec<_> = rows.map(|row| (row.due, row.number, row.delivery.id)).collect();
            parked.sort_unstable();
            parked.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            for (_, _, id) in &parked {
                tables.reopen(id, now);
            }
            Ok(u64::try_from(parked.len()).unwrap_or(u64::MAX))
        })
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        Ok(self.read(Tables::inbox_counts))
    }
}
