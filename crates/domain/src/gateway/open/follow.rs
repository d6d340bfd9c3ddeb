//! What follows from a provider's answer to an opening: the table after an unknown outcome, and the
//! way to the next provider.

use super::verdict::{Unanswered, Verdict};
use super::{
    Job, LEAST_CALL, Next, Opened, RETRY_AFTER, Route, Try, UNANSWERED_PER_ROUTE_MAX, is_given_up, recovery_at,
};
use crate::audit::BodyRole;
use crate::charge::{Charge, Risk};
use crate::dossier::Dossier;
use crate::gateway::{DecideError, FailoverOnUnknown, Gateway, Refusal};
use crate::ids::ChargeId;
use crate::lease::Lease;
use crate::payment::{Display, Intake, Payment};
use crate::ports::{Drift, Exchange, ProviderError, ProviderErrorKind};
use crate::schedule;
use crate::unit_of_work::{Due, IdempotencyWrite};

impl Gateway {
    /// Commits what a try came to, and says what to do next.
    pub(super) async fn follow(&self, job: &Job<'_>, tried: &Try<'_>, verdict: Verdict) -> Result<Next, DecideError> {
        let Try { charge, route, .. } = *tried;
        match verdict {
            Verdict::Fits(answer) => {
                let life = route.capabilities.natural_life;
                let shown = self
                    .decide_on(job, |dossier| {
                        dossier.opened(&job.payment, &charge.id, &answer, life);
                        record_drift(dossier, job, charge, &answer.drift(), &answer.exchange);
                        keep_answer(dossier, job);
                    })
                    .await?;
                let is_shown = shown.shown_charge().is_some_and(|known| known.id == charge.id);
                Ok(Next::End(if is_shown && shown.display == Display::Shown {
                    Opened::Shown(Box::new(shown))
                } else {
                    Opened::Overtaken(Box::new(shown))
                }))
            }
            Verdict::Refused(error) => {
                let refusal = Refusal { payment: job.payment, code: error.code().code().to_owned() };
                self.decide_on(job, |dossier| {
                    dossier.refused(&job.payment, &charge.id, &error);
                    if !is_at_work(dossier, job, charge) {
                        return;
                    }
                    dossier.close_intake(&job.payment);
                    if let Some((slot, answers)) = &job.answer {
                        let answer = answers.refused(&refusal);
                        let slot = slot.clone();
                        dossier.work_mut().idempotency.push(IdempotencyWrite::Answer {
                            slot,
                            payment: job.payment,
                            answer,
                        });
                    }
                })
                .await?;
                Ok(Next::End(Opened::Refused(refusal)))
            }
            Verdict::Elsewhere(error) => self.go_elsewhere(job, tried, &error).await,
            Verdict::Unknown(unanswered) => self.after_unknown(job, tried, &unanswered).await,
        }
    }

    /// The provider certainly did nothing: the next one is tried, if there is one. Recovery, which works
    /// for a till that was told to wait, comes back later instead of giving up.
    async fn go_elsewhere(
        &self,
        job: &Job<'_>,
        Try { payment, charge, route, .. }: &Try<'_>,
        error: &ProviderError,
    ) -> Result<Next, DecideError> {
        let following = job.routes.iter().skip_while(|known| !known.is(route)).nth(1);
        let next = ChargeId::new(self.ports.ids.uuid());
        let stored = self
            .decide_on(job, |dossier| {
                dossier.refused(&job.payment, &charge.id, error);
                if !is_at_work(dossier, job, charge) {
                    return;
                }
                if let Some(following) = following {
                    intend_next(dossier, job, next, following);
                } else if job.patient {
                    dossier.set_due(&job.payment, Due::At(recovery_at(dossier, payment)));
                } else {
                    give_up(dossier, job);
                }
            })
            .await?;
        let retry_after = match error.kind {
            ProviderErrorKind::RateLimited { retry_after } => retry_after.unwrap_or(RETRY_AFTER),
            _other => RETRY_AFTER,
        };
        Ok(match following {
            Some(_) => again(next, stored),
            None if job.patient => Next::End(Opened::Unknown(Box::new(stored))),
            None => Next::End(Opened::Unavailable { retry_after }),
        })
    }

