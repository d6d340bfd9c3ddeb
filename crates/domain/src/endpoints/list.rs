//! Look at endpoints, and at whether their secrets open.

use super::secrets::Signing;
use super::{EndpointDesk, EndpointError, is_within};
use crate::endpoint::{EndpointNote, EventEndpoint};
use crate::gateway::Scope;
use crate::ids::EndpointId;
use crate::ports::{StoreError, VaultError};

/// Endpoints that are read at once.
pub(super) const PAGE_ROWS: u32 = 500;

/// An endpoint whose secrets do not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnopenedEndpoint {
    /// Which.
    pub id: EndpointId,
    /// Why.
    pub why: VaultError,
}

impl EndpointDesk {
    /// A merchant's endpoints, or those of a branch.
    ///
    /// # Errors
    /// [`EndpointError::Store`]
    pub async fn list(&self, scope: &Scope) -> Result<Vec<EventEndpoint>, EndpointError> {
        let mut endpoints = self.store.endpoints_of(&scope.merchant).await?;
        endpoints.retain(|endpoint| is_within(endpoint, scope));
        Ok(endpoints)
    }

    /// One endpoint, and what was done to it.
    ///
    /// # Errors
    /// [`EndpointError::NotFound`], [`EndpointError::Store`]
    pub async fn read(
        &self,
        scope: &Scope,
        id: &EndpointId,
    ) -> Result<(EventEndpoint, Vec<EndpointNote>), EndpointError> {
        let endpoint = self.find(scope, id).await?;
        let notes = self.store.endpoint_notes(id).await?;
        Ok((endpoint, notes))
    }

    /// The endpoints of all merchants whose secrets do not open.
    ///
    /// # Errors
    /// [`StoreError`] where the endpoints cannot be read.
    pub async fn unopened(&self) -> Result<Vec<UnopenedEndpoint>, StoreError> {
        let (mut unopened, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.endpoints(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { return Ok(unopened) };
            after = Some(last.id);
            unopened.extend(page.iter().filter_map(|endpoint| {
                let why = Signing::open(&*self.vault, endpoint).err()?;
                Some(UnopenedEndpoint { id: endpoint.id, why })
            }));
        }
    }
}
