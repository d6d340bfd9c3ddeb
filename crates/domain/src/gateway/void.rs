//! Void: the owner calls an order off. Whatever could still pay it is closed, and asked about once more, first.

use thiserror::Error;

use super::{DecideError, Gateway, Scope};
use crate::audit::Actor;
use crate::ids::OrderCode;
use crate::order::{Order, OrderState};
use crate::payment::{Payment, Withdrawal};
use crate::ports::StoreError;

/// Which order to call off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidOrder {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Who calls it off.
    pub actor: Actor,
    /// Its code.
    pub code: OrderCode,
    /// Why.
    pub reason: Option<String>,
}

/// Why an order was not called off.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VoidError {
    /// No order of that code is registered, or it is another branch's.
    #[error("no such order")]
    NotFound,
    /// It was to be called off before it was paid, and money came first.
    #[error("order is already paid")]
    AlreadyPaid {
        /// By this payment; none where it was cash.
        payment: Option<Box<Payment>>,
    },
    /// Others kept writing.
    #[error("others kept changing the order")]
    Contended,
    /// The store failed.
    #[error("could not read or write the order")]
    Store(#[from] StoreError),
}

impl From<DecideError> for VoidError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Contended => Self::Contended,
            DecideError::Store(store) => Self::Store(store),
            DecideError::Commit(commit) => Self::Store(StoreError::query(commit)),
        }
    }
}

impl Gateway {
    /// Calls an order off. One that is paid may be, by whoever knows that it is: its money is then to be given back.
    /// The same again gives the same.
    ///
    /// # Errors
    /// [`VoidError::AlreadyPaid`] if money came while it was being called off.
    pub async fn void_order(&self, void: &VoidOrder) -> Result<Order, VoidError> {
        let (merchant, code, actor) = (&void.scope.merchant, &void.code, &void.actor);
        let order = self.read_order(&void.scope, code).await?.ok_or(VoidError::NotFound)?;
        if matches!(order.state, OrderState::Voided { .. }) {
            return Ok(order);
        }
        let was_paid = order.state.paid_by().is_some();
        if !was_paid {
            self.close_live(merchant, code, actor, Withdrawal::Voided, self.policies.cancel_within).await?;
        }
        self.decide(merchant, code, actor, |dossier| {
            let is_paid = dossier.order().is_some_and(|order| order.state.paid_by().is_some());
            if !was_paid && (is_paid || dossier.paid_payment().is_some()) {
                let payment = dossier.paid_payment().cloned().map(Box::new);
                return Err(VoidError::AlreadyPaid { payment });
            }
            dossier.void(void.reason.as_deref());
            Ok(())
        })
        .await??;
        self.read_order(&void.scope, code).await?.ok_or(VoidError::NotFound)
    }
}
