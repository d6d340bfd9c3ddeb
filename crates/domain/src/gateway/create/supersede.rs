//! Leaving a pending payment for another method or amount.

use std::time::Duration;

use super::{CreateError, CreatePayment};
use crate::charge::{Charge, Risk};
use crate::gateway::Gateway;
use crate::payment::{Payment, Withdrawal};

/// How long a customer has to approve a push, at the longest (OVO, and a bank that asks about a card).
const PUSH_WINDOW: Duration = Duration::from_secs(75);

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

    /// The cashier's word counts once the push's own window is over.
    fn switch_is_due(&self, command: &CreatePayment, old: &Payment, charge: &Charge) -> bool {
        let window_ends = old.expires_at.min(charge.created_at.plus(PUSH_WINDOW));
        command.switch_confirmed && self.ports.clock.now() >= window_ends
    }
}

/// A charge that a customer may be approving at this moment.
fn push_in_flight(old: &Payment) -> Option<&Charge> {
    old.shown_charge().filter(|charge| charge.state.is_open() && charge.risk == Risk::Pushed)
}
