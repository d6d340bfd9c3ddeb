//! What follows when nobody knows whether the provider has the charge: the table of [`routing`](crate::routing),
//! carried out.

use super::follow::{again, intend_next, is_at_work, record_drift};
use super::verdict::Lost;
use super::{Job, LEAST_CALL, Next, Opened, Run, Try, UNANSWERED_PER_RUN_MAX, is_given_up, recovery_at};
use crate::charge::{Charge, Risk};
use crate::gateway::{DecideError, FailoverOnUnknown, Gateway};
use crate::ids::ChargeId;
use crate::lease::Lease;
use crate::ports::IdempotencySupport;
use crate::routing::{Because, UNANSWERED_PER_PROVIDER_MAX, Unanswered, UnansweredCase, after_unanswered};
use crate::schedule;
use crate::unit_of_work::Due;

impl Gateway {
    /// Commits that an opening was not answered, and says what to do next.
    pub(super) async fn after_unknown(
        &self,
        job: &Job<'_>,
        run: &Run,
        tried: &Try<'_>,
        lost: &Lost,
    ) -> Result<Next, DecideError> {
        match after_unanswered(self.case_of(job, run, tried, lost)) {
            Unanswered::Repeat => self.repeat(job, tried.charge, lost).await,
            Unanswered::AskOn => {
                self.repeat(job, tried.charge, lost).await?;
                Ok(Next::End(self.leave_to_recovery(job, tried.payment).await?))
            }
            then @ (Unanswered::Watch | Unanswered::Again | Unanswered::Next | Unanswered::Later) => {
                self.put_aside(job, tried, lost, then).await
            }
        }
    }

    fn case_of(&self, job: &Job<'_>, run: &Run, tried: &Try<'_>, lost: &Lost) -> UnansweredCase {
        let Try { payment, charge, route, following, on_trial, .. } = *tried;
        let clock = self.ports.clock.as_ref();
        let repeatable = match (charge.risk, route.capabilities.idempotency) {
            // Whoever waits for something to show waits longer than whoever was pushed something.
            (Risk::Displayed, IdempotencySupport::Key { .. }) => route.may_repeat(charge, clock.now()),
            // Whatever told an id was carried out: it is not sent again.
            (Risk::Pushed, IdempotencySupport::Key { .. } | IdempotencySupport::Reference) => {
                !run.repeated && lost.told.is_none()
            }
            (Risk::Displayed, IdempotencySupport::Reference) => !run.repeated,
            (_, IdempotencySupport::None) => false,
        };
        let hidden_here = payment.charges.iter().filter(|known| route.leads_to(known) && known.is_hidden()).count();
        let unanswered_here = hidden_here + 1 + usize::from(run.repeated);
        let share_used = super::is_first(job, route) && run.share.left(clock) < LEAST_CALL;
        let rests = !route.standing(None).is_asked();
        UnansweredCase {
            risk: charge.risk,
            may_replace: self.policies.failover_on_unknown == FailoverOnUnknown::Displayed,
            repeatable,
            time_left: run.unanswered < UNANSWERED_PER_RUN_MAX
                && job.deadline.left(clock) >= LEAST_CALL
                && !is_given_up(payment),
            rests,
            another: following.is_some(),
            turn_over: unanswered_here >= UNANSWERED_PER_PROVIDER_MAX || share_used || on_trial || rests,
        }
    }

    /// Puts on record that an opening was not answered, and leaves its intent as it is. An id that was told although the
    /// answer did not fit is kept: by it the charge is closed, should nobody ever be shown it.
    async fn repeat(&self, job: &Job<'_>, charge: &Charge, lost: &Lost) -> Result<Next, DecideError> {
        self.decide_on(job, |dossier| {
            dossier.unanswered_once(&job.payment, &charge.id, &lost.exchange);
            if let Some(told) = &lost.told {
                dossier.found(&job.payment, &charge.id, told);
            }
            record_drift(dossier, job, charge, &lost.drift, &lost.exchange);
            dossier.set_due(&job.payment, Due::Leased(Lease { token: job.lease, ttl: schedule::OPENING_LEASE }));
        })
        .await?;
        Ok(Next::Repeat)
    }

    /// What was to be displayed and was never shown cannot be paid: it is put aside, and another opened here, at the
    /// next provider, or later. What may have been pushed is left as it is.
    async fn put_aside(
        &self,
        job: &Job<'_>,
        tried: &Try<'_>,
        lost: &Lost,
        then: Unanswered,
    ) -> Result<Next, DecideError> {
        let Try { payment, charge, route, following, .. } = *tried;
        let (another, because) = match then {
            Unanswered::Next => (following, Because::UnansweredBefore),
            Unanswered::Again => (Some(route), Because::UnansweredHere),
            Unanswered::Repeat | Unanswered::AskOn | Unanswered::Watch | Unanswered::Later => {
                (None, Because::UnansweredHere)
            }
        };
        let is_replaced = then != Unanswered::Watch;
        // A push of which nobody knows what it asks for is looked for and put before a person, by whatever name it goes.
        let told = lost.told.as_ref().filter(|_| charge.risk == Risk::Displayed);
        let next = ChargeId::new(self.ports.ids.uuid());
        let stored = self
            .decide_on(job, |dossier| {
                if dossier.charge(&charge.id).is_some_and(|(_, known)| known.artefact().is_some()) {
                    // Somebody else who asked under the same key was answered.
                    return;
                }
                dossier.unanswered(&job.payment, &charge.id, &lost.exchange, told);
                record_drift(dossier, job, charge, &lost.drift, &lost.exchange);
                let at_work = is_at_work(dossier, job, charge);
                if is_replaced {
                    dossier.hide(&job.payment, &charge.id);
                }
                if !at_work {
                    return;
                }
                match another {
                    Some(route) => intend_next(dossier, job, next, route, because),
                    None if is_replaced => {
                        dossier.fix_reference(&job.payment);
                        dossier.set_due(&job.payment, Due::At(recovery_at(dossier, payment)));
                    }
                    None => dossier.close_intake(&job.payment),
                }
            })
            .await?;
        let is_answered = stored.charge(&charge.id).is_some_and(|known| known.artefact().is_some());
        Ok(match another {
            Some(_) => again(next, stored),
            None if is_answered => Next::End(Opened::Overtaken(Box::new(stored))),
            None => Next::End(Opened::Unknown(Box::new(stored))),
        })
    }
}
