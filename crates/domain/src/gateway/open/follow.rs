//! What follows from a provider's answer to an opening.

use super::verdict::Verdict;
use super::{Job, Next, Opened, RETRY_AFTER, RETRY_AFTER_MAX, Route, Run, Try, recovery_at};
use crate::audit::BodyRole;
use crate::charge::Charge;
use crate::dossier::Dossier;
use crate::gateway::{DecideError, Gateway, Refusal};
use crate::ids::ChargeId;
use crate::lease::Lease;
use crate::payment::{Display, Intake, Payment};
use crate::ports::{Drift, Exchange, OpenedCharge, ProviderError};
use crate::routing::{Because, NotTaken, after_not_taken};
use crate::schedule;
use crate::unit_of_work::{Due, IdempotencyWrite};

impl Gateway {
    /// Commits what a try came to, and says what to do next.
    pub(super) async fn follow(
        &self,
        job: &Job<'_>,
        run: &Run,
        tried: &Try<'_>,
        verdict: Verdict,
    ) -> Result<Next, DecideError> {
        match verdict {
            Verdict::Fits(answer) => self.show(job, tried, &answer).await,
            Verdict::Refused(error) => self.refuse(job, tried.charge, &error).await,
            Verdict::Elsewhere(error) => self.go_elsewhere(job, tried, &error).await,
            Verdict::Unknown(unanswered) => self.after_unknown(job, run, tried, &unanswered).await,
        }
    }

    async fn show(&self, job: &Job<'_>, tried: &Try<'_>, answer: &OpenedCharge) -> Result<Next, DecideError> {
        let Try { charge, route, .. } = *tried;
        let life = route.capabilities.natural_life;
        let shown = self
            .decide_on(job, |dossier| {
                dossier.opened(&job.payment, &charge.id, answer, life);
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

    async fn refuse(&self, job: &Job<'_>, charge: &Charge, error: &ProviderError) -> Result<Next, DecideError> {
        let refusal = Refusal { payment: job.payment, code: error.code().code().to_owned() };
        self.decide_on(job, |dossier| {
            dossier.refused(&job.payment, &charge.id, error);
            if !is_at_work(dossier, job, charge) {
                return;
            }
            dossier.close_intake(&job.payment);
            if let Some((slot, answers)) = &job.answer {
                let answer = answers.refused(&refusal);
                let slot = slot.clone();
                dossier.work_mut().idempotency.push(IdempotencyWrite::Answer { slot, payment: job.payment, answer });
            }
        })
        .await?;
        Ok(Next::End(Opened::Refused(refusal)))
    }

    /// The provider certainly did nothing: the next one is tried, if there is one. Recovery, which works
    /// for a till that was told to wait, comes back later instead of giving up.
    async fn go_elsewhere(&self, job: &Job<'_>, tried: &Try<'_>, error: &ProviderError) -> Result<Next, DecideError> {
        let Try { payment, charge, following, .. } = *tried;
        let then = after_not_taken(following.is_some(), job.patient);
        let next = ChargeId::new(self.ports.ids.uuid());
        let stored = self
            .decide_on(job, |dossier| {
                dossier.refused(&job.payment, &charge.id, error);
                if !is_at_work(dossier, job, charge) {
                    return;
                }
                match (then, following) {
                    (NotTaken::Next, Some(following)) => {
                        intend_next(dossier, job, next, following, Because::NotTakenBefore);
                    }
                    (NotTaken::ComeBack, _) => {
                        dossier.set_due(&job.payment, Due::At(recovery_at(dossier, payment)));
                    }
                    (NotTaken::GiveUp | NotTaken::Next, _) => give_up(dossier, job),
                }
            })
            .await?;
        let retry_after = error.retry_after().unwrap_or(RETRY_AFTER).min(RETRY_AFTER_MAX);
        Ok(match then {
            NotTaken::Next => again(next, stored),
            NotTaken::ComeBack => Next::End(Opened::Unknown(Box::new(stored))),
            NotTaken::GiveUp => Next::End(Opened::Unavailable { retry_after }),
        })
    }
}

/// Whether a charge is still the one that is being opened. Somebody else may have put it aside, who took the work for
/// abandoned: then what follows is theirs to say.
pub(super) fn is_at_work(dossier: &Dossier, job: &Job<'_>, charge: &Charge) -> bool {
    let last = dossier.payment(&job.payment).and_then(|payment| payment.charges.last());
    last.is_some_and(|last| last.id == charge.id && !last.is_hidden())
}

/// On with the next charge, if it is ours to open.
pub(super) fn again(next: ChargeId, stored: Payment) -> Next {
    let is_ours = stored.charges.last().is_some_and(|last| last.id == next);
    if is_ours { Next::Again } else { Next::End(Opened::Overtaken(Box::new(stored))) }
}

/// The intent of the next charge, under the same hold.
pub(super) fn intend_next(dossier: &mut Dossier, job: &Job<'_>, charge: ChargeId, route: &Route, because: Because) {
    if dossier.payment(&job.payment).is_some_and(|payment| payment.intake == Intake::Open) {
        let risk = route.risk(job.card_token);
        dossier.intend(&job.payment, charge, &route.choice(because), risk);
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
