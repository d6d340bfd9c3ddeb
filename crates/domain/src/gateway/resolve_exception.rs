//! Resolve an exception: a person says what became of money that does not fit, and why.

use thiserror::Error;

use super::sync_batch::is_committed;
use super::{Gateway, Scope};
use crate::audit::{Actor, AuditEvent, AuditNote, MerchantNote};
use crate::exception::{ExceptionState, MoneyException};
use crate::ids::{ExceptionId, MerchantId, UserId};
use crate::ports::StoreError;
use crate::unit_of_work::{ExceptionWrite, UnitOfWork};

/// How often it is decided anew when others act on the same order.
const TRIES_MAX: u32 = 5;

/// A person's word on an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveException {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Who says so.
    pub user: UserId,
    /// Which exception.
    pub exception: ExceptionId,
    /// What became of the money, in a word: `accept`, `refund`, ...
    pub resolution: String,
    /// Why.
    pub reason: String,
}

/// Why an exception was not resolved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResolveExceptionError {
    /// There is none of that id, or it is nobody's, or another branch's.
    #[error("no such exception")]
    NotFound,
    /// Somebody resolved it otherwise.
    #[error("exception is resolved otherwise")]
    ResolvedOtherwise {
        /// How.
        exception: Box<MoneyException>,
    },
    /// The store failed.
    #[error("could not read or write the exception")]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Resolves an exception, on record with who said so and why: on the merchant's chain, and on that of its payment.
    /// Saying the same again gives the same.
    ///
    /// # Errors
    /// [`ResolveExceptionError`]
    pub async fn resolve_exception(&self, resolve: &ResolveException) -> Result<MoneyException, ResolveExceptionError> {
        for _ in 0..TRIES_MAX {
            let exception = self.exception_of(resolve).await?.ok_or(ResolveExceptionError::NotFound)?;
            match &exception.state {
                ExceptionState::Open => {}
                ExceptionState::Resolved { resolution, .. } if *resolution == resolve.resolution => {
                    return Ok(exception);
                }
                ExceptionState::Resolved { .. } => {
                    return Err(ResolveExceptionError::ResolvedOtherwise { exception: Box::new(exception) });
                }
            }
            if let Some(resolved) = self.close_exception(resolve, exception).await? {
                return Ok(resolved);
            }
        }
        Err(StoreError::unavailable("others kept changing the order").into())
    }

    /// The exception, if whoever asks may see it.
    async fn exception_of(&self, resolve: &ResolveException) -> Result<Option<MoneyException>, StoreError> {
        let Scope { merchant, branch } = &resolve.scope;
        let found = self.ports.exceptions.exception(&resolve.exception).await?;
        let Some(found) = found.filter(|found| found.merchant.as_ref() == Some(merchant)) else { return Ok(None) };
        if branch.is_none() {
            return Ok(Some(found));
        }
        let payment = match &found.payment {
            Some(payment) => self.ports.payments.payment(merchant, payment).await?,
            None => None,
        };
        // Of cash, the order says where it was taken.
        let order = match (&payment, &found.order_code) {
            (None, Some(code)) => self.ports.orders.order(merchant, code).await?,
            (Some(_), _) | (None, None) => None,
        };
        let at = payment.and_then(|payment| payment.branch).or_else(|| order.and_then(|order| order.branch));
        Ok((at == *branch).then_some(found))
    }

    /// `None` if somebody was faster and it must be seen anew.
    async fn close_exception(
        &self,
        resolve: &ResolveException,
        exception: MoneyException,
    ) -> Result<Option<MoneyException>, StoreError> {
        let (now, actor) = (self.ports.clock.now(), Actor::User(resolve.user.clone()));
        let note = AuditNote::new(now, actor.clone(), AuditEvent::ExceptionResolved)
            .with("exception", &exception.id)
            .with("kind", exception.misfit.kind())
            .with("resolution", &resolve.resolution)
            .with("reason", &resolve.reason);
        let state = ExceptionState::Resolved {
            at: now,
            by: resolve.user.clone(),
            resolution: resolve.resolution.clone(),
            reason: resolve.reason.clone(),
        };
        let resolved = MoneyException { state, ..exception };
        let work = self.work_of(&resolve.scope.merchant, &actor, &resolved, note).await?;
        Ok(is_committed(self.commit(&work).await)?.then_some(resolved))
    }

    /// What it comes to: with its order and payment, where one is known.
    async fn work_of(
        &self,
        merchant: &MerchantId,
        actor: &Actor,
        resolved: &MoneyException,
        note: AuditNote,
    ) -> Result<UnitOfWork, StoreError> {
        let write = ExceptionWrite::Resolve(resolved.clone());
        let Some(code) = &resolved.order_code else {
            let merchant_notes = vec![MerchantNote { merchant: merchant.clone(), note }];
            return Ok(UnitOfWork { exceptions: vec![write], merchant_notes, ..UnitOfWork::default() });
        };
        let mut dossier = self.dossier(merchant, code, actor).await?;
        if let Some(payment) = resolved.payment.filter(|payment| dossier.payment(payment).is_some()) {
            dossier.note(&payment, note.clone());
        }
        dossier.note_of_order(note);
        dossier.work_mut().exceptions.push(write);
        Ok(dossier.conclude())
    }
}
