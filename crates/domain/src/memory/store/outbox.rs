//! Messages on their way out.

use std::time::Duration;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::{Held, OutboxRow, Tables, is_free, is_held_by};
use crate::event::{Change, FeedPiece, FeedPlace};
use crate::ids::{BranchId, LeaseToken, MerchantId, MessageId};
use crate::lease::Lease;
use crate::ports::{LeasedMessage, Outbox, StoreError};
use crate::time::Timestamp;

impl Tables {
    fn claim_messages(&mut self, limit: u32, held: Held, now: Timestamp) -> Vec<LeasedMessage> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let waiting = |row: &OutboxRow| row.due <= now && is_free(row.held, now);
        let rows = self.outbox.rows().iter().filter(|(_, row)| waiting(row));
        let taken: Vec<u64> = rows.map(|(number, _)| *number).take(limit).collect();
        for number in &taken {
            self.outbox.change(number, |row| {
                row.held = Some(held);
                row.attempts = row.attempts.saturating_add(1);
            });
        }
        let rows = taken.iter().filter_map(|number| self.outbox.get(number));
        rows.map(|row| LeasedMessage { message: row.message.clone(), attempts: row.attempts, token: held.token })
            .collect()
    }

    fn held_message(&self, message: &MessageId, token: LeaseToken) -> Option<u64> {
        let number = *self.outbox_ids.get(message)?;
        self.outbox.get(&number).filter(|row| is_held_by(row.held, token)).map(|_| number)
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, StoreError> {
        let now = self.now();
        self.write(|tables| Ok(tables.claim_messages(limit, Held::from(lease, now), now)))
    }

    async fn sent(&self, message: &MessageId, token: LeaseToken) -> Result<(), StoreError> {
        self.write(|tables| {
            if let Some(number) = tables.held_message(message, token) {
                // The id stays known, so that the same message cannot be sent out again.
                tables.outbox.remove(&number);
            }
            Ok(())
        })
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
        after: FeedPlace,
        limit: u32,
    ) -> Result<FeedPiece, StoreError> {
        let behind = (merchant.clone(), after.number().saturating_add(1))..=(merchant.clone(), u64::MAX);
        let at_most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| {
            let rows = tables.changes.rows().range(behind);
            let last = rows.clone().next_back().map_or(after, |((_, number), _)| FeedPlace::of(*number));
            let changes = rows
                .filter(|(_, message)| branch.is_none() || message.branch == *branch)
                .map(|((_, number), message)| Change { place: FeedPlace::of(*number), message: message.clone() })
                .take(at_most)
                .collect();
            FeedPiece::of(changes, after, limit, last)
        }))
    }

    async fn retry(&self, message: &MessageId, token: LeaseToken, pause: Duration) -> Result<(), StoreError> {
        let due = self.now().plus(pause);
        self.write(|tables| {
            if let Some(number) = tables.held_message(message, token) {
                tables.outbox.change(&number, |row| {
                    row.held = None;
                    row.due = due;
                });
            }
            Ok(())
        })
    }
}
