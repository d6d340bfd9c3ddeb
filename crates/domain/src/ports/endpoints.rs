//! Where the endpoints of merchants are kept, their secrets sealed.

use async_trait::async_trait;

use super::StoreError;
use crate::endpoint::{EndpointNote, EventEndpoint};
use crate::ids::{EndpointId, MerchantId};
use crate::payment::Revision;

/// What came of writing an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointWritten {
    /// It is stored, with its notes.
    Written,
    /// It was written since it was read, or its name is taken. Nothing was written.
    Conflict,
    /// It is enabled, and its merchant has as many beside it as there may be. Nothing was written.
    TooMany,
}

/// The endpoints of merchants.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EndpointStore: Send + Sync {
    /// Writes an endpoint that stands at `expected` ([`Revision::NEW`]: it is new, and hears of what happens from then
    /// on), with the notes of what was done, all or nothing; it stands at the next revision then, whatever its own
    /// says. How it failed so far MUST be forgotten. Notes MUST never change. However many are written at once, no
    /// merchant MUST come to have more than [`ENDPOINTS_OF_MERCHANT_MAX`](crate::endpoint::ENDPOINTS_OF_MERCHANT_MAX)
    /// that are enabled.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    async fn write_endpoint(
        &self,
        endpoint: &EventEndpoint,
        expected: Revision,
        notes: &[EndpointNote],
    ) -> Result<EndpointWritten, StoreError>;

    /// A merchant's endpoints, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn endpoints_of(&self, merchant: &MerchantId) -> Result<Vec<EventEndpoint>, StoreError>;

    /// The endpoint of that name.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn endpoint(&self, id: &EndpointId) -> Result<Option<EventEndpoint>, StoreError>;

    /// Up to `limit` endpoints behind the one given, by name.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn endpoints(&self, after: Option<EndpointId>, limit: u32) -> Result<Vec<EventEndpoint>, StoreError>;

    /// What was done to an endpoint, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn endpoint_notes(&self, id: &EndpointId) -> Result<Vec<EndpointNote>, StoreError>;
}
