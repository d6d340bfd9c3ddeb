//! Endpoints: where merchants' back ends hear of events.

use crate::account::PreviousSecret;
use crate::audit::Actor;
use crate::ids::{BranchId, EndpointId, EndpointUrl, KeyId, MerchantId};
use crate::payment::Revision;
use crate::reason::Reason;
use crate::time::Timestamp;

/// Enabled endpoints of one merchant: each is told everything.
pub const ENDPOINTS_OF_MERCHANT_MAX: usize = 16;

/// Whether an endpoint is told of events, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// It is.
    Enabled,
    /// Its owner does not want it.
    Disabled,
    /// It failed for too long.
    Failed,
    /// It said that it is gone for good.
    Gone,
}

impl EndpointState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Enabled, Self::Disabled, Self::Failed, Self::Gone];

    /// One word for stores and lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }

    /// What is put on record where an endpoint comes to that.
    #[must_use]
    pub const fn event(self) -> EndpointEvent {
        match self {
            Self::Enabled => EndpointEvent::Enabled,
            Self::Disabled => EndpointEvent::Disabled,
            Self::Failed => EndpointEvent::Failed,
            Self::Gone => EndpointEvent::Gone,
        }
    }
}

/// What events to an endpoint are signed with, sealed under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSigning {
    /// Under which.
    pub key: KeyId,
    /// The secret in force.
    pub current: Vec<u8>,
    /// The one before, while a rotation lasts: events are signed with both.
    pub previous: Option<PreviousSecret>,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEndpoint {
    /// Our name for it.
    pub id: EndpointId,
    /// Whose.
    pub merchant: MerchantId,
    /// It hears of that branch only; `None`: of every branch.
    pub branch: Option<BranchId>,
    /// Where it is.
    pub url: EndpointUrl,
    /// Whether it is told.
    pub state: EndpointState,
    /// What it knows us by.
    pub signing: SealedSigning,
    /// Since when nothing has reached it. Kept by whoever tells it: writing an endpoint forgets it.
    pub failing_since: Option<Timestamp>,
    /// How often it was written.
    pub revision: Revision,
    /// Since when it is known here.
    pub created_at: Timestamp,
}

/// What was done to an endpoint, or became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointEvent {
    /// It was made known here.
    Added,
    /// It got another secret.
    Rotated,
    /// It is told from then on.
    Enabled,
    /// It is told no more: its owner does not want it.
    Disabled,
    /// It is told no more: it failed for too long.
    Failed,
    /// It is told no more: it said that it is gone for good.
    Gone,
    /// Its secrets were sealed anew, under another key.
    Resealed,
}

impl EndpointEvent {
    /// Every event.
    pub const ALL: [Self; 7] =
        [Self::Added, Self::Rotated, Self::Enabled, Self::Disabled, Self::Failed, Self::Gone, Self::Resealed];

    /// One word for stores and lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Rotated => "rotated",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::Resealed => "resealed",
        }
    }
}

/// Who did what to an endpoint, when and why. Never what its secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointNote {
    /// When.
    pub at: Timestamp,
    /// Who, as [`Actor::text`] has it.
    pub actor: String,
    /// What.
    pub event: EndpointEvent,
    /// Why, where that was said.
    pub reason: Option<Reason>,
}

impl EndpointNote {
    /// A note of what happened just then.
    #[must_use]
    pub fn new(at: Timestamp, actor: &Actor, event: EndpointEvent, reason: Option<&Reason>) -> Self {
        Self { at, actor: actor.text(), event, reason: reason.cloned() }
    }
}
