//! Status: where a payment stands, and waiting for it to change.

use std::pin::pin;
use std::time::Duration;

use super::ask::Answered;
use super::deadline::Deadline;
use super::questions::ASK_AFTER;
use super::{DecideError, FindError, Gateway, Scope};
use crate::audit::Actor;
use crate::ids::PaymentId;
use crate::order::{OrderStatus, PaidBy};
use crate::payment::{Intake, Payment, PaymentStatus, Revision};
use crate::ports::{BudgetClass, Endpoint, PaymentInOrder, Reservation, StoreError};
use crate::time::Timestamp;

/// How often somebody who waits looks by himself, if nothing wakes them.
const WAIT_LOOK: Duration = Duration::from_secs(3);
/// How long a look counts as watching.
const WATCHED_FOR: Duration = Duration::from_secs(30);

/// A payment with what the rest of its order says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    /// The payment.
    pub payment: Payment,
    /// Where its order stands; of an unregistered one, whether it is paid.
    pub order_status: Option<OrderStatus>,
    /// The payment that paid the order, if one did.
    pub paid_by: Option<PaymentId>,
    /// Whether this process holds word of money on it that it may not ask about yet.
    pub is_confirming: bool,
}

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitFor {
    /// How long at most.
    pub at_most: Duration,
    /// The revision they have seen, if any: another one ends the wait.
    pub seen: Option<Revision>,
}

impl PaymentView {
    /// Whether there is nothing more to wait for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.payment.status() != PaymentStatus::Pending || self.paid_by.is_some_and(|paid| paid != self.payment.id)
    }
}

impl Gateway {
    /// Where a payment stands. One that has waited a while may be asked about at its provider, within
    /// the budget.
    ///
    /// # Errors
    /// [`FindError::NotFound`] also for what is another tenant's.
    pub async fn status(&self, scope: &Scope, reference: &str) -> Result<PaymentView, FindError> {
        let found = self.find_in_order(scope, reference).await?;
        let _served = self.tills.serve();
        let (payment, now) = (&found.payment, self.ports.clock.now());
        if payment.status() != PaymentStatus::Pending {
            return Ok(self.shown(found));
        }
        self.ports.watches.watch(&payment.id, now.plus(WATCHED_FOR)).await;
        self.join_line(payment, now.plus(WATCHED_FOR));
        // Apart: a question needs much room, and most looks ask none.
        let found = Box::pin(self.asked_about(scope, reference, found)).await?;
        Ok(self.shown(found))
    }

    /// The payment as it stands once it was asked about, where that may be done now and the budget allows it.
    async fn asked_about(
        &self,
        scope: &Scope,
        reference: &str,
        found: PaymentInOrder,
    ) -> Result<PaymentInOrder, FindError> {
        let (payment, now) = (&found.payment, self.ports.clock.now());
        if self.policies.leaves_work {
            return Ok(found);
        }
        let is_to_ask = if self.goes_in_rounds(payment, now) {
            self.takes_its_turn(payment).await
        } else {
            self.may_ask(payment, now).await
        };
        if !is_to_ask {
            return Ok(found);
        }
        match self.ask_while_waiting(payment, &Actor::Worker).await {
            // What others wrote meanwhile is their news; what this process wrote is read.
            Ok(Answered::AsKnown) if self.waiting.latest(payment.id).is_none_or(|it| it <= payment.revision) => {
                return Ok(found);
            }
            Ok(Answered::Not | Answered::AsKnown | Answered::Taken)
            | Err(DecideError::Contended | DecideError::Commit(_)) => {}
            Err(DecideError::Store(store)) => return Err(store.into()),
        }
        self.find_in_order(scope, reference).await
    }

