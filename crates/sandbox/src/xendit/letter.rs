//! Webhooks of Payments API v3.

use serde::Serialize;

use super::session::{self, SessionView};
use super::view::{self, PaymentRequestView, PaymentView};
use crate::config::XenditAccount;
use crate::faults::Lie;
use crate::ledger::{Event, Method, Payment, PaymentOutcome};
use crate::sandbox::json;
use crate::webhooks::{Facts, Letter};

/// Minutes from one attempt to the next: a day in all, six retries.
pub(crate) const RETRY_GAPS_MINUTES: [i64; 6] = [15, 45, 120, 180, 360, 720];

/// What a failure is put down to when the truth is that there was none.
const FAILURE_CODE_OF_A_LIE: &str = "FAILURE_DETAILS_UNAVAILABLE";

#[derive(Serialize)]
struct Envelope<'a> {
    event: &'static str,
    business_id: &'a str,
    /// The time of this attempt: it differs from one retry to the next.
    created: String,
    api_version: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Payment(Box<PaymentView<'a>>),
    Request(Box<PaymentRequestView<'a>>),
    Session(Box<SessionView<'a>>),
}

/// The webhook about `facts`, as the account would get it.
pub(crate) fn letter(accounts: &[XenditAccount], facts: &Facts, lie: &Lie, bad_token: bool) -> Letter {
    let account = accounts.iter().find(|account| account.name == facts.charge.account);
    let business_id = account.map_or("", |account| account.business_id.as_str());
    let token = account.map_or("", |account| account.callback_token.as_str());
    let told = facts.payment.as_ref().map(|payment| as_told(payment, facts.event));
    let is_page = facts.charge.method == Method::CardPage;
    let (event, data) = match (facts.event, &told) {
        (Event::Paid, Some(payment)) => ("payment.capture", Some(payment)),
        (Event::Failed, Some(payment)) => ("payment.failure", Some(payment)),
        (Event::Expired, _) | (Event::Paid | Event::Failed, None) if is_page => ("payment_session.expired", None),
        (Event::Expired, _) | (Event::Paid | Event::Failed, None) => ("payment_request.expiry", None),
    };
    let data = match data {
        Some(payment) => Data::Payment(Box::new(view::payment_view(&facts.charge, payment, business_id, lie))),
        None if is_page => Data::Session(Box::new(session::view(&facts.charge, business_id, lie))),
        None => Data::Request(Box::new(view::request_view(&facts.charge, business_id, lie))),
    };
    let body = json(&Envelope { event, business_id, created: view::time(facts.at), api_version: "v3", data });
    let token = if bad_token { format!("not-{token}") } else { token.to_owned() };
    Letter { event, headers: vec![("x-callback-token", token), ("webhook-id", facts.notification.id.clone())], body }
}

/// The payment with the outcome that the webhook tells.
fn as_told(payment: &Payment, event: Event) -> Payment {
    let mut told = payment.clone();
    if event == Event::Failed && told.succeeded() {
        told.outcome = PaymentOutcome::Failed { code: FAILURE_CODE_OF_A_LIE.to_owned() };
    }
    told
}
