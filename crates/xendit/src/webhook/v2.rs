//! Events of Payments API v2, and of the e-wallets API before it: `data` is a payment, whose id is plain `id`.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::webhook::{Claim, Subject};
use mstore_pay_outbound::json::Object;

use super::{Told, amount_in, kept, other};
use crate::response::{order_code, provider_ref, v2};

pub(super) const EVENTS: [&str; 7] = [
    "payment.succeeded",
    "payment.failed",
    "payment.pending",
    "payment.awaiting_capture",
    "capture.succeeded",
    "capture.failed",
    "ewallet.capture",
];

pub(super) fn told(event: &str, data: &Object, unrecognised: &mut Vec<String>) -> Told {
    let is_capture = event.starts_with("capture.");
    let amount = if is_capture {
        "captured_amount"
    } else if event == "ewallet.capture" {
        "capture_amount"
    } else {
        "amount"
    };
    Told {
        about: Subject {
            charge_ref: provider_ref(data, "payment_request_id"),
            // A capture has an id of its own, which names no payment.
            payment_ref: provider_ref(data, if is_capture { "payment_id" } else { "id" }),
            reference: data.text("reference_id").map(|text| kept(&text)),
            order_code: order_code(data).map(|text| kept(&text)),
        },
        claim: claim(event, data, unrecognised),
        amount: amount_in(data, amount, data.text("currency")),
    }
}

fn claim(event: &str, data: &Object, unrecognised: &mut Vec<String>) -> Claim {
    let status = data.text("status");
    // The event says what it is about, the status whether it came to pass: only both together count.
    match (event, status.as_deref()) {
        ("payment.succeeded" | "capture.succeeded" | "ewallet.capture", Some("SUCCEEDED")) => {
            Claim::Paid { at: v2::paid_at(data) }
        }
        ("payment.failed", Some("FAILED") | None) | ("ewallet.capture", Some("FAILED")) => {
            Claim::Failed(FailureReason::from_code(&data.text("failure_code").unwrap_or_default()))
        }
        ("payment.pending", Some("PENDING") | None)
        | ("payment.awaiting_capture", Some("AWAITING_CAPTURE" | "PENDING") | None) => Claim::Pending,
        // Nothing is captured by hand here: no charge hangs on it.
        ("capture.failed", Some("FAILED") | None) => Claim::Other(kept(event)),
        (event, status) => other("status", &format!("{event} {}", status.unwrap_or("without")), unrecognised),
    }
}
