//! Simulate: order a test payment at the provider, so that its real webhook comes.

use thiserror::Error;

use super::ask::ProviderOrStore;
use super::{DecideError, FindError, Gateway, Scope};
use crate::audit::{Actor, AuditEvent, AuditNote};
use crate::money::Money;
use crate::payment::{Payment, PaymentStatus};
use crate::ports::{ProviderError, Simulation, StoreError};

/// Why nothing was simulated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// There is no such payment.
    #[error("no such payment")]
    NotFound,
    /// It is paid already.
    #[error("payment is already paid")]
    AlreadyPaid {
        /// The payment.
        payment: Box<Payment>,
    },
    /// It no longer waits for money, or not yet.
    #[error("payment does not wait for money")]
    NotPending {
        /// The payment.
        payment: Box<Payment>,
    },
    /// Not the payment's amount.
    #[error("amount is not the payment's")]
    AmountMismatch {
        /// What it is.
        expected: Money,
    },
    /// The provider did not do it.
    #[error("could not simulate the payment")]
    Provider(#[source] Box<ProviderError>),
    /// The store failed.
    #[error("could not read or write the payment")]
    Store(#[from] StoreError),
}

impl From<FindError> for SimulateError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound => Self::NotFound,
            FindError::Store(store) => Self::Store(store),
        }
    }
}

impl From<ProviderOrStore> for SimulateError {
    fn from(error: ProviderOrStore) -> Self {
        match error {
            ProviderOrStore::Provider(error) => Self::Provider(error),
            ProviderOrStore::Store(store) => Self::Store(store),
        }
    }
}

impl Gateway {
    /// Has the provider pretend that the customer paid. The payment changes when its webhook comes.
    ///
    /// # Errors
    /// [`SimulateError`]
    pub async fn simulate(
        &self,
        scope: &Scope,
        reference: &str,
        amount: &Money,
        actor: &Actor,
    ) -> Result<Payment, SimulateError> {
        let payment = self.find(scope, reference).await?;
        let status = payment.status();
        if status.saw_money() {
            return Err(SimulateError::AlreadyPaid { payment: Box::new(payment) });
        }
        if amount != &payment.amount {
            return Err(SimulateError::AmountMismatch { expected: payment.amount });
        }
        let target = payment.shown_charge().and_then(|charge| Some((charge, charge.provider_ref()?.clone())));
        let (PaymentStatus::Pending, Some((charge, charge_ref))) = (status, target) else {
            return Err(SimulateError::NotPending { payment: Box::new(payment) });
        };
        let account = self.account_of(charge).await?;
        let provider = self.provider(&charge.provider).ok_or(SimulateError::NotFound)?;
        let id = payment.id;
        let noted = self
            .decide(&payment.merchant, &payment.order_code, actor, |dossier| {
                let note = AuditNote::new(dossier.now(), actor.clone(), AuditEvent::Simulated);
                dossier.note(&id, note.with("charge", &charge.id));
            })
            .await;
        match noted {
            Ok(()) | Err(DecideError::Contended | DecideError::Commit(_)) => {}
            Err(DecideError::Store(store)) => return Err(store.into()),
        }
        let simulation = Simulation { charge_ref, amount: amount.clone(), within: self.policies.inquire_within };
        provider.simulate(&account, &simulation).await.map_err(|error| SimulateError::Provider(Box::new(error)))?;
        Ok(payment)
    }
}
