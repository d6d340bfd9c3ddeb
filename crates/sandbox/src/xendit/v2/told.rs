//! The webhooks of v2.

use serde::Serialize;

use super::view::{MethodView, PaymentView};
use crate::faults::Lie;
use crate::ledger::{Charge, Event, Payment};

/// What a webhook of v2 is about.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Told<'a> {
    Payment(Box<PaymentView<'a>>),
    Method(Box<Option<MethodView<'a>>>),
}

/// The event, and what it is about.
pub(crate) fn told<'a>(
    charge: &'a Charge,
    payment: Option<&'a Payment>,
    event: Event,
    business_id: &'a str,
    lie: &'a Lie,
) -> (&'static str, Told<'a>) {
    let paid = |payment| Told::Payment(Box::new(PaymentView::new(charge, payment, business_id, lie)));
    match (event, payment) {
        (Event::Paid, Some(payment)) => ("payment.succeeded", paid(payment)),
        (Event::Failed, Some(payment)) => ("payment.failed", paid(payment)),
        (Event::Authorized, Some(payment)) => ("payment.awaiting_capture", paid(payment)),
        (Event::Pending, _) => {
            ("payment.pending", Told::Payment(Box::new(PaymentView::pending(charge, business_id, lie))))
        }
        (
            Event::Expired
            | Event::Refund
            | Event::Refunding
            | Event::Canceled
            | Event::Settled
            | Event::TakenBack
            | Event::Completed,
            _,
        )
        | (Event::Paid | Event::Failed | Event::Authorized, None) => {
            ("payment_method.expired", Told::Method(Box::new(MethodView::new(charge, business_id, lie))))
        }
    }
}
