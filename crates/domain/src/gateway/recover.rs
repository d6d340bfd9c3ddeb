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
use crate::unit_of_work::Due;

/// Between two looks whether a provider would be called again.
const RESTING_PAUSE: Duration = Duration::from_secs(2);

impl Gateway {
    /// Goes on with a payment whose create was cut off. While its time is ahead, what nobody was shown
    /// is put aside and another charge is opened; what may have been pushed is only watched. While no
    /// provider would be called it comes back later, and spends no charge on that.
    pub(super) async fn recover(&self, leased: &LeasedPayment) -> Result<(), DecideError> {
        let payment = &leased.payment;
        let actor = Actor::Worker;
        let scope = Scope { merchant: payment.merchant.clone(), branch: payment.branch.clone() };
        let routes = self.routes(&scope, payment.method).await?;
        let now = self.ports.clock.now();
        let over = is_given_up(payment) || now >= payment.expires_at || payment.display != Display::Shown;
        let last_is_pushed = payment.charges.last().is_some_and(|charge| charge.risk == Risk::Pushed);
        let wait_only = last_is_pushed || self.policies.failover_on_unknown == FailoverOnUnknown::Never;
        let ready = match asked(&routes, &payment.amount) {
            Ok(asked) => asked.routes,
            Err(Nowhere::NotOffered | Nowhere::AmountUnfit) => Vec::new(),
            Err(Nowhere::Resting { .. }) if over || wait_only => Vec::new(),
            Err(Nowhere::Resting { .. }) => {
                let back_at = Some(now.plus(RESTING_PAUSE));
                return Ok(self.ports.payments.reschedule(&payment.id, leased.token, now, &back_at).await?);
            }
        };
        let route = ready.iter().find(|route| payment.charges.last().is_some_and(|last| route.leads_to(last)));
        let repeats = |route: &Route| payment.charges.last().is_some_and(|last| route.may_repeat(last, now));
        let by_key = !over && ready.iter().any(repeats);
        let again = if over || wait_only { None } else { route.or(ready.first()) };
        let next = ChargeId::new(self.ports.ids.uuid());
        let token = LeaseToken::new(self.ports.ids.uuid());
        let lease = Lease { token, ttl: schedule::OPENING_LEASE };
        let id = payment.id;
        self.decide(&payment.merchant, &payment.order_code, &actor, |dossier| {
            let is_wanted = dossier.payment(&id).is_some_and(wants_a_charge);
            if by_key {
                // The last intent once more: whatever it made, its key brings.
                dossier.set_due(&id, Due::Leased(lease));
                dossier.touch(&id);
                return;
            }
            put_aside(dossier, &id, !last_is_pushed);
            match again.filter(|_| is_wanted) {
                Some(route) => {
                    dossier.intend(&id, next, &route.choice(Because::TakenUpAgain), route.risk(None));
                    dossier.set_due(&id, Due::Leased(lease));
                }
                None => dossier.close_intake(&id),
            }
        })
        .await?;
        if again.is_none() && !by_key {
            return Ok(());
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
            asked_before: by_key,
            answer: None,
        };
        self.held(&job, Box::pin(self.open_charges(&job))).await.map(|_| ())
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
