//! Opening charges for a payment whose intent is committed, until one can be shown or nothing more
//! may be tried. Shared by create and recovery.

mod follow;
mod held;
mod route;
mod trial;
mod unanswered;
mod verdict;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) use route::{Asked, Route, asked, maker_of};

use super::deadline::Deadline;
use super::decide::Known;
use super::race::{answer_within, within};
use super::{AnswerRenderer, DecideError, FailoverOnUnknown, Gateway, Refusal};
use crate::audit::Actor;
use crate::charge::{Charge, Opening, Risk};
use crate::dossier::Dossier;
use crate::idempotency::IdempotencySlot;
use crate::ids::{LeaseToken, MerchantId, OrderCode, PaymentId};
use crate::payment::{Display, Intake, Payment};
use crate::ports::{
    CardToken, Certainty, CrashPoint, OpenCharge, Operation, ProviderError, ProviderErrorKind, ReturnUrls,
};
use crate::routing::{Standing, TRIAL_WAIT};
use crate::schedule;
use crate::time::Timestamp;
use crate::unit_of_work::Due;

use trial::Call;
use verdict::Verdict;

/// Too little time to try anything in.
const LEAST_CALL: Duration = Duration::from_millis(300);
/// For every try after the first: somebody has waited already.
const NEXT_TRY_WITHIN: Duration = Duration::from_secs(3);
/// Unanswered openings of one run, so that a provider that answers nonsense at once is not flooded.
const UNANSWERED_PER_RUN_MAX: u32 = 3;
/// Charges of one payment whose opening the provider did not refuse; after that it is left to its expiry.
const UNREFUSED_PER_PAYMENT_MAX: usize = 16;
/// Refused openings of one payment; after that it is left to its expiry.
const REFUSED_PER_PAYMENT_MAX: usize = 64;
/// The longest pause of recovery while a till waits.
const RECOVERY_PAUSE_MAX: Duration = Duration::from_secs(3);
/// When a client is told to come back where no provider said when.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The longest that a till is told to stay away, whatever a provider says: its product is tried again by then.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// For so long after this job's commit nobody else is taken to have written the payment that it holds; who was frozen
/// meanwhile looks again, and so does whoever is about to push, whose clock may have stood still with the machine.
const JUST_NOW: Duration = Duration::from_secs(1);

/// What is to be opened, for whom, and until when.
pub(super) struct Job<'a> {
    /// The tenant.
    pub(super) merchant: &'a MerchantId,
    /// The order.
    pub(super) order_code: &'a OrderCode,
    /// The payment.
    pub(super) payment: PaymentId,
    /// By which the payment is held: nobody else works on it meanwhile.
    pub(super) lease: LeaseToken,
    /// Who wants it.
    pub(super) actor: &'a Actor,
    /// Where, first first.
    pub(super) routes: &'a [Route],
    /// A card, as a token.
    pub(super) card_token: Option<&'a CardToken>,
    /// Until when.
    pub(super) deadline: Deadline,
    /// Whether to come back later when no provider can be reached: the till was told to wait.
    pub(super) patient: bool,
    /// Whether the last intent may have been carried out before: a no then proves nothing.
    pub(super) asked_before: bool,
    /// Where the answer is kept, and who writes it.
    pub(super) answer: Option<(IdempotencySlot, &'a dyn AnswerRenderer)>,
    /// How the order stood after the last commit of this job, if there was one.
    pub(super) known: Mutex<Option<Known>>,
}

impl Job<'_> {
    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        // It is put in place whole: a panic elsewhere leaves nothing half-done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

/// One try to open a charge.
struct Try<'a> {
    payment: &'a Payment,
    charge: &'a Charge,
    route: &'a Route,
    /// Where the next charge would be opened, if that provider is ready.
    following: Option<&'a Route>,
    /// For how long the provider is waited for.
    limit: Duration,
    /// Whether the provider has not been answering, and the till need not wait to see whether it does again.
    on_trial: bool,
}

