//! Recovery: a create that did not end. The same table as in a create applies, under the same payment.

use std::time::Duration;

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
use crate::routing::{Because, Nowhere};
use crate::schedule;
use crate::time::Timestamp;
use crate::unit_of_work::Due;

/// Between two looks whether a provider would be called again.
const RESTING_PAUSE: Duration = Duration::from_secs(2);

/// How recovery goes on with a payment.
enum Course<'a> {
    /// The last intent once more: whatever it made, its key brings.
    Repeat,
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
        let payment = &leased.payment;
        let actor = Actor::Worker;
        let scope = Scope { merchant: payment.merchant.clone(), branch: payment.branch.clone() };
        let routes = self.routes(&scope, payment.method).await?;
        let now = self.ports.clock.now();
        let (ready, all_rest) = match asked(&routes, &payment.amount) {
            Ok(asked) => (asked.routes, false),
            Err(Nowhere::Resting { .. }) => (Vec::new(), true),
            Err(Nowhere::NotOffered | Nowhere::AmountUnfit) => (Vec::new(), false),
        };
        let may_replace = self.policies.failover_on_unknown == FailoverOnUnknown::Displayed;
        let means = Means { routes: &routes, ready: &ready, all_rest, may_replace, now };
        let next = ChargeId::new(self.ports.ids.uuid());
        let token = LeaseToken::new(self.ports.ids.uuid());
        let lease = Lease { token, ttl: schedule::OPENING_LEASE };
        let id = payment.id;
        let course = self
            .decide(&payment.merchant, &payment.order_code, &actor, |dossier| {
                let course = dossier.payment(&id).map_or(Course::Stop, |payment| means.course_of(payment));
                take(dossier, &id, &course, next, lease);
                course
            })
            .await?;
        match course {
            Course::Repeat | Course::Open(_) => {}
            Course::ComeBack => {
                let back_at = Some(now.plus(RESTING_PAUSE));
                return Ok(self.ports.payments.reschedule(&id, leased.token, now, &back_at).await?);
            }
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
            asked_before: matches!(course, Course::Repeat),
            answer: None,
        };
        self.held(&job, Box::pin(self.open_charges(&job))).await.map(|_| ())
    }
}

impl<'a> Means<'a> {
    /// How to go on with a payment as it is stored.
    fn course_of(&self, payment: &Payment) -> Course<'a> {
        let over = is_given_up(payment) || self.now >= payment.expires_at || payment.display != Display::Shown;
        let Some(last) = payment.charges.last().filter(|_| wants_a_charge(payment) && !over) else {
            return Course::Stop;
        };
        let repeats = |route: &Route| route.may_repeat(last, self.now);
        if self.ready.iter().any(repeats) {
            return Course::Repeat;
        }
        if last.risk == Risk::Pushed {
            return Course::Stop;
        }
        if !self.may_replace && is_unanswered(last) {
            let rests = self.routes.iter().any(repeats);
            return if rests { Course::ComeBack } else { Course::Stop };
        }
        match self.ready.iter().find(|route| route.leads_to(last)).or(self.ready.first()) {
            Some(route) => Course::Open(route),
            None if self.all_rest => Course::ComeBack,
            None => Course::Stop,
        }
    }
}

/// Writes down how recovery goes on.
fn take(dossier: &mut Dossier, payment: &PaymentId, course: &Course<'_>, next: ChargeId, lease: Lease) {
    let last = dossier.payment(payment).and_then(|payment| payment.charges.last());
    let is_pushed = last.is_some_and(|charge| charge.risk == Risk::Pushed);
    match course {
        Course::Repeat => {
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
