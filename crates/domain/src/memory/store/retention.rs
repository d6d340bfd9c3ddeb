//! Deleting what is old.

use std::cmp::Ordering;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::{InboxState, Tables};
use crate::ids::MerchantId;
use crate::ports::{Prunable, Retention, StoreError};
use crate::time::Timestamp;

/// A row that may go: since when it is old, and how it is named.
type Old<K> = (Timestamp, K);

impl Tables {
    fn prune(&mut self, what: Prunable, before: Timestamp, limit: usize) -> usize {
        match what {
            Prunable::Bodies => {
                let rows = self.bodies.rows().iter().map(|(digest, kept)| (kept.at, *digest));
                let old = oldest(rows, before, limit);
                for (_, digest) in &old {
                    self.bodies.remove(digest);
                }
                old.len()
            }
            Prunable::Customers => {
                let payments = self.payments.rows().values().map(|row| &row.payment);
                let named = payments.filter(|payment| payment.details.name_a_customer());
                let old = oldest(named.map(|payment| (payment.created_at, payment.id)), before, limit);
                for (_, id) in &old {
                    self.payments.change(id, |row| {
                        row.payment.details = std::mem::take(&mut row.payment.details).without_customer();
                    });
                }
                old.len()
            }
            Prunable::IdempotencyKeys => {
                let rows = self.idempotency.rows().iter().map(|(slot, record)| (record.expires_at, slot.clone()));
                let old = oldest(rows, before, limit);
                for (_, slot) in &old {
                    self.idempotency.remove(slot);
                }
                old.len()
            }
            Prunable::MissedEvents => {
                let old = self.old_messages(before, limit);
                old.iter().map(|(_, (_, number))| self.forget_dispatches(*number)).sum()
            }
            Prunable::SentMessages => {
                let old = self.old_messages(before, limit);
                for (_, key) in &old {
                    if let Some(message) = self.changes.get(key).map(|message| message.id) {
                        self.outbox_ids.remove(&message);
                    }
                    self.forget_dispatches(key.1);
                    self.changes.remove(key);
                }
                old.len()
            }
            Prunable::DoneDeliveries => {
                let done = self.inbox.rows().values().filter(|row| row.state == InboxState::Done);
                let old = oldest(done.map(|row| (row.delivery.received_at, row.delivery.id)), before, limit);
                for (_, id) in &old {
                    self.inbox.remove(id);
                    let digest = self.inbox_digests.rows().iter().find(|(_, known)| *known == id);
                    if let Some(key) = digest.map(|(key, _)| key.clone()) {
                        self.inbox_digests.remove(&key);
                    }
                }
                old.len()
            }
        }
    }

    /// Messages that went out and are older than `before`.
    fn old_messages(&self, before: Timestamp, limit: usize) -> Vec<Old<(MerchantId, u64)>> {
        let sent = self.changes.rows().iter().filter(|((_, number), _)| self.outbox.get(number).is_none());
        oldest(sent.map(|(key, message)| (message.at, key.clone())), before, limit)
    }
}

/// The oldest of the rows that are older than `before`.
fn oldest<K>(rows: impl Iterator<Item = Old<K>>, before: Timestamp, limit: usize) -> Vec<Old<K>> {
    let mut old: Vec<Old<K>> = rows.filter(|(at, _)| at.cmp(&before) == Ordering::Less).collect();
    old.sort_by_key(|(at, _)| *at);
    old.truncate(limit);
    old
}

#[async_trait]
impl Retention for MemoryStore {
    async fn prune(&self, what: Prunable, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.write(|tables| Ok(u64::try_from(tables.prune(what, before, limit)).unwrap_or(u64::MAX)))
    }
}
