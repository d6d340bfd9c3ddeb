//! Leaving a pending payment for another method or amount.

use super::{CreateError, CreatePayment};
use crate::gateway::Gateway;
use crate::payment::{Payment, Withdrawal};
use crate::ports::Risk;

impl Gateway {
    /// Takes the old payment from display, closes its charge at the provider and asks once more, all
    /// within the time a cashier waits. It counts as cancelled when the new intent commits.
    pub(super) async fn leave(&self, command: &CreatePayment, old: &Payment) -> Result<(), CreateError> {
        if self.has_push_in_flight(old).await? && !self.switch_is_due(command, old) {
            return Err(CreateError::OrderHasLivePayment { payment: Box::new(old.clone()) });
        }
        let (merchant, code) = (&command.scope.merchant, &command.order_code);
        self.decide(merchant, code, &command.actor, |dossier| dossier.withdraw(&old.id, Withdrawal::Superseded))
            .await?;
        self.close_charges(old, &command.actor, self.policies.cancel_within).await?;
        Ok(())
    }

    async fn has_push_in_flight(&self, old: &Payment) -> Result<bool, CreateError> {
        let Some(charge) = old.shown_charge().filter(|charge| charge.state.is_open()) else { return Ok(false) };
        let account = self.ports.accounts.by_id(&charge.provider, &charge.account).await?;
        let capabilities = account.and_then(|account| {
            self.provider(&charge.provider).and_then(|provider| provider.capabilities(&account, old.method))
        });
        Ok(capabilities.is_some_and(|capabilities| capabilities.risk == Risk::Pushed))
    }

    /// The cashier's word counts once the push's own window is over.
    fn switch_is_due(&self, command: &CreatePayment, old: &Payment) -> bool {
        command.switch_confirmed && self.ports.clock.now() >= old.expires_at
    }
}
