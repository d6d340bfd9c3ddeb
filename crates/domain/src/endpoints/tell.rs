//! Tell endpoints of events: each message at least once, those of one payment in their order.

use std::sync::Arc;
use std::time::Duration;

use super::secrets::Signing;
use crate::audit::Actor;
use crate::endpoint::{EndpointNote, EndpointState, EventEndpoint};
use crate::ids::LeaseToken;
use crate::lease::Lease;
use crate::ports::{
    AtOnce, Clock, Dispatches, EndpointStore, EndpointWritten, EventBodies, EventCall, EventSender, IdGenerator,
    LeasedDispatch, SendEventError, SendEventErrorKind, Setback, StoreError, Vault,
};
use crate::reason::Reason;
use crate::time::Timestamp;

/// How long a worker holds a dispatch: longer than any endpoint is given to answer.
const DISPATCH_LEASE: Duration = Duration::from_mins(1);
/// Dispatches that are under way at once: of a merchant no more than of one endpoint, however many it has, so that one
/// whose endpoints are all slow leaves the other places of a node to the others.
const AT_ONCE: AtOnce = AtOnce { of_endpoint: 4, of_merchant: 4 };
/// Parts that a pause is counted in when it is made uneven.
const PARTS: u32 = 1_024;
/// What its owner reads of why an endpoint is told no more, where it said so itself.
const IT_IS_GONE: &str = "it answered that it is gone for good";
/// The same, where it did not.
const IT_FAILED: &str = "it has taken nothing for too long";

/// How patient we are with endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TellPolicy {
    /// The pause after a first failure; each further one doubles it.
    pub pause_first: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// An endpoint that nothing has reached for so long is told no more.
    pub disable_after: Duration,
}

impl Default for TellPolicy {
    fn default() -> Self {
        Self {
            pause_first: Duration::from_secs(5),
            pause_max: Duration::from_mins(10),
            disable_after: Duration::from_hours(5 * 24),
        }
    }
}

/// What came of telling an endpoint.
#[derive(Debug)]
pub enum Told {
    /// It was told, or there was nothing to tell any more.
    Arrived,
    /// It was not, and is told again.
    SetBack {
        /// Why.
        error: SendEventError,
    },
    /// It was not, and is told no more until its owner enables it.
    Disabled {
        /// What became of the endpoint.
        state: EndpointState,
        /// Why.
        error: SendEventError,
    },
}

/// Tells endpoints.
#[derive(Clone)]
pub struct EventTeller {
    /// What is to be told.
    pub dispatches: Arc<dyn Dispatches>,
    /// To whom.
    pub endpoints: Arc<dyn EndpointStore>,
    /// In which words.
    pub bodies: Arc<dyn EventBodies>,
    /// Signed with what.
    pub vault: Arc<dyn Vault>,
    /// How.
    pub sender: Arc<dyn EventSender>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids, and chance.
    pub ids: Arc<dyn IdGenerator>,
    /// How patiently.
    pub policy: TellPolicy,
}

impl EventTeller {
    /// Takes up to `limit` dispatches, for those who see to several at once.
    ///
    /// # Errors
    /// [`StoreError`]: what was taken up is taken up again when its lease runs out.
    pub async fn take_up(&self, limit: u32) -> Result<Vec<LeasedDispatch>, StoreError> {
        let lease = Lease { token: LeaseToken::new(self.ids.uuid()), ttl: DISPATCH_LEASE };
        self.dispatches.claim_dispatches(limit, AT_ONCE, lease).await
    }

    /// Tells an endpoint of what was taken up for it.
    ///
    /// # Errors
    /// [`StoreError`]: it is told again after a pause, at the latest when the lease runs out.
    pub async fn tell(&self, leased: &LeasedDispatch) -> Result<Told, StoreError> {
        let (endpoint, message) = (&leased.endpoint, &leased.message);
        let told = match self.bodies.body(message).await {
            Ok(Some(body)) => self.send(leased, body).await,
            Ok(None) => Ok(()),
            Err(unread) => {
                let setback = Setback { at: self.clock.now(), pause: self.pause(leased.attempts), rest: None };
                self.dispatches.set_back(&endpoint.id, &message.id, leased.token, setback).await?;
                return Err(unread);
            }
        };
        let Err(error) = told else {
            self.dispatches.dispatched(&endpoint.id, &message.id, leased.token).await?;
            return Ok(Told::Arrived);
        };
        let now = self.clock.now();
        let (pause, rest) = (self.pause(leased.attempts), Some(self.pause(leased.failures + 1)));
        let setback = Setback { at: now, pause, rest };
        self.dispatches.set_back(&endpoint.id, &message.id, leased.token, setback).await?;
        let becomes = match error.kind {
            SendEventErrorKind::Gone => Some((EndpointState::Gone, IT_IS_GONE)),
            SendEventErrorKind::Failed if self.is_over(endpoint, now) => Some((EndpointState::Failed, IT_FAILED)),
            SendEventErrorKind::Failed => None,
        };
        match becomes {
            Some((state, why)) if self.disable(endpoint, state, why, now).await? => Ok(Told::Disabled { state, error }),
            Some(_) | None => Ok(Told::SetBack { error }),
        }
    }

    async fn send(&self, leased: &LeasedDispatch, body: String) -> Result<(), SendEventError> {
        let signing = Signing::open(&*self.vault, &leased.endpoint);
        let unopened = |error| SendEventError { kind: SendEventErrorKind::Failed, source: Box::new(error) };
        let secrets = signing.map_err(unopened)?.in_use(self.clock.now());
        let (message, url) = (leased.message.id, leased.endpoint.url.clone());
        self.sender.send(&EventCall { message, url, secrets, body }).await
    }

    fn is_over(&self, endpoint: &EventEndpoint, now: Timestamp) -> bool {
        endpoint.failing_since.is_some_and(|since| since <= now && now.since(since) >= self.policy.disable_after)
    }

    /// Whether this was what put it out of use: whoever changed it meanwhile knows better.
    async fn disable(
        &self,
        endpoint: &EventEndpoint,
        state: EndpointState,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let why = Reason::parse(why).ok();
        let note = EndpointNote::new(now, &Actor::Worker, state.event(), why.as_ref());
        let changed = EventEndpoint { state, ..endpoint.clone() };
        let written = self.endpoints.write_endpoint(&changed, endpoint.revision, &[note]).await?;
        Ok(written == EndpointWritten::Written)
    }

    /// The pause behind so many failures: longer each time, and uneven, so that not everybody comes back at once.
    fn pause(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let longest = self.policy.pause_first.saturating_mul(doubled).min(self.policy.pause_max);
        let chance = self.ids.uuid().as_u128() % u128::from(PARTS);
        let part = u32::try_from(chance).unwrap_or_default();
        let half = longest / 2;
        half + half.saturating_mul(part) / PARTS
    }
}

impl std::fmt::Debug for EventTeller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EventTeller(..)")
    }
}
