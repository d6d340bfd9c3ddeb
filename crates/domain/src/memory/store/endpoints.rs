//! Endpoints of merchants.

use std::ops::Bound;

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::{EndpointRow, Tables};
use crate::endpoint::{ENDPOINTS_OF_MERCHANT_MAX, EndpointNote, EndpointState, EventEndpoint};
use crate::ids::{EndpointId, MerchantId};
use crate::payment::Revision;
use crate::ports::{EndpointStore, EndpointWritten, StoreError};

impl Tables {
    fn write_endpoint(
        &mut self,
        endpoint: &EventEndpoint,
        expected: Revision,
        notes: &[EndpointNote],
    ) -> Result<(), EndpointWritten> {
        let stored = self.endpoints.known.get(&endpoint.id);
        if stored.map_or(Revision::NEW, |row| row.endpoint.revision) != expected {
            return Err(EndpointWritten::Conflict);
        }
        if endpoint.state == EndpointState::Enabled && !self.has_room(endpoint) {
            return Err(EndpointWritten::TooMany);
        }
        let (told_to, claimed, before) = match stored {
            Some(row) => (row.told_to, row.claimed, row.notes.clone()),
            None => (self.last_change(&endpoint.merchant), 0, Vec::new()),
        };
        let notes = before.iter().chain(notes).cloned().collect();
        let endpoint = EventEndpoint { revision: expected.next(), failing_since: None, ..endpoint.clone() };
        let id = endpoint.id;
        self.endpoints.known.put(id, EndpointRow { endpoint, notes, told_to, failures: 0, rest_until: None, claimed });
        Ok(())
    }

    /// Whether a merchant may have that endpoint enabled: one that is stays so.
    fn has_room(&self, endpoint: &EventEndpoint) -> bool {
        let own = self.endpoints.known.rows().values().map(|row| &row.endpoint);
        let own = own.filter(|known| known.merchant == endpoint.merchant && known.state == EndpointState::Enabled);
        let enabled: Vec<EndpointId> = own.map(|known| known.id).collect();
        enabled.len() < ENDPOINTS_OF_MERCHANT_MAX || enabled.contains(&endpoint.id)
    }

    /// The number of a merchant's last message.
    pub(super) fn last_change(&self, merchant: &MerchantId) -> u64 {
        let all = (merchant.clone(), 0)..=(merchant.clone(), u64::MAX);
        self.changes.rows().range(all).next_back().map_or(0, |((_, number), _)| *number)
    }
}

#[async_trait]
impl EndpointStore for MemoryStore {
    async fn write_endpoint(
        &self,
        endpoint: &EventEndpoint,
        expected: Revision,
        notes: &[EndpointNote],
    ) -> Result<EndpointWritten, StoreError> {
        let written = self.write(|tables| tables.write_endpoint(endpoint, expected, notes));
        Ok(written.map_or_else(|refused| refused, |()| EndpointWritten::Written))
    }

    async fn endpoints_of(&self, merchant: &MerchantId) -> Result<Vec<EventEndpoint>, StoreError> {
        let own = |row: &&EndpointRow| &row.endpoint.merchant == merchant;
        let mut endpoints: Vec<EventEndpoint> = self.read(|tables| {
            tables.endpoints.known.rows().values().filter(own).map(|row| row.endpoint.clone()).collect()
        });
        endpoints.sort_by_key(|endpoint| (endpoint.created_at, endpoint.id));
        Ok(endpoints)
    }

    async fn endpoint(&self, id: &EndpointId) -> Result<Option<EventEndpoint>, StoreError> {
        Ok(self.read(|tables| tables.endpoints.known.get(id).map(|row| row.endpoint.clone())))
    }

    async fn endpoints(&self, after: Option<EndpointId>, limit: u32) -> Result<Vec<EventEndpoint>, StoreError> {
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| {
            tables.endpoints.known.rows().range(behind).take(most).map(|(_, row)| row.endpoint.clone()).collect()
        }))
    }

    async fn endpoint_notes(&self, id: &EndpointId) -> Result<Vec<EndpointNote>, StoreError> {
        Ok(self.read(|tables| tables.endpoints.known.get(id).map(|row| row.notes.clone()).unwrap_or_default()))
    }
}