/// What one run has come to so far.
struct Run {
    /// Whether the last intent may have been carried out before.
    repeated: bool,
    /// Openings that were not answered.
    unanswered: u32,
    /// Until when the first provider is waited for where another is ready.
    share: Deadline,
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
        let share = Deadline::within(self.policies.first_provider_within, self.ports.clock.as_ref());
        let mut run = Run { repeated: job.asked_before, unanswered: 0, share };
        loop {
            let payment = self.payment_of(job).await?;
            let Some((charge, route)) = self.next_intent(job, &run, &payment) else {
                return Ok(Opened::Overtaken(Box::new(payment)));
            };
            if job.deadline.left(self.ports.clock.as_ref()) < LEAST_CALL {
                return self.leave_to_recovery(job, &payment).await;
            }
            let tried = self.try_of(job, &run, &payment, charge, route);
            self.ports.probe.reach(CrashPoint::BeforeCall).await?;
            let verdict = self.call(job, &tried).await;
            self.ports.probe.reach(CrashPoint::AfterCallBeforeCommit).await?;
            let verdict = if run.repeated { verdict.of_a_repeat() } else { verdict };
            run.unanswered = run.unanswered.saturating_add(u32::from(matches!(verdict, Verdict::Unknown(_))));
            run.repeated = match self.follow(job, &run, &tried, verdict).await? {
                Next::End(opened) => return Ok(opened),
                Next::Again => false,
                Next::Repeat => true,
            };
        }
    }

    /// The intent to carry out now, and where; `None` if the payment was ended meanwhile. A notice may have told the id
    /// before the answer came: its key brings the rest.
    fn next_intent<'a>(&self, job: &'a Job<'_>, run: &Run, payment: &'a Payment) -> Option<(&'a Charge, &'a Route)> {
        let charge = payment.charges.last().filter(|charge| !charge.is_hidden())?;
        let route = job.routes.iter().find(|route| route.leads_to(charge))?;
        // An id that a misfit answer told changes nothing about a repeat that was decided on.
        let is_repeated = run.repeated && matches!(charge.opening, Opening::Found { .. }) && charge.state.is_open();
        let is_to_be_opened = charge.opening == Opening::Intended
            || (is_repeated && charge.risk == Risk::Displayed)
            || route.may_repeat(charge, self.ports.clock.now());
        let at_work = payment.intake == Intake::Open && payment.display == Display::Shown;
        (is_to_be_opened && at_work).then_some((charge, route))
    }

    fn try_of<'a>(
        &self,
        job: &'a Job<'_>,
        run: &Run,
        payment: &'a Payment,
        charge: &'a Charge,
        route: &'a Route,
    ) -> Try<'a> {
        let clock = self.ports.clock.as_ref();
        let following = following(job, route);
        let first = payment.charges.len() == 1 && !run.repeated;
        let usual = if first { self.policies.first_provider_within } else { NEXT_TRY_WITHIN };
        let left = job.deadline.left(clock);
        // Only one that has somebody behind it is held to its share.
        let share = following.filter(|_| is_first(job, route)).map_or(left, |_| run.share.left(clock).max(LEAST_CALL));
        let is_tried = route.standing(None) == Standing::OnTrial;
        // Whoever waits for no answer goes on to another provider: where that is not to be, the till waits.
        let may_go_on = self.policies.failover_on_unknown == FailoverOnUnknown::Displayed;
        let on_trial = is_tried && may_go_on && following.is_some() && charge.risk == Risk::Displayed;
        Try { payment, charge, route, following, limit: usual.min(left).min(share), on_trial }
    }

    async fn call(&self, job: &Job<'_>, tried: &Try<'_>) -> Verdict {
        let request = self.open_request(job, tried);
        let (provider, account, sent) =
            (Arc::clone(&tried.route.provider), tried.route.account.clone(), request.clone());
        let mut call: Call = Box::pin(async move { provider.open(&account, &sent).await });
        let clock = self.ports.clock.as_ref();
        let answer = if tried.on_trial {
            within(clock, TRIAL_WAIT.min(tried.limit), &mut call).await
        } else {
            answer_within(clock, tried.limit, &mut call).await
        };
        if answer.is_none() && tried.on_trial {
            self.hear_out(job, tried.charge, call);
        }
        let answer = answer.unwrap_or_else(|| {
            let provider = tried.route.account.provider.clone();
            Err(ProviderError::new(provider, Operation::Open, ProviderErrorKind::TimedOut, Certainty::Unknown))
        });
        Verdict::of(answer, &request, &tried.route.account)
    }

    fn open_request(&self, job: &Job<'_>, tried: &Try<'_>) -> OpenCharge {
        let Try { payment, charge, route, limit, .. } = *tried;
        // What is displayed is opened without a phone or an address, so that the provider cannot
        // send the customer a charge that nobody here has seen.
        let pushed = charge.risk == Risk::Pushed;
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
            card_token: job.card_token.cloned().filter(|_| route.capabilities.token_risk.is_some()),
            return_urls: Some(ReturnUrls {
                success: or_ours(&payment.details.success_url),
                failure: or_ours(&payment.details.failure_url),
            }),
            within: limit,
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

    /// The job's payment, as this job has just written it or as it is stored.
    async fn payment_of(&self, job: &Job<'_>) -> Result<Payment, DecideError> {
        let now = self.ports.clock.now();
        let just_written = {
            let known = job.known();
            let known = known.as_ref().filter(|known| now.since(known.at()) < JUST_NOW);
            let payment = known.and_then(|known| known.payment(&job.payment));
            payment.filter(|payment| payment.charges.iter().all(|charge| charge.risk == Risk::Displayed)).cloned()
        };
        let stored = match just_written {
            Some(payment) => Some(payment),
            None => self.ports.payments.payment(job.merchant, &job.payment).await?,
        };
        stored.ok_or(DecideError::Contended)
    }

    /// Decides on the job's payment and returns it as it is stored then.
    async fn decide_on(
        &self,
        job: &Job<'_>,
        decide: impl Fn(&mut Dossier) + Send + Sync,
    ) -> Result<Payment, DecideError> {
        let known = job.known().take();
        let ((), known) = self.decide_from(known, job.merchant, job.order_code, job.actor, decide).await?;
        let stored = known.payment(&job.payment).cloned();
        *job.known() = Some(known);
        stored.ok_or(DecideError::Contended)
    }
}

