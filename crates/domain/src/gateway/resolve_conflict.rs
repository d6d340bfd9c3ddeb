//! Resolve a conflict: a person says what becomes of a report that does not fit, and why.

use thiserror::Error;

use super::sync_batch::{Named, Ruling, Terms, book, is_committed};
use super::{DecideError, FindError, Gateway, Scope};
use crate::audit::{Actor, AuditEvent, AuditNote};
use crate::dossier::Dossier;
use crate::ids::{ConflictId, DeviceId, PaymentId, UserId};
use crate::offline::{ConflictState, OfflineConflict, OfflineItem, OfflineTender, Reported, Resolution};
use crate::order::OrderState;
use crate::payment::{Payment, Withdrawal};
use crate::ports::StoreError;
use crate::reason::Reason;
use crate::unit_of_work::OfflineWrite;

/// How often it is decided anew when others act on the same order.
const TRIES_MAX: u32 = 5;

/// A person's word on a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveConflict {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Who says so.
    pub user: UserId,
    /// What they may resolve.
    pub reach: ConflictReach,
    /// Which conflict.
    pub conflict: ConflictId,
    /// What becomes of it.
    pub resolution: Resolution,
    /// Why.
    pub reason: Reason,
    /// The payment that the report means, by any of its ids, where the person names it.
    pub payment: Option<String>,
    /// What was reported, read from the conflict.
    pub item: OfflineItem,
}

/// Which conflicts a person may resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictReach {
    /// Those of any till.
    AnyTill,
    /// Those of their own till.
    OwnTill(Option<DeviceId>),
}

