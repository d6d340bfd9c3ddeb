//! Opening charges for a payment whose intent is committed, until one can be shown or nothing more
//! may be tried. Shared by create and recovery.

mod route;
mod verdict;

use std::time::Duration;

pub(super) use route::Route;

use super::race::within;
use super::{AnswerRenderer, DecideError, FailoverOnUnknown, Gateway, Refusal};
use crate::audit::Actor;
use crate::charge::{Charge, FailureReason, Opening};
use crate::dossier::Dossier;
use crate::idempotency::IdempotencySlot;
use crate::ids::{ChargeId, LeaseToken, MerchantId, OrderCode, PaymentId};
use crate::lease::Lease;
use crate::payment::{Display, Intake, Payment};
use crate::ports::{
    CardToken, Certainty, CrashPoint, Exchange, IdempotencySupport, OpenCharge, Operation, ProviderError,
    ProviderErrorKind, ReturnUrls, Risk,
};
use crate::schedule;
use crate::time::Timestamp;
use crate::unit_of_work::{Due, IdempotencyWrite};

use verdict::Verdict;

/// Too little time to try anything in.
const LEAST_CALL: Duration = Duration::from_millis(300);
/// What an adapter may be late by before it is given up on.
const ADAPTER_MARGIN: Duration = Duration::from_millis(250);
/// Unanswered openings at one provider after which the next is tried, if there is one.
const UNANSWERED_PER_ROUTE_MAX: usize = 2;
/// Charges of one payment, hidden ones included; after that it is left to its expiry.
const CHARGES_PER_PAYMENT_MAX: usize = 16;
/// When a client is told to come back where no provider said when.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What is to be opened, for whom, and until when.
pub(super) struct Job<'a> {
    /// The tenant.
    pub(super) merchant: &'a MerchantId,
    /// The order.
    pub(super) order_code: &'a OrderCode,
    /// The payment.
    pub(super) payment: PaymentId,
    /// Who wants it.
    pub(super) actor: &'a Actor,
    /// Where, first first.
    pub(super) routes: &'a [Route],
    /// A card, as a token.
    pub(super) card_token: Option<&'a CardToken>,
    /// Until when.
    pub(super) deadline: Timestamp,
    /// Where the answer is kept, and who writes it.
    pub(super) answer: Option<(IdempotencySlot, &'a dyn AnswerRenderer)>,
}

/// How it ended.
pub(super) enum Opened {
    /// A charge can be shown.
    Shown(Box<Payment>),
    /// Nobody knows; recovery goes on.
    Unknown(Box<Payment>),
    /// A provider said no.
    Refused(Refusal),
    /// No provider could be reached.
    Unavailable {
        /// When to come back.
        retry_after: Duration,
    },
    /// Somebody else ended the payment meanwhile.
    Overtaken(Box<Payment>),
}

/// What to do after one try.
enum Next {
    /// It ended.
    End(Opened),
    /// The next intent is committed: carry it out.
    Again,
    /// The same intent once more: its key or reference makes that harmless.
    Repeat,
}

impl Gateway {
    /// Opens charges until one can be shown. The payment's last charge must be an intent.
    pub(super) async fn open_charges(&self, job: &Job<'_>) -> Result<Opened, DecideError> {
        let mut repeated = false;
        loop {
            let stored = self.ports.payments.payment(job.merchant, &job.payment).await?;
            let Some(payment) = stored else { return Err(DecideError::Contended) };
            let Some((charge, route)) = Self::next_intent(job, &payment) else {
                return Ok(Opened::Overtaken(Box::new(payment)));
            };
            let remaining = job.deadline.since(self.ports.clock.now());
            if remaining < LEAST_CALL {
                return self.leave_to_recovery(job, &payment).await;
            }
            let limit =
                if payment.charges.len() > 1 { remaining } else { remaining.min(self.policies.first_provider_within) };
            self.ports.probe.reach(CrashPoint::BeforeCall).await?;
            let verdict = self.call(job, &payment, charge, route, limit).await;
            self.ports.probe.reach(CrashPoint::AfterCallBeforeCommit).await?;
            let harmless = route.capabilities.idempotency != IdempotencySupport::None;
            let next = match verdict {
                Verdict::Unknown { .. } if harmless && !repeated => Next::Repeat,
                verdict => self.follow(job, &payment, charge, route, verdict).await?,
            };
            repeated = match next {
                Next::End(opened) => return Ok(opened),
                Next::Again => false,
                Next::Repeat => true,
            };
        }
    }

