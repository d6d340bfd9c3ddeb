//! Events of Payments API v3: `{event, business_id, created, api_version, data}`.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification, Subject};
use mstore_pay_outbound::json::Object;

use super::{kept, other};
use crate::response::{captured, captured_at, order_code, provider_ref};

/// What an event claims; `data` is its payment or payment request.
pub(super) fn notification(body: &Object, data: Option<&Object>) -> Notification {
    let mut unrecognised = Vec::new();
    let claim = match (body.text("event"), data) {
        (Some(event), Some(data)) => claim(&event, data, &mut unrecognised),
        (Some(event), None) => other("event without data", &event, &mut unrecognised),
        (None, _) => other("event", body.raw("event").unwrap_or("null"), &mut unrecognised),
    };
    let business = provider_ref(body, "business_id");
    let account_hint = business.or_else(|| data.and_then(|data| provider_ref(data, "business_id")));
    Notification {
        about: data.map(subject).unwrap_or_default(),
        claim,
        amount: data.map_or(ClaimedAmount::Absent, amount),
        account_hint,
        unrecognised,
    }
}

fn claim(event: &str, data: &Object, unrecognised: &mut Vec<String>) -> Claim {
    let status = data.text("status");
    // The event says what it is about, the status whether it came to pass: only both together count.
    match (event, status.as_deref()) {
        ("payment.capture", Some("SUCCEEDED")) => Claim::Paid { at: captured_at(data) },
        ("payment.failure", Some("FAILED") | None) => {
            Claim::Failed(FailureReason::from_code(&data.text("failure_code").unwrap_or_default()))
        }
        ("payment.authorization", Some("AUTHORIZED") | None) => Claim::Pending,
        // Of a request one spelling is documented, the other was seen.
        (
            "payment.expiry" | "payment_request.expiry" | "payment_request.expired" | "payment_session.expired",
            Some("EXPIRED") | None,
        ) => Claim::Expired,
        // The money is told by the payment's own event; this one says where to ask for it.
        ("payment_session.completed", Some("COMPLETED")) => Claim::Paid { at: data.time("updated") },
        (
            "payment.capture"
            | "payment.failure"
            | "payment.authorization"
            | "payment.expiry"
            | "payment_request.expiry"
            | "payment_request.expired"
            | "payment_session.expired"
            | "payment_session.completed",
            status,
        ) => other("status", &format!("{event} {}", status.unwrap_or("without")), unrecognised),
        (_, _) => other("event", event, unrecognised),
    }
}

fn subject(data: &Object) -> Subject {
    Subject {
        // A session's own id where there is one: the request that was made on its page is none of our charges.
        charge_ref: provider_ref(data, "payment_session_id").or_else(|| provider_ref(data, "payment_request_id")),
        payment_ref: provider_ref(data, "payment_id"),
        reference: data.text("reference_id").map(|text| kept(&text)),
        order_code: order_code(data).map(|text| kept(&text)),
    }
}

fn amount(data: &Object) -> ClaimedAmount {
    match captured(data) {
        Ok(Some(money)) => ClaimedAmount::Named(money),
        // A session names its amount by another word than its payments do.
        Ok(None) => match data.money("amount") {
            Ok(Some(amount)) => data
                .text("currency")
                .map_or(ClaimedAmount::Absent, |currency| ClaimedAmount::Named(ReportedMoney { amount, currency })),
            Ok(None) | Err(_) => ClaimedAmount::Absent,
        },
        Err(_no_amount) => {
            let text = data.raw("captures").or_else(|| data.raw("request_amount")).unwrap_or_default();
            ClaimedAmount::Unreadable(kept(text))
        }
    }
}
