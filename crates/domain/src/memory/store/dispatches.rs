//! What endpoints are still to be told.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::{DispatchRow, EndpointRow, Held, Tables, is_free, is_held_by};
use crate::endpoint::EndpointState;
use crate::event::OutboxMessage;
use crate::ids::{EndpointId, LeaseToken, MerchantId, MessageId};
use crate::lease::Lease;
use crate::ports::{AtOnce, Backlog, Dispatches, LeasedDispatch, Setback, StoreError};
use crate::time::Timestamp;

/// An endpoint and the number of a message.
type Key = (EndpointId, u64);

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Tables {
    fn spread(&mut self, merchant: &MerchantId, limit: usize, now: Timestamp) -> bool {
        let enabled =
            |row: &&EndpointRow| &row.endpoint.merchant == merchant && row.endpoint.state == EndpointState::Enabled;
        let rows: Vec<EndpointRow> = self.endpoints.known.rows().values().filter(enabled).cloned().collect();
        let mut is_more = false;
        for row in rows {
            let behind = (merchant.clone(), row.told_to.saturating_add(1))..=(merchant.clone(), u64::MAX);
            let new = self.changes.rows().range(behind).take(limit);
            let new: Vec<(u64, OutboxMessage)> = new.map(|((_, number), message)| (*number, message.clone())).collect();
            is_more |= new.len() >= limit;
            let Some((last, _)) = new.last() else { continue };
            let told_to = *last;
            let branch = &row.endpoint.branch;
            for (number, message) in new {
                if branch.is_none() || message.branch == *branch {
                    let dispatch = DispatchRow { message, attempts: 0, due: now, held: None };
                    self.endpoints.dispatches.put((row.endpoint.id, number), dispatch);
                }
            }
            self.endpoints.known.change(&row.endpoint.id, |row| row.told_to = told_to);
        }
        is_more
    }

    fn claim_dispatches(&mut self, limit: usize, at_once: AtOnce, held: Held, now: Timestamp) -> Vec<LeasedDispatch> {
        let is_told = |row: &&EndpointRow| {
            row.endpoint.state == EndpointState::Enabled && row.rest_until.is_none_or(|until| until <= now)
        };
        let mut rows: Vec<EndpointRow> = self.endpoints.known.rows().values().filter(is_told).cloned().collect();
        rows.sort_by_key(|row| row.claimed);
        let mut claimed = Vec::new();
        for row in rows {
            let of_merchant = size(at_once.of_merchant).saturating_sub(self.under_way(&row.endpoint.merchant, now));
            let room = limit.saturating_sub(claimed.len()).min(of_merchant);
            let free = self.free_dispatches(&row, size(at_once.of_endpoint), now);
            for key in free.into_iter().take(room) {
                self.endpoints.dispatches.change(&key, |dispatch| {
                    dispatch.held = Some(held);
                    dispatch.attempts = dispatch.attempts.saturating_add(1);
                });
                let Some(dispatch) = self.endpoints.dispatches.get(&key) else { continue };
                claimed.push(LeasedDispatch {
                    message: dispatch.message.clone(),
                    endpoint: row.endpoint.clone(),
                    attempts: dispatch.attempts,
                    failures: row.failures,
                    token: held.token,
                });
                let turn = self.number();
                self.endpoints.known.change(&row.endpoint.id, |row| row.claimed = turn);
            }
        }
        claimed
    }

    /// How much is held for all endpoints of a merchant.
    fn under_way(&self, merchant: &MerchantId, now: Timestamp) -> usize {
        let rows = self.endpoints.dispatches.rows().values().filter(|row| &row.message.merchant == merchant);
        rows.filter(|row| !is_free(row.held, now)).count()
    }

    /// Of an endpoint, as many as may be held beside those that are.
    fn free_dispatches(&self, row: &EndpointRow, at_once: usize, now: Timestamp) -> Vec<Key> {
        let own = (row.endpoint.id, 0)..=(row.endpoint.id, u64::MAX);
        let own: Vec<(&Key, &DispatchRow)> = self.endpoints.dispatches.rows().range(own).collect();
        let at_once = if row.failures == 0 { at_once } else { 1 };
        let held = own.iter().filter(|(_, dispatch)| !is_free(dispatch.held, now)).count();
        let is_first = |(index, (_, dispatch)): &(usize, &(&Key, &DispatchRow))| {
            let mut before = own.iter().take(*index);
            before.all(|(_, earlier)| earlier.message.payment != dispatch.message.payment)
        };
        let due = own.iter().enumerate().filter(is_first).map(|(_, own)| own);
        let free = due.filter(|(_, dispatch)| dispatch.due <= now && is_free(dispatch.held, now));
        let mut free: Vec<(u32, Key)> = free.map(|(key, dispatch)| (dispatch.attempts, **key)).collect();
        if row.failures > 0 {
            free.sort_unstable();
        }
        free.into_iter().map(|(_, key)| key).take(at_once.saturating_sub(held)).collect()
    }

    fn held_dispatch(&self, endpoint: &EndpointId, message: &MessageId, token: LeaseToken) -> Option<Key> {
        let own = (*endpoint, 0)..=(*endpoint, u64::MAX);
        let mut own = self.endpoints.dispatches.rows().range(own);
        own.find(|(_, row)| row.message.id == *message && is_held_by(row.held, token)).map(|(key, _)| *key)
    }

    /// A message is gone, and whatever of it was on its way; how much that was.
    pub(super) fn forget_dispatches(&mut self, number: u64) -> usize {
        let keys: Vec<Key> = self.endpoints.dispatches.rows().keys().filter(|(_, of)| *of == number).copied().collect();
        for key in &keys {
            self.endpoints.dispatches.remove(key);
        }
        keys.len()
    }

    fn unspread(&self, limit: usize) -> Vec<MerchantId> {
        let is_behind = |row: &&EndpointRow| {
            row.endpoint.state == EndpointState::Enabled && row.told_to < self.last_change(&row.endpoint.merchant)
        };
        let behind = self.endpoints.known.rows().values().filter(is_behind);
        let merchants: BTreeSet<&MerchantId> = behind.map(|row| &row.endpoint.merchant).collect();
        merchants.into_iter().take(limit).cloned().collect()
    }

    fn backlog(&self) -> Backlog {
        let known = self.endpoints.known.rows();
        let is_told = |id: &EndpointId| known.get(id).is_some_and(|row| row.endpoint.state == EndpointState::Enabled);
        let waiting = || self.endpoints.dispatches.rows().iter().filter(|((endpoint, _), _)| is_told(endpoint));
        let standing = |state| known.values().filter(|row| row.endpoint.state == state).count();
        let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        let states = EndpointState::ALL.into_iter().map(|state| (state, count(standing(state))));
        Backlog {
            waiting: count(waiting().count()),
            oldest: waiting().map(|(_, row)| row.message.at).min(),
            endpoints: states.filter(|(_, rows)| *rows > 0).collect(),
        }
    }
}