/// Why a conflict was not resolved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResolveConflictError {
    /// There is none of that id, or it is another branch's.
    #[error("no such conflict")]
    NotFound,
    /// It is another till's.
    #[error("conflict is another till's")]
    OfAnotherTill,
    /// Somebody resolved it otherwise.
    #[error("conflict is resolved otherwise")]
    ResolvedOtherwise {
        /// How.
        conflict: Box<OfflineConflict>,
    },
    /// What is known cannot give way: money stands behind it.
    #[error("what is known cannot give way")]
    CannotGiveWay,
    /// The payment that was named is not the one that the report can mean, or another report stands for it.
    #[error("named payment is not the reported one")]
    PaymentDoesNotFit,
    /// Its order is not known here, or is another branch's.
    #[error("no such order")]
    OrderNotFound,
    /// The store failed.
    #[error("could not read or write the conflict")]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Resolves a conflict, on record with who said so and why. Saying the same again gives the same.
    ///
    /// # Errors
    /// [`ResolveConflictError`]
    pub async fn resolve_conflict(&self, resolve: &ResolveConflict) -> Result<OfflineConflict, ResolveConflictError> {
        for _ in 0..TRIES_MAX {
            let found = self.read_conflict(&resolve.scope, &resolve.conflict).await?;
            let conflict = found.ok_or(ResolveConflictError::NotFound)?;
            if let ConflictReach::OwnTill(till) = &resolve.reach
                && till.as_ref() != Some(&conflict.device)
            {
                return Err(ResolveConflictError::OfAnotherTill);
            }
            match &conflict.state {
                ConflictState::Open => {}
                ConflictState::Resolved { resolution, .. } if *resolution == resolve.resolution => return Ok(conflict),
                ConflictState::Resolved { .. } => {
                    return Err(ResolveConflictError::ResolvedOtherwise { conflict: Box::new(conflict) });
                }
            }
            self.clear_the_way_of(resolve, &conflict).await?;
            if let Some(resolved) = self.try_to_resolve(resolve, conflict).await? {
                return Ok(resolved);
            }
        }
        Err(StoreError::unavailable("others kept changing the order").into())
    }

    /// Closes what could still pay an order that the report pays in cash, calls off or has cost something else, and asks
    /// about it once more.
    /// Nothing is closed for a report that would not be taken in.
    async fn clear_the_way_of(
        &self,
        resolve: &ResolveConflict,
        conflict: &OfflineConflict,
    ) -> Result<(), ResolveConflictError> {
        if resolve.resolution == Resolution::KeepServer {
            return Ok(());
        }
        let (merchant, code, actor) = (&conflict.merchant, &conflict.order_code, Actor::User(resolve.user.clone()));
        let mut dossier = self.dossier(merchant, code, &actor).await?;
        let is_repriced = resolve.resolution == Resolution::KeepLocal && priced_out(&dossier, &resolve.item).is_some();
        let why = resolve.item.ends_its_order().or_else(|| is_repriced.then_some(Withdrawal::Superseded));
        let Some(why) = why else { return Ok(()) };
        self.rule_on(resolve, conflict, &mut dossier).await?;
        match self.close_live(merchant, code, &actor, why, self.policies.cancel_within).await {
            // What others decide meanwhile is seen on the order as it is then.
            Ok(()) | Err(DecideError::Contended | DecideError::Commit(_)) => Ok(()),
            Err(DecideError::Store(store)) => Err(store.into()),
        }
    }

    /// Does on the order's dossier what is to become of the report; what it led to, where it is taken in.
    async fn rule_on(
        &self,
        resolve: &ResolveConflict,
        conflict: &OfflineConflict,
        dossier: &mut Dossier,
    ) -> Result<Option<String>, ResolveConflictError> {
        let terms = self.terms(&resolve.scope, &resolve.user, &conflict.device, &resolve.item).await?;
        // A till is only named, not proven: at the word of whoever stands there nothing is booked that does not fit.
        let terms = Terms { is_forced: resolve.reach == ConflictReach::AnyTill, ..terms };
        let terms = match self.named_by_person(resolve).await? {
            Some(named) => Terms { named, ..terms },
            None => terms,
        };
        match resolve.resolution {
            Resolution::KeepServer => return Ok(None),
            Resolution::KeepLocal => give_way(dossier, conflict, &resolve.item)?,
            Resolution::Merge => must_be_apart(dossier, &resolve.item)?,
        }
        booked(book(dossier, &terms), &terms).map(Some)
    }

    /// The payment that the person says the report means: one that a report can mean that is taken in.
    async fn named_by_person(&self, resolve: &ResolveConflict) -> Result<Option<Named>, ResolveConflictError> {
        let Some(named) = &resolve.payment else { return Ok(None) };
        let may_mean = match &resolve.item.reported {
            Reported::Payment(payment) => matches!(payment.tender, OfflineTender::Unproven { .. }),
            Reported::Sale(_) | Reported::Void(_) => false,
        };
        if !may_mean || resolve.resolution == Resolution::KeepServer {
            return Err(ResolveConflictError::PaymentDoesNotFit);
        }
        match self.find(&resolve.scope, named).await {
            Ok(payment) => Ok(Some(Named::ByPerson(Box::new(payment)))),
            Err(FindError::NotFound) => Err(ResolveConflictError::PaymentDoesNotFit),
            Err(FindError::Store(store)) => Err(store.into()),
        }
    }

    /// `None` if somebody was faster and it must be seen anew.
    async fn try_to_resolve(
        &self,
        resolve: &ResolveConflict,
        conflict: OfflineConflict,
    ) -> Result<Option<OfflineConflict>, ResolveConflictError> {
        let actor = Actor::User(resolve.user.clone());
        let mut dossier = self.dossier(&conflict.merchant, &conflict.order_code, &actor).await?;
        let applied = self.rule_on(resolve, &conflict, &mut dossier).await?;
        let now = dossier.now();
        let note = AuditNote::new(now, actor, AuditEvent::ConflictResolved)
            .with("conflict", &conflict.id)
            .with("device", &conflict.device)
            .with("reference", &conflict.reference)
            .with("resolution", resolve.resolution.word())
            .with("reason", &resolve.reason);
        let note = match &applied {
            Some(applied) => note.with("applied", applied),
            None => note,
        };
        let concerned = [&conflict.server_id, &applied].into_iter().flatten();
        for payment in concerned.filter_map(|id| id.parse::<PaymentId>().ok()).collect::<Vec<_>>() {
            if dossier.payment(&payment).is_some() {
                dossier.note(&payment, note.clone());
            }
        }
        dossier.note_of_order(note);
        let state = ConflictState::Resolved {
            at: now,
            by: resolve.user.clone(),
            resolution: resolve.resolution,
            reason: resolve.reason.to_string(),
            applied,
        };
        let resolved = OfflineConflict { state, ..conflict };
        dossier.work_mut().offline.push(OfflineWrite::Resolve(resolved.clone()));
        Ok(is_committed(self.commit(&dossier.conclude()).await)?.then_some(resolved))
    }
}

