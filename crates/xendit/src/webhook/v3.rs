//! Events of Payments API v3: `data` is a payment, a payment request or a session.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Subject};
use mstore_pay_outbound::json::Object;

use super::{Told, amount_in, kept, other};
use crate::response::v3::{captured, captured_at};
use crate::response::{order_code, provider_ref};

pub(super) const EVENTS: [&str; 8] = [
    "payment.capture",
    "payment.failure",
    "payment.authorization",
    "payment.expiry",
    "payment_request.expiry",
    "payment_request.expired",
    "payment_session.expired",
    "payment_session.completed",
];

pub(super) fn told(event: &str, data: &Object, unrecognised: &mut Vec<String>) -> Told {
    Told { about: subject(data), claim: claim(event, data, unrecognised), amount: amount(data) }
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
        (event, status) => other("status", &format!("{event} {}", status.unwrap_or("without")), unrecognised),
    }
}

pub(super) fn subject(data: &Object) -> Subject {
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
        Ok(None) => amount_in(data, "amount", data.text("currency")),
        Err(_no_amount) => {
            let text = data.raw("captures").or_else(|| data.raw("request_amount")).unwrap_or_default();
            ClaimedAmount::Unreadable(kept(text))
        }
    }
}