#[async_trait]
impl Dispatches for MemoryStore {
    async fn spread(&self, merchant: &MerchantId, limit: u32) -> Result<bool, StoreError> {
        let (limit, now) = (usize::try_from(limit).unwrap_or(usize::MAX), self.now());
        self.write(|tables| Ok(tables.spread(merchant, limit, now)))
    }

    async fn unspread(&self, limit: u32) -> Result<Vec<MerchantId>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| tables.unspread(limit)))
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(self.read(Tables::backlog))
    }

    async fn claim_dispatches(
        &self,
        limit: u32,
        at_once: AtOnce,
        lease: Lease,
    ) -> Result<Vec<LeasedDispatch>, StoreError> {
        let now = self.now();
        self.write(|tables| Ok(tables.claim_dispatches(size(limit), at_once, Held::from(lease, now), now)))
    }

    async fn dispatched(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
    ) -> Result<(), StoreError> {
        self.write(|tables| {
            if let Some(key) = tables.held_dispatch(endpoint, message, token) {
                tables.endpoints.dispatches.remove(&key);
                tables.endpoints.known.change(endpoint, |row| {
                    row.failures = 0;
                    row.rest_until = None;
                    row.endpoint.failing_since = None;
                });
            }
            Ok(())
        })
    }

    async fn set_back(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
        setback: Setback,
    ) -> Result<(), StoreError> {
        let now = self.now();
        self.write(|tables| {
            let Some(key) = tables.held_dispatch(endpoint, message, token) else { return Ok(()) };
            tables.endpoints.dispatches.change(&key, |row| {
                row.held = None;
                row.due = now.plus(setback.pause);
            });
            let Some(rest) = setback.rest else { return Ok(()) };
            tables.endpoints.known.change(endpoint, |row| {
                row.endpoint.failing_since = row.endpoint.failing_since.or(Some(setback.at));
                if row.rest_until.is_none_or(|until| until <= now) {
                    row.failures = row.failures.saturating_add(1);
                    row.rest_until = Some(now.plus(rest));
                }
            });
            Ok(())
        })
    }
}