fn booked(ruling: Ruling, terms: &Terms<'_>) -> Result<String, ResolveConflictError> {
    match ruling {
        Ruling::Booked { server_id } => Ok(server_id),
        Ruling::OfAnotherBranch | Ruling::OrderNotFound => Err(ResolveConflictError::OrderNotFound),
        Ruling::Violates { .. } if matches!(terms.named, Named::ByPerson(_)) => {
            Err(ResolveConflictError::PaymentDoesNotFit)
        }
        // Not by whoever may resolve only what fits.
        Ruling::Violates { .. } => Err(ResolveConflictError::CannotGiveWay),
    }
}

/// Takes what is known out of the way of a report in its place, if only a till's word stands behind it.
fn give_way(dossier: &mut Dossier, conflict: &OfflineConflict, item: &OfflineItem) -> Result<(), ResolveConflictError> {
    match &item.reported {
        Reported::Sale(sale) => match dossier.order().map(|order| &order.state) {
            Some(OrderState::Paid { .. } | OrderState::Synced { .. } | OrderState::Voided { .. }) => {
                Err(ResolveConflictError::CannotGiveWay)
            }
            Some(OrderState::Draft | OrderState::PendingPayment | OrderState::Failed | OrderState::Expired) => {
                if let Some(live) = priced_out(dossier, item) {
                    dossier.call_off(&live, Withdrawal::Superseded);
                }
                dossier.reprice(&sale.grand_total);
                Ok(())
            }
            None => Ok(()),
        },
        Reported::Payment(_) => {
            // Where nothing was kept under the reference there is nothing to take away.
            if conflict.server_json.is_none() {
                return Ok(());
            }
            let known = conflict.server_id.as_ref().and_then(|id| id.parse::<PaymentId>().ok());
            let unproven = known.filter(|id| dossier.payment(id).is_some_and(Payment::is_unproven));
            let unproven = unproven.ok_or(ResolveConflictError::CannotGiveWay)?;
            dossier.call_off(&unproven, Withdrawal::Superseded);
            Ok(())
        }
        Reported::Void(_) => Ok(()),
    }
}

/// The payment that waits for another amount than a reported sale has its order cost.
fn priced_out(dossier: &Dossier, item: &OfflineItem) -> Option<PaymentId> {
    let Reported::Sale(sale) = &item.reported else { return None };
    dossier.live_payment().filter(|live| live.amount != sale.grand_total).map(|live| live.id)
}

/// Of one order there are no two sales; everything else can stand beside what is known.
fn must_be_apart(dossier: &Dossier, item: &OfflineItem) -> Result<(), ResolveConflictError> {
    match &item.reported {
        Reported::Sale(sale) => match dossier.order() {
            Some(order) if order.grand_total != sale.grand_total => Err(ResolveConflictError::CannotGiveWay),
            Some(_) | None => Ok(()),
        },
        Reported::Payment(_) | Reported::Void(_) => Ok(()),
    }
}
