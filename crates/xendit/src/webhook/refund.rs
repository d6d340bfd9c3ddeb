//! Events of refunds: `data` is a refund, whose reference is its own and not the charge's.

use mstore_pay_domain::webhook::{Claim, Subject};
use mstore_pay_outbound::json::Object;

use super::{Told, amount_in, other};
use crate::response::provider_ref;

pub(super) fn told(event: &str, data: &Object, unrecognised: &mut Vec<String>) -> Told {
    let status = data.text("status");
    Told {
        about: Subject {
            charge_ref: provider_ref(data, "payment_request_id"),
            payment_ref: provider_ref(data, "payment_id"),
            reference: None,
            order_code: None,
        },
        claim: match (event, status.as_deref()) {
            ("refund.succeeded", Some("SUCCEEDED")) => Claim::Refunded,
            // The money stayed where it was: no charge changes, and somebody waits for it.
            ("refund.failed", Some("FAILED" | "CANCELLED") | None) => match provider_ref(data, "id") {
                Some(refund) => Claim::RefundFailed { refund },
                None => other("id", &format!("{event} without"), unrecognised),
            },
            (event, status) => other("status", &format!("{event} {}", status.unwrap_or("without")), unrecognised),
        },
        amount: amount_in(data, "amount", data.text("currency")),
    }
}
