//! Recovery: a create that did not end. The same table as in a create applies, under the same payment.

mod herd;

use std::sync::Mutex;
use std::time::Duration;

pub(super) use herd::Herd;

use super::deadline::Deadline;
use super::open::{Job, Route, asked, is_given_up};
use super::{DecideError, FailoverOnUnknown, Gateway, Scope};
use crate::audit::Actor;
use crate::charge::{Charge, Opening, Risk};
use crate::dossier::Dossier;
use crate::ids::{ChargeId, LeaseToken, PaymentId};
use crate::lease::Lease;
use crate::payment::{Display, Intake, Payment};
use crate::ports::{Exchange, LeasedPayment};
use crate::routing::{Because, Nowhere, Recovery, RecoveryCase, after_interruption};
use crate::schedule;
use crate::time::Timestamp;
use crate::unit_of_work::Due;

/// Between two looks whether a provider would be called again.
const RESTING_PAUSE: Duration = Duration::from_secs(2);

/// How recovery goes on with a payment.
#[derive(Clone, Copy)]
enum Course<'a> {
    /// The last intent once more, there: whatever it made, its key brings.
    Repeat(&'a Route),
    /// Another charge, there; what was not answered is put aside.
    Open(&'a Route),
    /// Later, because nobody may be called now.
    ComeBack,
    /// No more charges.
    Stop,
}

/// What there is to go on with.
struct Means<'a> {
    /// Where the method can be opened.
    routes: &'a [Route],
    /// Those that would be asked now.
    ready: &'a [Route],
    /// Whether nobody would be asked only because every line rests.
    all_rest: bool,
    /// Whether what nobody was shown may be replaced.
    may_replace: bool,
    now: Timestamp,
}

impl Gateway {
    /// Goes on with a payment whose create was cut off. While its time is ahead, what nobody was shown
    /// is put aside and another charge is opened, or asked for once more where its key is honoured; what may have been
    /// pushed is only watched. While no provider would be called it comes back later, and spends no charge on that.
    pub(super) async fn recover(&self, leased: &LeasedPayment) -> Result<(), DecideError> {
        self.let_tills_go_first().await;
        let payment = &leased.payment;
        let actor = Actor::Worker;
        let scope = Scope { merchant: payment.merchant.clone(), branch: payment.branch.clone() };
        let routes = self.routes(&scope, payment.method).await?;
        let now = self.ports.clock.now();
        let (ready, all_rest) = match asked(&routes, &payment.amount, None) {
            Ok(asked) => (asked.routes, false),
            Err(Nowhere::Resting { .. }) => (Vec::new(), true),
            Err(Nowhere::NotOffered | Nowhere::AmountUnfit) => (Vec::new(), false),
        };
        let may_replace = self.policies.failover_on_unknown == FailoverOnUnknown::Displayed;
        let means = Means { routes: &routes, ready: &ready, all_rest, may_replace, now };
        if let Course::Repeat(route) | Course::Open(route) = means.course_of(payment)
            && let Err(back_at) = self.turn_at(payment, route).await
        {
            return self.come_back(leased, back_at).await;
        }
        let next = ChargeId::new(self.ports.ids.uuid());
        let token = LeaseToken::new(self.ports.ids.uuid());
        let lease = Lease { token, ttl: schedule::OPENING_LEASE };
        let id = payment.id;
        let course = self
            .decide(&payment.merchant, &payment.order_code, &actor, |dossier| {
                let course = dossier.payment(&id).map_or(Course::Stop, |payment| means.course_of(payment));
                take(dossier, &id, course, next, lease);
                course
            })
            .await?;
        match course {
            Course::Repeat(_) | Course::Open(_) => {}
            Course::ComeBack => return self.come_back(leased, now.plus(RESTING_PAUSE).plus(self.jitter())).await,
            Course::Stop => return Ok(()),
        }
        let job = Job {
            merchant: &payment.merchant,
            order_code: &payment.order_code,
            payment: id,
            lease: token,
            actor: &actor,
            routes: &ready,
            card_token: None,
            deadline: Deadline::within(self.policies.create_within, self.ports.clock.as_ref()),
            patient: true,
            asked_before: matches!(course, Course::Repeat(_)),
            answer: None,
            known: Mutex::default(),
        };
        self.held(&job, Box::pin(self.open_charges(&job))).await.map(|_| ())
    }

