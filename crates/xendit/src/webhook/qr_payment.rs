//! `qr.payment` in both shapes: in an envelope since 2022-07-31, flat before. The flat one is still delivered.

use mstore_pay_domain::webhook::{Claim, Subject};
use mstore_pay_outbound::json::Object;

use super::{Told, amount_in, kept, other};
use crate::response::{currency_or_rupiah, order_code, provider_ref, v2};

pub(super) fn told(data: &Object, unrecognised: &mut Vec<String>) -> Told {
    Told {
        about: Subject {
            charge_ref: provider_ref(data, "qr_id"),
            payment_ref: provider_ref(data, "id"),
            reference: data.text("reference_id").map(|text| kept(&text)),
            order_code: order_code(data).map(|text| kept(&text)),
        },
        claim: claim(data, "SUCCEEDED", unrecognised),
        amount: amount_in(data, "amount", data.text("currency")),
    }
}

/// The first version: the code stands beside its payment, and rupiah are understood.
pub(super) fn told_flat(body: &Object, unrecognised: &mut Vec<String>) -> Told {
    let code = body.object("qr_code");
    let code = code.as_ref();
    Told {
        about: Subject {
            charge_ref: code.and_then(|code| provider_ref(code, "id")),
            payment_ref: provider_ref(body, "id"),
            reference: code.and_then(|code| code.text("external_id")).map(|text| kept(&text)),
            order_code: code.and_then(order_code).map(|text| kept(&text)),
        },
        claim: claim(body, "COMPLETED", unrecognised),
        amount: amount_in(body, "amount", Some(currency_or_rupiah(body))),
    }
}

fn claim(payment: &Object, came: &str, unrecognised: &mut Vec<String>) -> Claim {
    match payment.text("status") {
        Some(word) if word == came => Claim::Paid { at: v2::paid_at(payment) },
        word => other("status", &format!("qr.payment {}", word.as_deref().unwrap_or("without")), unrecognised),
    }
}
