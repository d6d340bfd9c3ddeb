//! Cancel: the cashier calls a payment off.

use thiserror::Error;

use super::ask::{Answered, Heard, ProviderOrStore};
use super::{DecideError, FindError, Gateway, Scope};
use crate::audit::Actor;
use crate::charge::{Charge, Closing};
use crate::payment::{Payment, PaymentStatus, Withdrawal};
use crate::ports::{Finder, StoreError};

/// How far a cancel got at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// The provider closed the charge, or never had one.
    Confirmed,
    /// The provider did not answer: it is asked again until it does.
    Requested,
    /// The provider cannot close it: it can be paid until it dies by itself.
    Unsupported,
}

/// A payment that was called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelledPayment {
    /// As it stands now.
    pub payment: Payment,
    /// How far the cancel got.
    pub cancellation: Cancellation,
}

/// Why it was not called off.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CancelError {
    /// There is no such payment.
    #[error("no such payment")]
    NotFound,
    /// Money came first.
    #[error("payment is already paid")]
    AlreadyPaid {
        /// The payment.
        payment: Box<Payment>,
    },
    /// Others kept writing.
    #[error("others kept changing the payment")]
    Contended,
    /// The store failed.
    #[error("could not read or write the payment")]
    Store(#[from] StoreError),
}

impl From<FindError> for CancelError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound => Self::NotFound,
            FindError::Store(store) => Self::Store(store),
        }
    }
}

impl From<DecideError> for CancelError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Contended => Self::Contended,
            DecideError::Store(store) => Self::Store(store),
            DecideError::Commit(commit) => Self::Store(StoreError::query(commit)),
        }
    }
}

impl Gateway {
    /// Takes a payment from display, closes its charge and asks once more for money. Doing it twice
    /// gives the same.
    ///
    /// # Errors
    /// [`CancelError::AlreadyPaid`] if money came first.
    pub async fn cancel(&self, scope: &Scope, reference: &str, actor: &Actor) -> Result<CancelledPayment, CancelError> {
        let found = self.find(scope, reference).await?;
        if found.status() == PaymentStatus::Pending {
            let id = found.id;
            self.decide(&found.merchant, &found.order_code, actor, |dossier| {
                dossier.withdraw(&id, Withdrawal::Cancelled);
                dossier.hide_unseen(&id);
            })
            .await?;
            self.close_charges(&found, actor, self.policies.cancel_within).await?;
        }
        let payment = self.find(scope, reference).await?;
        if payment.status().saw_money() {
            return Err(CancelError::AlreadyPaid { payment: Box::new(payment) });
        }
        let cancellation = cancellation_of(&payment);
        Ok(CancelledPayment { payment, cancellation })
    }

    /// Asks where the shown charge stands, while somebody waits; a provider that does not answer is
    /// no reason to keep them waiting.
    pub(super) async fn ask_while_waiting(&self, payment: &Payment, actor: &Actor) -> Result<Answered, DecideError> {
        let Some(charge) = payment.shown_charge() else { return Ok(Answered::Not) };
        match self.ask(payment, charge, Heard::default(), self.policies.cancel_within).await {
            // It says what is known: nothing is read for that, or written.
            Ok(snapshot) if self.adds_nothing(payment, &charge.id, &snapshot, actor) => Ok(Answered::AsKnown),
            Ok(snapshot) => {
                self.take_in(payment, &charge.id, &snapshot, (actor, Finder::Look), |_| ()).await?;
                self.note_found_unlisted(charge, &snapshot);
                Ok(Answered::Taken)
            }
            Err(ProviderOrStore::Store(store)) => Err(store.into()),
            Err(ProviderOrStore::Provider(_)) => Ok(Answered::Not),
        }
    }
}

fn cancellation_of(payment: &Payment) -> Cancellation {
    let closing = |charge: &Charge| match charge.closing {
        Closing::Wanted { .. } if charge.state.is_open() => Cancellation::Requested,
        Closing::Unsupported => Cancellation::Unsupported,
        Closing::Wanted { .. } | Closing::NotAsked | Closing::Confirmed => Cancellation::Confirmed,
    };
    payment.shown_charge().map_or(Cancellation::Confirmed, closing)
}