    /// Has the payment looked at again then; nothing of it is written otherwise.
    async fn come_back(&self, leased: &LeasedPayment, at: Timestamp) -> Result<(), DecideError> {
        let now = self.ports.clock.now();
        Ok(self.ports.payments.reschedule(&leased.payment.id, leased.token, now, &Some(at)).await?)
    }
}

impl<'a> Means<'a> {
    /// How to go on with a payment as it is stored: the table of [`routing`](crate::routing), carried out.
    fn course_of(&self, payment: &Payment) -> Course<'a> {
        let Some(last) = payment.charges.last() else { return Course::Stop };
        let over = is_given_up(payment) || self.now >= payment.expires_at || payment.display != Display::Shown;
        let repeats = |route: &&Route| route.may_repeat(last, self.now);
        let repeated = self.ready.iter().find(repeats);
        let opened = self.ready.iter().find(|route| route.leads_to(last)).or(self.ready.first());
        let then = after_interruption(RecoveryCase {
            over: over || !wants_a_charge(payment),
            pushed: last.risk == Risk::Pushed,
            repeatable: repeated.is_some(),
            repeatable_later: repeated.is_none() && self.routes.iter().any(|route| repeats(&route)),
            kept: !self.may_replace && is_unanswered(last),
            ready: opened.is_some(),
            all_rest: self.all_rest,
        });
        match (then, repeated, opened) {
            (Recovery::Repeat, Some(route), _) => Course::Repeat(route),
            (Recovery::Open, _, Some(route)) => Course::Open(route),
            (Recovery::ComeBack, _, _) => Course::ComeBack,
            (Recovery::Stop | Recovery::Repeat | Recovery::Open, _, _) => Course::Stop,
        }
    }
}

/// Writes down how recovery goes on.
fn take(dossier: &mut Dossier, payment: &PaymentId, course: Course<'_>, next: ChargeId, lease: Lease) {
    let last = dossier.payment(payment).and_then(|payment| payment.charges.last());
    let is_pushed = last.is_some_and(|charge| charge.risk == Risk::Pushed);
    match course {
        Course::Repeat(_) => {
            dossier.set_due(payment, Due::Leased(lease));
            dossier.touch(payment);
        }
        Course::Open(route) => {
            put_aside(dossier, payment, !is_pushed);
            dossier.intend(payment, next, &route.choice(Because::TakenUpAgain), route.risk(None));
            dossier.set_due(payment, Due::Leased(lease));
        }
        Course::ComeBack => {}
        Course::Stop => {
            put_aside(dossier, payment, !is_pushed);
            dossier.close_intake(payment);
        }
    }
}

fn wants_a_charge(payment: &Payment) -> bool {
    payment.intake == Intake::Open && !payment.status().saw_money()
}

/// What was not answered stays unknown, and out of sight where nobody can have seen it.
fn put_aside(dossier: &mut Dossier, payment: &PaymentId, unseen: bool) {
    let unanswered: Vec<ChargeId> = dossier
        .payment(payment)
        .filter(|payment| wants_a_charge(payment))
        .into_iter()
        .flat_map(|payment| &payment.charges)
        .filter(|charge| is_unanswered(charge))
        .map(|charge| charge.id)
        .collect();
    for charge in &unanswered {
        // An id that was told is kept: by it the charge is closed.
        if dossier.charge(charge).is_some_and(|(_, known)| known.provider_ref().is_none()) {
            dossier.unanswered(payment, charge, &Exchange::default(), None);
        }
        if unseen {
            dossier.hide(payment, charge);
        }
    }
}

fn is_unanswered(charge: &Charge) -> bool {
    !charge.is_hidden() && matches!(charge.opening, Opening::Intended | Opening::Unknown { .. } | Opening::Found { .. })
}
