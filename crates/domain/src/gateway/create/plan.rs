//! What a create comes to: join what is under way, or commit the intent to open something new.

use crate::dossier::Dossier;
use crate::gateway::decide::Known;
use crate::gateway::open::{Asked, Route, asked};
use crate::gateway::race::within;
use crate::gateway::{AnswerRenderer, Gateway};
use crate::idempotency::KeptAnswer;
use crate::ids::{ChargeId, LeaseToken, PaymentId};
use crate::lease::Lease;
use crate::payment::{CheckLog, Display, Intake, Payment, PublicReference, Revision, Withdrawal};
use crate::ports::{CommitError, OrderSummary, StoreError};
use crate::schedule;
use crate::unit_of_work::{Due, IdempotencyWrite};

use super::ruled_out::ruled_out;
use super::supersede::may_be_approved;
use super::{CreateError, CreatePayment, Created};

/// How often a plan is made again when others act on the same order.
const PLANS_MAX: u32 = 5;

/// What a create comes to.
pub(super) enum Plan {
    /// A payment of the same content is under way.
    Join(PaymentId),
    /// The key was used meanwhile.
    Replayed(Created),
    /// The intent is committed: open it.
    Open {
        /// The payment.
        payment: PaymentId,
        /// Where to open it, first first.
        routes: Vec<Route>,
        /// By which the payment is held meanwhile.
        lease: LeaseToken,
        /// How the order stood after that commit, unless nobody can tell.
        known: Option<Box<Known>>,
    },
}

impl Gateway {
    /// Decides what to do on what is known and, where that is something new, commits its intent; where others act on the
    /// same order meanwhile, on what is known then.
    pub(super) async fn plan(
        &self,
        command: &CreatePayment,
        mut known: Known,
        answers: &dyn AnswerRenderer,
    ) -> Result<Plan, CreateError> {
        let routes = self.routes_for(command).await?;
        let order = if self.ports.ledger.is_our_own() {
            known.order().map(OrderSummary::from)
        } else {
            let told = self.resolve(command).await;
            // Others may have acted on the order while the ledger was asked.
            known = self.known_now(&command.scope.merchant, &command.order_code).await?;
            told
        };
        let actor = &command.actor;
        for _ in 0..PLANS_MAX {
            let dossier = self.dossier_of(&known, actor);
            ruled_out(command, &dossier, order.as_ref())?;
            let live = dossier.live_payment().cloned();
            match live {
                Some(live) if same_content(&live, command) && !self.is_push_given_up(command, &live) => {
                    return self.join_live(command, dossier, live, answers).await;
                }
                Some(live) => {
                    // What is on display stays there if nothing could take its place.
                    let asked = asked(&routes, &command.amount, command.card_token.as_ref())?;
                    self.leave(command, &live).await?;
                    let known = self.known_now(&command.scope.merchant, &command.order_code).await?;
                    ruled_out(command, &self.dossier_of(&known, actor), order.as_ref())?;
                    if let Some(plan) = self.intend(command, known, &asked, Some(live.id)).await? {
                        return Ok(plan);
                    }
                }
                None => {
                    let asked = asked(&routes, &command.amount, command.card_token.as_ref())?;
                    if let Some(plan) = self.intend(command, known, &asked, None).await? {
                        return Ok(plan);
                    }
                }
            }
            if let Some(request) = &command.idempotency
                && let Some(created) = self.replay_now(command, request, answers).await?
            {
                return Ok(Plan::Replayed(created));
            }
            known = self.known_now(&command.scope.merchant, &command.order_code).await?;
        }
        Err(CreateError::Contended)
    }

    /// Selling never waits long for a ledger elsewhere: without an answer the order counts as unregistered.
    async fn resolve(&self, command: &CreatePayment) -> Option<OrderSummary> {
        let asked = self.ports.ledger.resolve(&command.scope.merchant, &command.order_code);
        within(self.ports.clock.as_ref(), self.policies.resolve_within, asked).await?.ok().flatten()
    }

