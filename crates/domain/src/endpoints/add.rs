//! Make an endpoint of a merchant known here.

use super::secrets::Signing;
use super::{EndpointDesk, EndpointError};
use crate::account::SharedSecret;
use crate::audit::Actor;
use crate::endpoint::{EndpointEvent, EndpointNote, EndpointState, EventEndpoint};
use crate::gateway::Scope;
use crate::ids::{EndpointId, EndpointUrl};
use crate::payment::Revision;
use crate::ports::EndpointWritten;
use crate::reason::Reason;

/// An endpoint to be made known, enabled from the start.
#[derive(Debug, Clone)]
pub struct AddEndpoint {
    /// Whose: told of one branch, or of every branch.
    pub scope: Scope,
    /// Our name for it.
    pub id: EndpointId,
    /// Where it is.
    pub url: EndpointUrl,
    /// What events to it are signed with.
    pub secret: SharedSecret,
    /// Who asks for it.
    pub actor: Actor,
    /// Why, where they say so.
    pub reason: Option<Reason>,
}

impl EndpointDesk {
    /// Makes an endpoint known. It is told of what happens from then on.
    ///
    /// # Errors
    /// [`EndpointError::TooMany`], [`EndpointError::Vault`] where there is no key to seal its secret with.
    pub async fn add(&self, asked: AddEndpoint) -> Result<EventEndpoint, EndpointError> {
        let now = self.clock.now();
        let AddEndpoint { scope, id, url, secret, actor, reason } = asked;
        let signing = Signing { current: secret, previous: None }.seal(&*self.vault, &scope.merchant, id)?;
        let endpoint = EventEndpoint {
            id,
            merchant: scope.merchant,
            branch: scope.branch,
            url,
            state: EndpointState::Enabled,
            signing,
            failing_since: None,
            revision: Revision::NEW.next(),
            created_at: now,
        };
        let note = EndpointNote::new(now, &actor, EndpointEvent::Added, reason.as_ref());
        match self.store.write_endpoint(&endpoint, Revision::NEW, &[note]).await? {
            EndpointWritten::Written => Ok(endpoint),
            EndpointWritten::Conflict => Err(EndpointError::Contended),
            EndpointWritten::TooMany => Err(EndpointError::TooMany),
        }
    }
}
