//! Endpoints of merchants: made known, given other secrets, put out of use and back; and telling them of events.

mod add;
mod list;
mod reseal;
mod rotate;
mod secrets;
mod spread;
mod switch;
mod tell;

pub use add::AddEndpoint;
pub use list::UnopenedEndpoint;
pub use rotate::RotateSigning;
pub use spread::SpreadingPublisher;
pub use switch::SwitchEndpoint;
pub use tell::{EventTeller, TellPolicy, Told};

use std::sync::Arc;

use thiserror::Error;

use crate::endpoint::{ENDPOINTS_OF_MERCHANT_MAX, EndpointNote, EventEndpoint};
use crate::gateway::Scope;
use crate::ids::EndpointId;
use crate::ports::{Clock, Dispatches, EndpointStore, EndpointWritten, StoreError, Vault, VaultError};

/// How often an endpoint is read again when others write it.
const TRIES_MAX: u32 = 3;

/// Why an endpoint is not as it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// There is none of that name in that scope.
    #[error("no such endpoint")]
    NotFound,
    /// The merchant has as many enabled as there may be.
    #[error("could not enable the endpoint: {ENDPOINTS_OF_MERCHANT_MAX} are already")]
    TooMany,
    /// Others kept writing it.
    #[error("could not write the endpoint: others keep writing it")]
    Contended,
    /// Its secrets cannot be sealed or opened.
    #[error("could not seal or open the secrets of the endpoint")]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error("could not keep the endpoint")]
    Store(#[from] StoreError),
}

/// Where endpoints are looked after.
#[derive(Clone)]
pub struct EndpointDesk {
    store: Arc<dyn EndpointStore>,
    dispatches: Arc<dyn Dispatches>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
}

impl EndpointDesk {
    /// A desk over the endpoints of that store.
    #[must_use]
    pub fn new(
        store: Arc<dyn EndpointStore>,
        dispatches: Arc<dyn Dispatches>,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, dispatches, vault, clock }
    }

    /// The endpoint of that name, if it is in that scope.
    async fn find(&self, scope: &Scope, id: &EndpointId) -> Result<EventEndpoint, EndpointError> {
        let endpoint = self.store.endpoint(id).await?;
        endpoint.filter(|endpoint| is_within(endpoint, scope)).ok_or(EndpointError::NotFound)
    }

    /// Changes an endpoint, as often as somebody else was first. `None`: there is nothing to change.
    async fn change(
        &self,
        scope: &Scope,
        id: &EndpointId,
        decide: impl Fn(EventEndpoint) -> Result<Option<(EventEndpoint, EndpointNote)>, EndpointError> + Send + Sync,
    ) -> Result<EventEndpoint, EndpointError> {
        for _ in 0..TRIES_MAX {
            let stored = self.find(scope, id).await?;
            let Some((changed, note)) = decide(stored.clone())? else { return Ok(stored) };
            match self.store.write_endpoint(&changed, stored.revision, &[note]).await? {
                EndpointWritten::Written => {
                    let revision = stored.revision.next();
                    return Ok(EventEndpoint { revision, failing_since: None, ..changed });
                }
                EndpointWritten::Conflict => {}
                EndpointWritten::TooMany => return Err(EndpointError::TooMany),
            }
        }
        Err(EndpointError::Contended)
    }
}

impl std::fmt::Debug for EndpointDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EndpointDesk(..)")
    }
}

/// Whether an endpoint is of that merchant and, where the scope is a branch, of that branch.
fn is_within(endpoint: &EventEndpoint, scope: &Scope) -> bool {
    endpoint.merchant == scope.merchant && (scope.branch.is_none() || endpoint.branch == scope.branch)
}
