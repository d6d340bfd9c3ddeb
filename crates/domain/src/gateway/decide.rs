//! Read, decide, commit; on a conflict again.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use super::Gateway;
use crate::audit::Actor;
use crate::dossier::Dossier;
use crate::exception::MoneyException;
use crate::ids::{MerchantId, OrderCode, PaymentId};
use crate::ports::{CommitError, ExceptionFilter, StoreError};
use crate::unit_of_work::UnitOfWork;

/// How often a decision is taken again after a conflict.
const TRIES_MAX: u32 = 3;
/// Exceptions read of one payment; beyond them one may be told of twice.
const EXCEPTIONS_MAX: u32 = 1_000;

/// Why a decision was not committed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecideError {
    /// Others kept writing.
    #[error("could not decide: others kept writing")]
    Contended,
    /// A commit was refused for another reason than a conflict.
    #[error("could not commit the decision")]
    Commit(#[source] CommitError),
    /// The store failed.
    #[error("could not read or write what the decision needs")]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Opens the dossier of an order as it is stored now.
    pub(super) async fn dossier(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        actor: &Actor,
    ) -> Result<Dossier, StoreError> {
        let order = self.ports.orders.order(merchant, code).await?;
        let payments = self.ports.payments.of_order(merchant, code).await?;
        let now = self.ports.clock.now();
        let ids = Arc::clone(&self.ports.ids);
        Ok(Dossier::open(merchant.clone(), code.clone(), order, payments, now, actor.clone(), ids))
    }

    /// Takes a decision and commits it. `decide` may run several times, each time on what is stored
    /// then; what it returns is handed on once its unit of work is committed.
    pub(super) async fn decide<T: Send>(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        actor: &Actor,
        decide: impl Fn(&mut Dossier) -> T + Send + Sync,
    ) -> Result<T, DecideError> {
        for _ in 0..TRIES_MAX {
            let mut dossier = self.dossier(merchant, code, actor).await?;
            let mut decided = decide(&mut dossier);
            let raised = self.raised_for(dossier.raises_for().collect()).await?;
            if !raised.is_empty() {
                // What a person has before them already is no news: decided again with that known.
                dossier = self.dossier(merchant, code, actor).await?.knowing(raised);
                decided = decide(&mut dossier);
            }
            match self.commit(&dossier.conclude()).await {
                Ok(()) => return Ok(decided),
                // An unknown commit is read again like a conflict: decisions are idempotent.
                Err(CommitError::Conflict { .. } | CommitError::Store(StoreError::CommitUnknown { .. })) => {}
                Err(CommitError::Store(store)) => return Err(store.into()),
                Err(other) => return Err(DecideError::Commit(other)),
            }
        }
        Err(DecideError::Contended)
    }

    /// The keys of all exceptions of these payments.
    pub(super) async fn raised_for(&self, payments: BTreeSet<PaymentId>) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        for payment in payments {
            let raised =
                self.ports.exceptions.exceptions(&ExceptionFilter::Payment(payment), None, EXCEPTIONS_MAX).await?;
            keys.extend(raised.iter().map(MoneyException::key));
        }
        Ok(keys)
    }

    /// Commits a unit of work, unless it is empty, and wakes whoever waits for its payments.
    pub(super) async fn commit(&self, work: &UnitOfWork) -> Result<(), CommitError> {
        if *work == UnitOfWork::default() {
            return Ok(());
        }
        self.ports.payments.commit(work).await?;
        for write in &work.payments {
            self.rounds.note_stored(&write.payment);
            self.waiting.note_written(write.payment.id, write.expected.next());
            self.ports.wakeups.wake(&write.payment.id);
        }
        Ok(())
    }
}
