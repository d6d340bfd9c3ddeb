//! Webhooks, in the shape of the API that the charge was opened through.

use serde::Serialize;

use super::qr_codes::{V1Payment, VersionedPayment};
use super::refunds::RefundView;
use super::session::{self, SessionView};
use super::v2;
use super::view::{self, PaymentRequestView, PaymentView};
use crate::config::XenditAccount;
use crate::faults::Lie;
use crate::ledger::{Api, Charge, Event, Method, Payment, PaymentOutcome, RefundOutcome};
use crate::sandbox::json;
use crate::webhooks::{Facts, Letter};

/// Minutes from one attempt to the next: a day in all, six retries.
pub(crate) const RETRY_GAPS_MINUTES: [i64; 6] = [15, 45, 120, 180, 360, 720];

/// The one event of the QR Codes API.
const QR_PAYMENT: &str = "qr.payment";

/// What a failure is put down to when the truth is that there was none.
const FAILURE_CODE_OF_A_LIE: &str = "FAILURE_DETAILS_UNAVAILABLE";

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'static str,
    business_id: &'a str,
    /// The time of this attempt: it differs from one retry to the next.
    created: String,
    api_version: Option<&'static str>,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Payment(Box<PaymentView<'a>>),
    Request(Box<PaymentRequestView<'a>>),
    Session(Box<SessionView<'a>>),
    Qr(Box<VersionedPayment<'a>>),
    V2(Box<v2::Told<'a>>),
    Refund(Box<Option<RefundView<'a>>>),
}

/// Whether the event is told at all: the QR Codes API tells of money, and of nothing else. Pages are of v3.
pub(crate) fn tells(charge: &Charge, event: Event) -> bool {
    match charge.api {
        Api::V3 => event != Event::Pending,
        Api::V2 | Api::V2Method => event != Event::Completed,
        Api::QrV1 | Api::Qr2022 => event == Event::Paid,
    }
}

/// The webhook about `facts`, as the account would get it.
pub(crate) fn letter(accounts: &[XenditAccount], facts: &Facts, lie: &Lie, bad_token: bool) -> Letter {
    let account = accounts.iter().find(|account| account.name == facts.charge.account);
    let business_id = account.map_or("", |account| account.business_id.as_str());
    let token = account.map_or("", |account| account.callback_token.as_str());
    let told = facts.payment.as_ref().map(|payment| as_told(payment, facts.event));
    let envelope = |event, api_version, data| {
        (event, json(&Envelope { event, business_id, created: view::time(facts.at), api_version, data }))
    };
    let (event, body) = match (facts.charge.api, &told) {
        (Api::V3 | Api::V2 | Api::V2Method | Api::QrV1 | Api::Qr2022, _) if facts.refund.is_some() => {
            let (event, data) = refunded(facts, lie);
            envelope(event, None, data)
        }
        (Api::QrV1, Some(payment)) => (QR_PAYMENT, json(&V1Payment::new(&facts.charge, payment, lie).told(QR_PAYMENT))),
        (Api::Qr2022, Some(payment)) => {
            let data = Data::Qr(Box::new(VersionedPayment::new(&facts.charge, payment, business_id, lie)));
            envelope(QR_PAYMENT, Some("2022-07-31"), data)
        }
        (Api::V2 | Api::V2Method, _) => {
            let (event, data) = v2::told(&facts.charge, told.as_ref(), facts.event, business_id, lie);
            envelope(event, None, Data::V2(Box::new(data)))
        }
        (Api::V3 | Api::QrV1 | Api::Qr2022, _) => {
            let (event, data) = v3(facts, told.as_ref(), business_id, lie);
            envelope(event, Some("v3"), data)
        }
    };
    let token = if bad_token { format!("not-{token}") } else { token.to_owned() };
    Letter { event, headers: vec![("x-callback-token", token), ("webhook-id", facts.notification.id.clone())], body }
}

/// The event of a refund: one shape for v2 and v3.
fn refunded<'a>(facts: &'a Facts, lie: &'a Lie) -> (&'static str, Data<'a>) {
    let refund = facts.refund.as_ref();
    let failed = refund.is_some_and(|refund| refund.outcome != RefundOutcome::Succeeded);
    let view = refund.map(|refund| RefundView::new(&facts.charge, refund, lie));
    (if failed { "refund.failed" } else { "refund.succeeded" }, Data::Refund(Box::new(view)))
}

/// The event of Payments API v3, and what it is about.
fn v3<'a>(facts: &'a Facts, told: Option<&'a Payment>, business_id: &'a str, lie: &'a Lie) -> (&'static str, Data<'a>) {
    let charge = &facts.charge;
    let paid = |payment| Data::Payment(Box::new(view::payment_view(charge, payment, business_id, lie)));
    match (facts.event, told) {
        (Event::Paid, Some(payment)) => ("payment.capture", paid(payment)),
        (Event::Authorized, Some(payment)) => ("payment.authorization", paid(payment)),
        (Event::Failed, Some(payment)) => ("payment.failure", paid(payment)),
        (Event::Completed, _) => {
            ("payment_session.completed", Data::Session(Box::new(session::view(charge, business_id, lie))))
        }
        (
            Event::Expired
            | Event::Pending
            | Event::Refund
            | Event::Refunding
            | Event::Canceled
            | Event::Settled
            | Event::TakenBack,
            _,
        )
        | (Event::Authorized | Event::Paid | Event::Failed, None)
            if charge.method == Method::CardPage =>
        {
            ("payment_session.expired", Data::Session(Box::new(session::view(charge, business_id, lie))))
        }
        (
            Event::Expired
            | Event::Pending
            | Event::Refund
            | Event::Refunding
            | Event::Canceled
            | Event::Settled
            | Event::TakenBack,
            _,
        )
        | (Event::Authorized | Event::Paid | Event::Failed, None) => {
            ("payment_request.expiry", Data::Request(Box::new(view::request_view(charge, business_id, lie))))
        }
    }
}

/// The payment with the outcome that the webhook tells.
fn as_told(payment: &Payment, event: Event) -> Payment {
    let mut told = payment.clone();
    if event == Event::Failed && told.succeeded() {
        told.outcome = PaymentOutcome::Failed { code: FAILURE_CODE_OF_A_LIE.to_owned() };
    }
    told
}
