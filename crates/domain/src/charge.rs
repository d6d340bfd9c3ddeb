//! A charge: one object at one provider, under one account.

mod artefact;
mod funds;
mod opening;
mod risk;
mod signal;
mod state;
mod transitions;

pub use artefact::Artefact;
pub use funds::{Funds, Payer, Receipt, RefundFact};
pub use opening::{Closing, Exposure, Opened, Opening};
pub use risk::Risk;
pub use signal::{FailureReason, Signal, SignalKind};
pub use state::{ChargeState, ChargeStatus, DisputeReason, Outcome};
pub use transitions::{Effect, TRANSITIONS, Transition, transitions_markdown};

use crate::ids::{AccountId, ChargeId, OurReference, ProviderId, ProviderRef};
use crate::time::Timestamp;

/// One object at one provider: what was sent, what is known of it, and the money it brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Our id; also the idempotency key it is opened with.
    pub id: ChargeId,
    /// At which provider.
    pub provider: ProviderId,
    /// Under which account; never changes.
    pub account: AccountId,
    /// Our name for it at the provider.
    pub our_reference: OurReference,
    /// What it means if its opening is not answered.
    pub risk: Risk,
    /// When the intent to open it was committed.
    pub created_at: Timestamp,
    /// Whether a customer may have seen it.
    pub exposure: Exposure,
    /// What is known of its opening.
    pub opening: Opening,
    /// Whether it was asked to be closed at the provider, and what came of it.
    pub closing: Closing,
    /// Where it stands, by the provider's word and the money.
    pub state: ChargeState,
}

impl Charge {
    /// The intent to open a charge: nothing has been sent yet.
    #[must_use]
    pub fn intend(
        id: ChargeId,
        provider: ProviderId,
        account: AccountId,
        our_reference: OurReference,
        risk: Risk,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            provider,
            account,
            our_reference,
            risk,
            created_at: now,
            exposure: Exposure::Displayable,
            opening: Opening::Intended,
            closing: Closing::NotAsked,
            state: ChargeState::Initiated,
        }
    }

    /// The provider's id of the object, once known.
    #[must_use]
    pub fn provider_ref(&self) -> Option<&ProviderRef> {
        match &self.opening {
            Opening::Opened(opened) => Some(&opened.provider_ref),
            Opening::Found { provider_ref, .. } => Some(provider_ref),
            Opening::Intended | Opening::Unknown { .. } | Opening::Refused { .. } => None,
        }
    }

    /// What a customer can be shown, once it is opened.
    #[must_use]
    pub fn artefact(&self) -> Option<&Artefact> {
        match &self.opening {
            Opening::Opened(opened) => Some(&opened.artefact),
            Opening::Intended | Opening::Unknown { .. } | Opening::Found { .. } | Opening::Refused { .. } => None,
        }
    }

    /// Whether it counts for what the till sees.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        matches!(self.exposure, Exposure::Hidden { .. })
    }

    /// Whether a customer's phone or card may have been charged by it although no answer ever told: nothing
    /// but money can tell whether it exists.
    #[must_use]
    pub fn is_unanswered_push(&self) -> bool {
        let unanswered = matches!(self.opening, Opening::Intended | Opening::Unknown { .. });
        self.risk == Risk::Pushed && unanswered && self.state.is_open() && !self.is_hidden()
    }

    /// Every id by which the provider knows this charge or money on it.
    pub fn provider_refs(&self) -> impl Iterator<Item = &ProviderRef> {
        self.provider_ref().into_iter().chain(
            self.state.funds().into_iter().flat_map(|funds| funds.receipts().map(|receipt| &receipt.payment_ref)),
        )
    }

    /// Takes a signal in; returns what it did. Only [`Outcome::Moved`] changes the charge.
    pub fn apply(&mut self, signal: &Signal, asked: &crate::money::Money) -> Outcome {
        let outcome = self.state.on(signal, asked);
        if let Outcome::Moved(state) = &outcome {
            self.state = state.clone();
        }
        outcome
    }
}