    /// A request with a key that joins gets the answer of now kept under its key, too.
    async fn join_live(
        &self,
        command: &CreatePayment,
        mut dossier: Dossier,
        live: Payment,
        answers: &dyn AnswerRenderer,
    ) -> Result<Plan, CreateError> {
        let Some(request) = &command.idempotency else { return Ok(Plan::Join(live.id)) };
        let answer = if live.can_be_shown() { KeptAnswer::Stored(answers.opened(&live)) } else { KeptAnswer::Current };
        let now = dossier.now();
        let record = request.record(&command.scope.merchant, live.id, now, answer.clone());
        dossier.work_mut().idempotency.push(IdempotencyWrite::Claim { record, now });
        match self.commit(&dossier.conclude()).await {
            Ok(()) => {}
            Err(CommitError::KeyTaken) => {
                if let Some(created) = self.replay_now(command, request, answers).await? {
                    return Ok(Plan::Replayed(created));
                }
            }
            Err(CommitError::Store(store)) => return Err(store.into()),
            Err(_lost_a_race) => return Err(CreateError::Contended),
        }
        match answer {
            KeptAnswer::Stored(_) => Ok(Plan::Replayed(Created::Open(Box::new(live)))),
            KeptAnswer::Current => Ok(Plan::Join(live.id)),
        }
    }

    /// Commits the intent; `None` if somebody else was faster and the plan must be made anew.
    async fn intend(
        &self,
        command: &CreatePayment,
        known: Known,
        asked: &Asked,
        superseded: Option<PaymentId>,
    ) -> Result<Option<Plan>, CreateError> {
        let Some(route) = asked.routes.first() else {
            return Err(CreateError::MethodUnsupported { offered: Vec::new() });
        };
        let mut dossier = self.dossier_of(&known, &command.actor);
        if let Some(payment) = dossier.payments().find(|payment| may_be_approved(payment, dossier.now())) {
            return Err(CreateError::OrderHasLivePayment { payment: Box::new(payment.clone()) });
        }
        let payment = self.new_payment(command, &dossier, route);
        let id = payment.id;
        if let Some(old) = superseded {
            dossier.call_off(&old, Withdrawal::Superseded);
        }
        dossier.add(payment);
        let charge = ChargeId::new(self.ports.ids.uuid());
        let risk = route.risk(command.card_token.as_ref());
        dossier.intend(&id, charge, &asked.first, risk);
        let lease = LeaseToken::new(self.ports.ids.uuid());
        dossier.set_due(&id, Due::Leased(Lease { token: lease, ttl: schedule::OPENING_LEASE }));
        if let Some(request) = &command.idempotency {
            let now = dossier.now();
            let record = request.record(&command.scope.merchant, id, now, KeptAnswer::Current);
            dossier.work_mut().idempotency.push(IdempotencyWrite::Claim { record, now });
        }
        let plan = |known| Plan::Open { payment: id, routes: asked.routes.clone(), lease, known };
        let at = dossier.now();
        let work = dossier.conclude();
        match self.commit(&work).await {
            Ok(()) => Ok(Some(plan(Some(Box::new(known.after(&work, at)))))),
            Err(CommitError::Store(StoreError::CommitUnknown { source })) => {
                let stored = self.ports.payments.payment(&command.scope.merchant, &id).await?;
                stored.map(|_| Some(plan(None))).ok_or(CreateError::Store(StoreError::CommitUnknown { source }))
            }
            Err(CommitError::Store(store)) => Err(store.into()),
            Err(
                CommitError::Conflict { .. }
                | CommitError::OrderHeld { .. }
                | CommitError::KeyTaken
                | CommitError::Duplicate { .. }
                | CommitError::LeaseLost,
            ) => Ok(None),
        }
    }

    fn new_payment(&self, command: &CreatePayment, dossier: &Dossier, route: &Route) -> Payment {
        let now = dossier.now();
        let capabilities = &route.capabilities;
        let lasts = command
            .expires_in
            .unwrap_or(capabilities.expiry_default)
            .clamp(capabilities.expiry_min, capabilities.expiry_max);
        let attempts = dossier.payments().count();
        Payment {
            id: PaymentId::new(self.ports.ids.uuid()),
            merchant: command.scope.merchant.clone(),
            branch: command.scope.branch.clone(),
            order_code: command.order_code.clone(),
            method: command.method,
            amount: command.amount.clone(),
            attempt: u32::try_from(attempts).unwrap_or(u32::MAX).saturating_add(1),
            details: command.details.clone(),
            created_at: now,
            expires_at: now.plus(lasts),
            revision: Revision::NEW,
            intake: Intake::Open,
            display: Display::Shown,
            reference: PublicReference::Unset,
            charges: Vec::new(),
            audit: crate::audit::AuditHead::default(),
            checks: CheckLog::default(),
        }
    }
}

/// Whether a request asks for what is on display, or about to be. What was withdrawn is left for something
/// new, although its provider has not said yet that it is over; save for a push of which nothing was heard.
fn same_content(live: &Payment, command: &CreatePayment) -> bool {
    let is_under_way = live.display == Display::Shown || live.unanswered_push().is_some();
    is_under_way && live.method == command.method && live.amount == command.amount
}
