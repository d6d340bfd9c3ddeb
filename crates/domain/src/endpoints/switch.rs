//! Put an endpoint out of use, or back.

use super::spread::spread_all;
use super::{EndpointDesk, EndpointError};
use crate::audit::Actor;
use crate::endpoint::{EndpointNote, EndpointState, EventEndpoint};
use crate::gateway::Scope;
use crate::ids::EndpointId;
use crate::reason::Reason;

/// An endpoint to be put out of use, or back.
#[derive(Debug, Clone)]
pub struct SwitchEndpoint {
    /// Whose endpoint.
    pub scope: Scope,
    /// Which.
    pub id: EndpointId,
    /// As it is to be.
    pub state: EndpointState,
    /// Who asks for it.
    pub actor: Actor,
    /// Why, where they say so.
    pub reason: Option<Reason>,
}

impl EndpointDesk {
    /// Puts an endpoint out of use, or back: then it is told what it missed, as far as that is kept. Doing it twice has
    /// one effect.
    ///
    /// # Errors
    /// [`EndpointError`]
    pub async fn switch(&self, asked: &SwitchEndpoint) -> Result<EventEndpoint, EndpointError> {
        let now = self.clock.now();
        let switched = self
            .change(&asked.scope, &asked.id, |endpoint| {
                let note = EndpointNote::new(now, &asked.actor, asked.state.event(), asked.reason.as_ref());
                let is_so = endpoint.state == asked.state;
                Ok((!is_so).then_some((EventEndpoint { state: asked.state, ..endpoint }, note)))
            })
            .await?;
        if switched.state == EndpointState::Enabled {
            spread_all(&*self.dispatches, &switched.merchant).await?;
        }
        Ok(switched)
    }
}
