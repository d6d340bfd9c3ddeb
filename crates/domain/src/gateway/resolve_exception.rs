//! Resolve an exception: a person says what became of money that does not fit, and why.

use thiserror::Error;

use super::sync_batch::is_committed;
use super::{Gateway, Scope};
use crate::audit::{Actor, AuditEvent, AuditNote, MerchantNote};
use crate::exception::{ExceptionState, MoneyException};
use crate::ids::{ExceptionId, UserId};
use crate::ports::StoreError;
use crate::reason::{Reason, ResolutionWord};
use crate::unit_of_work::{ExceptionWrite, UnitOfWork};

/// How often it is decided anew when others act on the same order.
const TRIES_MAX: u32 = 5;

/// A person's word on an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveException {
    /// Who says so.
    pub user: UserId,
    /// What they may resolve.
    pub reach: ExceptionReach,
    /// Which exception.
    pub exception: ExceptionId,
    /// What became of the money.
    pub resolution: ResolutionWord,
    /// Why.
    pub reason: Reason,
}

/// Which exceptions a person may resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionReach {
    /// Those of a merchant, or of one branch.
    Of(Scope),
    /// Anybody's, and those that belong to nobody: an operator's, at the command line.
    Any,
}

/// Why an exception was not resolved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResolveExceptionError {
    /// There is none of that id, or none that they may resolve.
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

impl ResolveException {
    fn actor(&self) -> Actor {
        match &self.reach {
            ExceptionReach::Of(_) => Actor::User(self.user.clone()),
            ExceptionReach::Any => Actor::Operator,
        }
    }
}

impl Gateway {
    /// Resolves an exception, on record with who said so and why: on the merchant's chain, and on that of its payment.
    /// One that belongs to nobody keeps it itself. Saying the same again gives the same.
    ///
    /// # Errors
    /// [`ResolveExceptionError`]
    pub async fn resolve_exception(&self, resolve: &ResolveException) -> Result<MoneyException, ResolveExceptionError> {
        for _ in 0..TRIES_MAX {
            let exception = self.exception_of(resolve).await?.ok_or(ResolveExceptionError::NotFound)?;
            match &exception.state {
                ExceptionState::Open => {}
                ExceptionState::Resolved { resolution, .. } if resolution == resolve.resolution.as_str() => {
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

    /// The exception, if it is within their reach.
    async fn exception_of(&self, resolve: &ResolveException) -> Result<Option<MoneyException>, StoreError> {
        let Some(found) = self.ports.exceptions.exception(&resolve.exception).await? else { return Ok(None) };
        let is_theirs = match &resolve.reach {
            ExceptionReach::Of(scope) => self.is_of(scope, &found).await?,
            ExceptionReach::Any => true,
        };
        Ok(is_theirs.then_some(found))
    }

    async fn is_of(&self, scope: &Scope, found: &MoneyException) -> Result<bool, StoreError> {
        let Scope { merchant, branch } = scope;
        if found.merchant.as_ref() != Some(merchant) {
            return Ok(false);
        }
        if branch.is_none() {
            return Ok(true);
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
        Ok(at == *branch)
    }

    /// `None` if somebody was faster and it must be seen anew.
    async fn close_exception(
        &self,
        resolve: &ResolveException,
        exception: MoneyException,
    ) -> Result<Option<MoneyException>, StoreError> {
        let (now, actor) = (self.ports.clock.now(), resolve.actor());
        let note = AuditNote::new(now, actor.clone(), AuditEvent::ExceptionResolved)
            .with("exception", &exception.id)
            .with("kind", exception.misfit.kind())
            .with("resolution", &resolve.resolution)
            .with("reason", &resolve.reason);
        let note = match &resolve.reach {
            ExceptionReach::Of(_) => note,
            // The actor is any operator; this is the person.
            ExceptionReach::Any => note.with("by", &resolve.user),
        };
        let state = ExceptionState::Resolved {
            at: now,
            by: resolve.user.clone(),
            resolution: resolve.resolution.to_string(),
            reason: resolve.reason.to_string(),
        };
        let resolved = MoneyException { state, ..exception };
        let work = self.work_of(&actor, &resolved, note).await?;
        Ok(is_committed(self.commit(&work).await)?.then_some(resolved))
    }

    /// What it comes to: with its order and payment, where one is known.
    async fn work_of(
        &self,
        actor: &Actor,
        resolved: &MoneyException,
        note: AuditNote,
    ) -> Result<UnitOfWork, StoreError> {
        let write = ExceptionWrite::Resolve(resolved.clone());
        let Some(merchant) = &resolved.merchant else {
            // Chains are merchants' and payments'.
            return Ok(UnitOfWork { exceptions: vec![write], ..UnitOfWork::default() });
        };
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
