//! Leaving a pending payment for another method or amount.

use super::{CreateError, CreatePayment};
use crate::charge::{Charge, Risk};
use crate::gateway::Gateway;
use crate::payment::{Payment, Withdrawal};
use crate::schedule::PUSH_WINDOW;

impl Gateway {
    /// Takes the old payment from display, closes its charge at the provider and asks once more, all
    /// within the time a cashier waits. It counts as cancelled when the new intent commits.
    pub(super) async fn leave(&self, command: &CreatePayment, old: &Payment) -> Result<(), CreateError> {
        if push_in_flight(old).is_some_and(|charge| !self.switch_is_due(command, old, charge)) {
            return Err(CreateError::OrderHasLivePayment { payment: Box::new(old.clone()) });
        }
        let (merchant, code) = (&command.scope.merchant, &command.order_code);
        self.decide(merchant, code, &command.actor, |dossier| dossier.withdraw(&old.id, Withdrawal::Superseded))
            .await?;
        self.close_charges(old, &command.actor, self.policies.cancel_within).await?;
        Ok(())
    }

    /// Whether the cashier says that a push of the same content, of which nothing was heard, never came: then
    /// the request is for another one.
    pub(super) fn is_push_given_up(&self, command: &CreatePayment, live: &Payment) -> bool {
        live.unanswered_push().is_some_and(|push| self.switch_is_due(command, live, push))
    }

    /// The cashier's word counts once the push's own window is over: the longest there is where no answer told
    /// when it began.
    fn switch_is_due(&self, command: &CreatePayment, old: &Payment, charge: &Charge) -> bool {
        let longest = charge.created_at.plus(PUSH_WINDOW);
        let window_ends = if charge.is_unanswered_push() { longest } else { longest.min(old.expires_at) };
        command.switch_confirmed && self.ports.clock.now() >= window_ends
    }
}

/// A charge that a customer may be approving at this moment.
fn push_in_flight(old: &Payment) -> Option<&Charge> {
    old.shown_charge().filter(|charge| charge.state.is_open() && charge.risk == Risk::Pushed)
}
