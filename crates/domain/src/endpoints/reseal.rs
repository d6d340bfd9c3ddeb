//! Seal every endpoint's secrets under the key in force, so that the key before can be thrown away.

use super::list::PAGE_ROWS;
use super::secrets::Signing;
use super::{EndpointDesk, EndpointError};
use crate::audit::Actor;
use crate::endpoint::{EndpointEvent, EndpointNote, EventEndpoint};
use crate::gateway::Scope;
use crate::reason::Reason;

impl EndpointDesk {
    /// Seals anew what is sealed under another key than the one in force; returns how many endpoints that were. What
    /// it did before an error stands.
    ///
    /// # Errors
    /// [`EndpointError::Vault`] where an endpoint's secrets do not open.
    pub async fn reseal(&self, actor: &Actor, reason: Option<&Reason>) -> Result<u64, EndpointError> {
        let key = self.vault.key()?;
        let (mut resealed, mut after) = (0_u64, None);
        loop {
            let page = self.store.endpoints(after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { return Ok(resealed) };
            after = Some(last.id);
            for endpoint in page.iter().filter(|endpoint| endpoint.signing.key != key) {
                self.reseal_one(endpoint, actor, reason).await?;
                resealed = resealed.saturating_add(1);
            }
        }
    }

    async fn reseal_one(
        &self,
        endpoint: &EventEndpoint,
        actor: &Actor,
        reason: Option<&Reason>,
    ) -> Result<(), EndpointError> {
        let now = self.clock.now();
        let scope = Scope { merchant: endpoint.merchant.clone(), branch: None };
        self.change(&scope, &endpoint.id, |endpoint| {
            let signing = Signing::open(&*self.vault, &endpoint)?;
            let signing = signing.seal(&*self.vault, &endpoint.merchant, endpoint.id)?;
            let note = EndpointNote::new(now, actor, EndpointEvent::Resealed, reason);
            Ok(Some((EventEndpoint { signing, ..endpoint }, note)))
        })
        .await?;
        Ok(())
    }
}
