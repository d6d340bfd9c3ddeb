//! Give an endpoint another secret; events are signed with both while the rotation lasts.

use std::time::Duration;

use super::secrets::Signing;
use super::{EndpointDesk, EndpointError};
use crate::account::SharedSecret;
use crate::audit::Actor;
use crate::endpoint::{EndpointEvent, EndpointNote, EventEndpoint};
use crate::gateway::Scope;
use crate::ids::EndpointId;
use crate::reason::Reason;

/// Another secret for an endpoint.
#[derive(Debug, Clone)]
pub struct RotateSigning {
    /// Whose endpoint.
    pub scope: Scope,
    /// Which.
    pub id: EndpointId,
    /// What events are signed with from now on.
    pub secret: SharedSecret,
    /// For how long they are signed with the secret before as well. Whatever was before that is over at once.
    pub previous_for: Duration,
    /// Who asks for it.
    pub actor: Actor,
    /// Why, where they say so.
    pub reason: Option<Reason>,
}

impl EndpointDesk {
    /// Gives an endpoint another secret.
    ///
    /// # Errors
    /// [`EndpointError`]
    pub async fn rotate(&self, asked: &RotateSigning) -> Result<EventEndpoint, EndpointError> {
        let now = self.clock.now();
        self.change(&asked.scope, &asked.id, |endpoint| {
            let before = Signing::open(&*self.vault, &endpoint)?.current;
            let previous = (!asked.previous_for.is_zero()).then(|| (before, now.plus(asked.previous_for)));
            let signing = Signing { current: asked.secret.clone(), previous };
            let signing = signing.seal(&*self.vault, &endpoint.merchant, endpoint.id)?;
            let note = EndpointNote::new(now, &asked.actor, EndpointEvent::Rotated, asked.reason.as_ref());
            Ok(Some((EventEndpoint { signing, ..endpoint }, note)))
        })
        .await
    }
}