    /// Where a payment stands, as soon as there is something to tell, or when the time is over.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn wait(&self, scope: &Scope, reference: &str, wait: WaitFor) -> Result<PaymentView, FindError> {
        let view = self.status(scope, reference).await?;
        self.wait_from(scope, reference, view, wait).await
    }

    /// The same, where it was just looked at.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub async fn wait_from(
        &self,
        scope: &Scope,
        reference: &str,
        mut view: PaymentView,
        wait: WaitFor,
    ) -> Result<PaymentView, FindError> {
        let until = Deadline::within(wait.at_most, self.ports.clock.as_ref());
        // What was read although this process had written something later: a store that gives it again has lost that.
        let mut outdated = None;
        loop {
            let news = wait.seen.is_some_and(|seen| seen != view.payment.revision);
            let remaining = until.left(self.ports.clock.as_ref());
            if view.is_settled() || news || remaining.is_zero() {
                return Ok(view);
            }
            let watched_until = self.ports.clock.now().plus(remaining);
            self.ports.watches.watch(&view.payment.id, watched_until).await;
            self.join_line(&view.payment, watched_until);
            let place = self.waiting.join(view.payment.id, view.payment.revision);
            let joined_at = self.ports.clock.now();
            let is_lost = outdated == Some(view.payment.revision);
            let changed = self.ports.wakeups.changed(&view.payment.id, remaining.min(WAIT_LOOK));
            if is_lost {
                changed.await;
            } else {
                place.outdated_or(view.payment.revision, pin!(changed)).await;
            }
            let is_unchanged = place.is_unchanged(view.payment.revision, joined_at);
            let is_outdated = !is_lost && place.is_outdated(view.payment.revision);
            // What a store has lost is read, however it stood when it was written.
            let written = place.written_after(view.payment.revision).filter(|_| !is_lost);
            let written = written.filter(|written| scope.covers(&written.payment));
            drop(place);
            outdated = is_outdated.then_some(view.payment.revision).or(outdated);
            let remaining = until.left(self.ports.clock.as_ref());
            if !is_outdated && !self.is_to_be_read(&view, is_unchanged, remaining).await? {
                continue;
            }
            let mut found = match written {
                Some(written) => PaymentInOrder::clone(&written),
                None => self.find_in_order(scope, reference).await?,
            };
            if self.goes_in_rounds(&found.payment, self.ports.clock.now()) {
                found = Box::pin(self.asked_about(scope, reference, found)).await?;
            }
            view = self.shown(found);
        }
    }

    /// Whether a payment must be read again: it changed, or is to be asked about. Where its order changed in a way that
    /// matters to it, it changed as well.
    async fn is_to_be_read(
        &self,
        view: &PaymentView,
        is_unchanged: bool,
        remaining: Duration,
    ) -> Result<bool, StoreError> {
        let (known, now) = (&view.payment, self.ports.clock.now());
        let is_confirming = self.questions.is_waiting(&known.id, now);
        let is_to_be_asked =
            !self.policies.leaves_work && self.goes_in_rounds(known, now) && !self.rounds.are_gone(now);
        if remaining.is_zero() || is_confirming != view.is_confirming || is_to_be_asked {
            return Ok(true);
        }
        if is_unchanged {
            return Ok(false);
        }
        let stored = self.ports.payments.revisions(&[known.id]).await?;
        Ok(stored != [(known.id, known.revision)])
    }

    /// A payment with what its order says of it.
    ///
    /// # Errors
    /// [`StoreError`] where the order cannot be read.
    pub async fn view(&self, payment: Payment) -> Result<PaymentView, StoreError> {
        Ok(self.shown(self.in_order(payment).await?))
    }

    /// What is shown of a payment of which all that belongs to it was read.
    fn shown(&self, found: PaymentInOrder) -> PaymentView {
        let PaymentInOrder { payment, order, paid_by } = found;
        let recorded = order.as_ref().and_then(|order| order.state.paid_by()).and_then(|by| match by {
            PaidBy::Payment(payment) => Some(payment),
            PaidBy::Cash => None,
        });
        let paid_by = recorded.or(paid_by);
        let order_status = match &order {
            Some(order) => Some(order.state.status()),
            None => paid_by.map(|_| OrderStatus::Paid),
        };
        let is_pending = payment.status() == PaymentStatus::Pending;
        let is_confirming = is_pending && self.questions.is_waiting(&payment.id, self.ports.clock.now());
        PaymentView { payment, order_status, paid_by, is_confirming }
    }

    /// Whether a payment may be asked about because somebody looks at it: nobody did so lately, it is no news to whoever
    /// opened it, and the budget leaves the question.
    async fn may_ask(&self, payment: &Payment, now: Timestamp) -> bool {
        let checked_lately = payment.checks.last_at.is_some_and(|last| now.since(last) < ASK_AFTER);
        // Whoever opens it asks for its answer, and an answer to a question would show nothing.
        let is_opening = payment.intake == Intake::Open;
        let is_fresh = is_opening || now.since(payment.created_at) < ASK_AFTER;
        let is_over = payment.status() != PaymentStatus::Pending;
        let Some(charge) = payment.shown_charge() else { return false };
        if is_over || is_fresh || checked_lately || !self.questions.take(payment.id, now) {
            return false;
        }
        let (budget, class) = (&self.ports.budget, BudgetClass::Watched);
        let reserved = budget.reserve(&charge.provider, &charge.account, Endpoint::Inquire, class, 1).await;
        if reserved != Reservation::Granted {
            self.questions.give_back(&payment.id);
        }
        reserved == Reservation::Granted
    }
}