    /// Nobody knows whether the charge exists. What was to be displayed and was never shown cannot be
    /// paid: it is put aside and another opened. What may have been pushed is never sent again.
    async fn after_unknown(
        &self,
        job: &Job<'_>,
        tried: &Try<'_>,
        unanswered: &Unanswered,
    ) -> Result<Next, DecideError> {
        let Try { payment, charge, route, last } = *tried;
        let may_replace =
            charge.risk == Risk::Displayed && self.policies.failover_on_unknown == FailoverOnUnknown::Displayed;
        let unanswered_here =
            payment.charges.iter().filter(|known| route.leads_to(known) && known.is_hidden()).count() + 1;
        let following = job
            .routes
            .iter()
            .skip_while(|known| !known.is(route))
            .nth(usize::from(unanswered_here >= UNANSWERED_PER_ROUTE_MAX))
            .unwrap_or(route);
        let time_left = job.deadline.left(self.ports.clock.as_ref()) >= LEAST_CALL;
        let another = may_replace && time_left && !last && !is_given_up(payment);
        let next = ChargeId::new(self.ports.ids.uuid());
        let stored = self
            .decide_on(job, |dossier| {
                dossier.unanswered(&job.payment, &charge.id, &unanswered.exchange, unanswered.told.as_ref());
                record_drift(dossier, job, charge, &unanswered.drift, &unanswered.exchange);
                let at_work = is_at_work(dossier, job, charge);
                if may_replace {
                    dossier.hide(&job.payment, &charge.id);
                }
                if !at_work {
                    return;
                }
                if another {
                    intend_next(dossier, job, next, following);
                } else if may_replace {
                    dossier.fix_reference(&job.payment);
                    dossier.set_due(&job.payment, Due::At(recovery_at(dossier, payment)));
                } else {
                    dossier.close_intake(&job.payment);
                }
            })
            .await?;
        Ok(if another { again(next, stored) } else { Next::End(Opened::Unknown(Box::new(stored))) })
    }
}

/// Whether a charge is still the one that is being opened. Somebody else may have put it aside, who took the work for
/// abandoned: then what follows is theirs to say.
fn is_at_work(dossier: &Dossier, job: &Job<'_>, charge: &Charge) -> bool {
    let last = dossier.payment(&job.payment).and_then(|payment| payment.charges.last());
    last.is_some_and(|last| last.id == charge.id && !last.is_hidden())
}

/// On with the next charge, if it is ours to open.
fn again(next: ChargeId, stored: Payment) -> Next {
    let is_ours = stored.charges.last().is_some_and(|last| last.id == next);
    if is_ours { Next::Again } else { Next::End(Opened::Overtaken(Box::new(stored))) }
}

/// The intent of the next charge, under the same hold.
fn intend_next(dossier: &mut Dossier, job: &Job<'_>, charge: ChargeId, route: &Route) {
    if dossier.payment(&job.payment).is_some_and(|payment| payment.intake == Intake::Open) {
        let risk = route.risk(job.card_token);
        dossier.intend(&job.payment, charge, &route.account.provider, &route.account.id, risk);
        dossier.set_due(&job.payment, Due::Leased(Lease { token: job.lease, ttl: schedule::OPENING_LEASE }));
    }
}

/// No provider is left: the payment fails, and its key may be tried again.
fn give_up(dossier: &mut Dossier, job: &Job<'_>) {
    dossier.close_intake(&job.payment);
    if let Some((slot, _)) = &job.answer {
        dossier.work_mut().idempotency.push(IdempotencyWrite::Release { slot: slot.clone(), payment: job.payment });
    }
}

/// What in an answer to an opening we do not know.
pub(super) fn record_drift(
    dossier: &mut Dossier,
    job: &Job<'_>,
    charge: &Charge,
    drift: &[Drift],
    exchange: &Exchange,
) {
    let body = exchange.response.as_deref().unwrap_or_default();
    dossier.drifted(&job.payment, &charge.id, drift, (BodyRole::Response, body.as_bytes()));
}

fn keep_answer(dossier: &mut Dossier, job: &Job<'_>) {
    let Some((slot, answers)) = &job.answer else { return };
    // What was withdrawn or replaced meanwhile is no answer: the key tells how the payment stands when it is asked.
    let payment = dossier.payment(&job.payment).filter(|payment| payment.can_be_shown());
    let answer = payment.map(|payment| answers.opened(payment));
    if let Some(answer) = answer {
        dossier.work_mut().idempotency.push(IdempotencyWrite::Answer {
            slot: slot.clone(),
            payment: job.payment,
            answer,
        });
    }
}
