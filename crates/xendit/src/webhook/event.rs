//! Events of every API: `{event, business_id, created, data}`.

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification, Subject};
use mstore_pay_outbound::json::{JsonError, Object};

use super::{Told, kept, other, qr_payment, refund, v2, v3};
use crate::response::provider_ref;

/// What an event claims.
pub(super) fn notification(body: &Object) -> Result<Notification, JsonError> {
    read(body, told)
}

/// Whose it is, as it says; fails where [`notification`] does.
pub(super) fn account_hint(body: &Object) -> Result<Option<ProviderRef>, JsonError> {
    read(body, hint)
}

fn read<T>(body: &Object, of: impl FnOnce(&Object, Option<&Object>) -> T) -> Result<T, JsonError> {
    let data = data(body)?;
    // The example of a refund's event in Xendit's documents stands in an envelope of its own kind.
    if let Some(inner) = data.as_ref().filter(|data| data.has("event") && data.has("data")) {
        return Ok(of(inner, self::data(inner)?.as_ref()));
    }
    Ok(of(body, data.as_ref()))
}

fn hint(body: &Object, data: Option<&Object>) -> Option<ProviderRef> {
    provider_ref(body, "business_id").or_else(|| data.and_then(|data| provider_ref(data, "business_id")))
}

fn data(body: &Object) -> Result<Option<Object>, JsonError> {
    body.raw("data").map(|data| Object::parse(data.as_bytes())).transpose()
}

fn told(body: &Object, data: Option<&Object>) -> Notification {
    let mut unrecognised = Vec::new();
    let told = match (body.text("event"), data) {
        (Some(event), Some(data)) => of_data(&event, data, &mut unrecognised),
        // The first QR Codes API puts all at the top.
        (Some(event), None) if event == "qr.payment" && body.has("qr_code") => {
            qr_payment::told_flat(body, &mut unrecognised)
        }
        (Some(event), None) => nothing(other("event without data", &event, &mut unrecognised)),
        (None, _) => nothing(other("event", body.raw("event").unwrap_or("null"), &mut unrecognised)),
    };
    let Told { about, claim, amount } = told;
    Notification { about, claim, amount, account_hint: hint(body, data), unrecognised }
}

fn of_data(event: &str, data: &Object, unrecognised: &mut Vec<String>) -> Told {
    if v3::EVENTS.contains(&event) {
        return v3::told(event, data, unrecognised);
    }
    if v2::EVENTS.contains(&event) {
        return v2::told(event, data, unrecognised);
    }
    match event {
        "qr.payment" => qr_payment::told(data, unrecognised),
        "refund.succeeded" | "refund.failed" => refund::told(event, data, unrecognised),
        // What became of a customer's saved method, or of one that was made for a single charge and is spent: no
        // failure of the charge.
        _ if event.starts_with("payment_method.") || event.starts_with("payment_token.") => {
            nothing(Claim::Other(kept(event)))
        }
        _ => Told { about: v3::subject(data), ..nothing(other("event", event, unrecognised)) },
    }
}

fn nothing(claim: Claim) -> Told {
    Told { about: Subject::default(), claim, amount: ClaimedAmount::Absent }
}