    /// The intent to carry out now, and where; `None` if the payment was ended meanwhile.
    fn next_intent<'a>(job: &'a Job<'_>, payment: &'a Payment) -> Option<(&'a Charge, &'a Route)> {
        let charge = payment.charges.last().filter(|charge| charge.opening == Opening::Intended)?;
        let at_work = payment.intake == Intake::Open && payment.display == Display::Shown && !charge.is_hidden();
        let route = job.routes.iter().find(|route| route.leads_to(charge))?;
        at_work.then_some((charge, route))
    }

    async fn call(&self, job: &Job<'_>, payment: &Payment, charge: &Charge, route: &Route, limit: Duration) -> Verdict {
        let request = self.open_request(job, payment, charge, route, limit);
        let call = route.provider.open(&route.account, &request);
        let answer = within(self.ports.clock.as_ref(), limit.saturating_add(ADAPTER_MARGIN), call).await;
        let answer = answer.unwrap_or_else(|| {
            let provider = route.account.provider.clone();
            Err(ProviderError::new(provider, Operation::Open, ProviderErrorKind::TimedOut, Certainty::Unknown))
        });
        Verdict::of(answer, &request, &route.account)
    }

    fn open_request(
        &self,
        job: &Job<'_>,
        payment: &Payment,
        charge: &Charge,
        route: &Route,
        limit: Duration,
    ) -> OpenCharge {
        // What is displayed is opened without a phone or an address, so that the provider cannot
        // send the customer a charge that nobody here has seen.
        let pushed = route.capabilities.risk == Risk::Pushed;
        let base = &self.policies.public_base_url;
        let or_ours = |url: &Option<String>| url.clone().unwrap_or_else(|| format!("{base}/pay/return"));
        OpenCharge {
            charge: charge.id,
            our_reference: charge.our_reference.clone(),
            order_code: payment.order_code.clone(),
            method: payment.method,
            amount: payment.amount.clone(),
            expires_at: payment.expires_at,
            description: payment.details.description.clone(),
            customer_phone: payment.details.customer_phone.clone().filter(|_| pushed),
            card_token: job.card_token.cloned(),
            return_urls: Some(ReturnUrls {
                success: or_ours(&payment.details.success_url),
                failure: or_ours(&payment.details.failure_url),
            }),
            within: limit,
        }
    }

    async fn follow(
        &self,
        job: &Job<'_>,
        payment: &Payment,
        charge: &Charge,
        route: &Route,
        verdict: Verdict,
    ) -> Result<Next, DecideError> {
        match verdict {
            Verdict::Fits(answer) => {
                let life = route.capabilities.natural_life;
                let shown = self
                    .decide_on(job, |dossier| {
                        dossier.opened(&job.payment, &charge.id, &answer, life);
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
                let code = FailureReason::from_code(error.upstream.code.as_deref().unwrap_or_default());
                let refusal = Refusal { payment: job.payment, code: code.code().to_owned() };
                self.decide_on(job, |dossier| {
                    dossier.refused(&job.payment, &charge.id, &error);
                    dossier.close_intake(&job.payment);
                    if let Some((slot, answers)) = &job.answer {
                        let answer = answers.refused(&refusal);
                        let slot = slot.clone();
                        dossier.work_mut().idempotency.push(IdempotencyWrite::Answer { slot, answer });
                    }
                })
                .await?;
                Ok(Next::End(Opened::Refused(refusal)))
            }
            Verdict::Elsewhere(error) => self.go_elsewhere(job, charge, route, &error).await,
            Verdict::Unknown { exchange, told } => {
                self.after_unknown(job, payment, charge, route, &exchange, told.as_ref()).await
            }
        }
    }

    /// The provider certainly did nothing: the next one is tried, if there is one.
    async fn go_elsewhere(
        &self,
        job: &Job<'_>,
        charge: &Charge,
        route: &Route,
        error: &ProviderError,
    ) -> Result<Next, DecideError> {
        let following = job.routes.iter().skip_while(|known| !known.is(route)).nth(1);
        let next = ChargeId::new(self.ports.ids.uuid());
        self.decide_on(job, |dossier| {
            dossier.refused(&job.payment, &charge.id, error);
            if let Some(following) = following {
                self.intend_next(dossier, job, next, following);
                return;
            }
            dossier.close_intake(&job.payment);
            if let Some((slot, _)) = &job.answer {
                dossier.work_mut().idempotency.push(IdempotencyWrite::Release { slot: slot.clone() });
            }
        })
        .await?;
        let retry_after = match error.kind {
            ProviderErrorKind::RateLimited { retry_after } => retry_after.unwrap_or(RETRY_AFTER),
            _other => RETRY_AFTER,
        };
        Ok(if following.is_some() { Next::Again } else { Next::End(Opened::Unavailable { retry_after }) })
    }

    /// Nobody knows whether the charge exists. What was to be displayed and was never shown cannot be
    /// paid: it is put aside and another opened. What may have been pushed is never sent again.
    async fn after_unknown(
        &self,
        job: &Job<'_>,
        payment: &Payment,
        charge: &Charge,
        route: &Route,
        exchange: &Exchange,
        told: Option<&crate::ids::ProviderRef>,
    ) -> Result<Next, DecideError> {
        let may_replace = route.capabilities.risk == Risk::Displayed
            && self.policies.failover_on_unknown == FailoverOnUnknown::Displayed;
        let unanswered_here =
            payment.charges.iter().filter(|known| route.leads_to(known) && known.is_hidden()).count() + 1;
        let following = job
            .routes
            .iter()
            .skip_while(|known| !known.is(route))
            .nth(usize::from(unanswered_here >= UNANSWERED_PER_ROUTE_MAX))
            .unwrap_or(route);
        let time_left = job.deadline.since(self.ports.clock.now()) >= LEAST_CALL;
        let another = may_replace && time_left && payment.charges.len() < CHARGES_PER_PAYMENT_MAX;
        let next = ChargeId::new(self.ports.ids.uuid());
        let stored = self
            .decide_on(job, |dossier| {
                dossier.unanswered(&job.payment, &charge.id, exchange, told);
                if may_replace {
                    dossier.hide(&job.payment, &charge.id);
                }
                if another {
                    self.intend_next(dossier, job, next, following);
                } else if may_replace {
                    dossier.fix_reference(&job.payment);
                    dossier.set_due(&job.payment, Due::At(recovery_at(dossier, payment)));
                } else {
                    dossier.close_intake(&job.payment);
                }
            })
            .await?;
        Ok(if another { Next::Again } else { Next::End(Opened::Unknown(Box::new(stored))) })
    }

    fn intend_next(&self, dossier: &mut Dossier, job: &Job<'_>, charge: ChargeId, route: &Route) {
        if dossier.payment(&job.payment).is_some_and(|payment| payment.intake == Intake::Open) {
            dossier.intend(&job.payment, charge, &route.account.provider, &route.account.id);
            let token = LeaseToken::new(self.ports.ids.uuid());
            dossier.set_due(&job.payment, Due::Leased(Lease { token, ttl: schedule::OPENING_LEASE }));
        }
    }

    /// The time ran out before the intent could be carried out: recovery takes over.
    async fn leave_to_recovery(&self, job: &Job<'_>, payment: &Payment) -> Result<Opened, DecideError> {
        let stored = self
            .decide_on(job, |dossier| {
                dossier.fix_reference(&job.payment);
                dossier.set_due(&job.payment, Due::At(recovery_at(dossier, payment)));
                dossier.touch(&job.payment);
            })
            .await?;
        Ok(Opened::Unknown(Box::new(stored)))
    }

    /// Decides on the job's payment and returns it as it is stored then.
    async fn decide_on(
        &self,
        job: &Job<'_>,
        decide: impl Fn(&mut Dossier) + Send + Sync,
    ) -> Result<Payment, DecideError> {
        self.decide(job.merchant, job.order_code, job.actor, decide).await?;
        let stored = self.ports.payments.payment(job.merchant, &job.payment).await?;
        stored.ok_or(DecideError::Contended)
    }
}

/// Recovery comes back the later the more charges were lost.
fn recovery_at(dossier: &Dossier, payment: &Payment) -> Timestamp {
    let lost = u32::try_from(payment.charges.len()).unwrap_or(u32::MAX);
    dossier.now().plus(schedule::close_retry(lost.saturating_sub(1)))
}

fn keep_answer(dossier: &mut Dossier, job: &Job<'_>) {
    let Some((slot, answers)) = &job.answer else { return };
    let answer = dossier.payment(&job.payment).map(|payment| answers.opened(payment));
    if let Some(answer) = answer {
        dossier.work_mut().idempotency.push(IdempotencyWrite::Answer { slot: slot.clone(), answer });
    }
}