/// The next provider after a route that would be asked now.
fn following<'a>(job: &'a Job<'_>, route: &Route) -> Option<&'a Route> {
    let behind = job.routes.iter().skip_while(|known| !known.is(route)).skip(1);
    behind.into_iter().find(|known| known.standing(None).is_asked())
}

fn is_first(job: &Job<'_>, route: &Route) -> bool {
    job.routes.first().is_some_and(|first| first.is(route))
}

/// Recovery comes back the later the more openings went wrong and the longer the last one has been asked for, but soon
/// enough for a till that waits.
fn recovery_at(dossier: &Dossier, payment: &Payment) -> Timestamp {
    let lost = u32::try_from(payment.charges.len()).unwrap_or(u32::MAX);
    let asked_for = payment.charges.last().map(|last| dossier.now().since(last.created_at)).unwrap_or_default();
    let pause = schedule::close_retry(lost.saturating_sub(2)).max(asked_for / 2);
    dossier.now().plus(pause.min(RECOVERY_PAUSE_MAX))
}

/// Whether so many openings went wrong that no other is tried.
pub(super) fn is_given_up(payment: &Payment) -> bool {
    let is_refused = |charge: &&Charge| matches!(charge.opening, Opening::Refused { .. });
    let refused = payment.charges.iter().filter(is_refused).count();
    let unrefused = payment.charges.len().saturating_sub(refused);
    unrefused >= UNREFUSED_PER_PAYMENT_MAX || refused >= REFUSED_PER_PAYMENT_MAX
}
