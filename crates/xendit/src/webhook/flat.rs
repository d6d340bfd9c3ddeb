//! Bodies without an event. `{id, external_id, status, amount, paid_at}`: `external_id` is the order code, `id` may
//! be the provider's id of the charge; an invoice's is alike. And that of a fixed virtual account, which has no
//! status: that it comes says that money came.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Currency, ReportedMoney};
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification, Subject};
use mstore_pay_outbound::json::Object;

use super::{kept, other};
use crate::response::provider_ref;

/// The field by which a payment on a fixed virtual account is told from everything else.
const FIXED_ACCOUNT: &str = "callback_virtual_account_id";

pub(super) fn notification(body: &Object) -> Notification {
    let mut unrecognised = Vec::new();
    let is_fixed = body.has(FIXED_ACCOUNT) && !body.has("status");
    let about = Subject {
        charge_ref: provider_ref(body, if is_fixed { FIXED_ACCOUNT } else { "id" }),
        payment_ref: if is_fixed { provider_ref(body, "payment_id") } else { None },
        reference: None,
        order_code: body.text("external_id").map(|text| kept(&text)),
    };
    for (name, is_read) in [("id", about.charge_ref.is_some()), ("external_id", about.order_code.is_some())] {
        if let Some(text) = body.raw(name).filter(|_| !is_read) {
            unrecognised.push(format!("{name}: {}", kept(text)));
        }
    }
    let claim =
        if is_fixed { Claim::Paid { at: body.time("transaction_timestamp") } } else { claim(body, &mut unrecognised) };
    Notification { about, claim, amount: amount(body), account_hint: account_hint(body), unrecognised }
}

/// Whose it is, as it says.
pub(super) fn account_hint(body: &Object) -> Option<ProviderRef> {
    provider_ref(body, "business_id")
}

/// Exact words only: another case, another alphabet or another type is another word.
fn claim(body: &Object, unrecognised: &mut Vec<String>) -> Claim {
    match body.text("status").as_deref() {
        Some("PAID") => Claim::Paid { at: body.time("paid_at") },
        Some("PENDING") => Claim::Pending,
        Some("EXPIRED") => Claim::Expired,
        Some("FAILED") => Claim::Failed(FailureReason::from_code(&body.text("failure_code").unwrap_or_default())),
        Some(word) => other("status", word, unrecognised),
        None => other("status", body.raw("status").unwrap_or("none"), unrecognised),
    }
}

/// An amount without a currency is in rupiah: the seed's body names none.
fn amount(body: &Object) -> ClaimedAmount {
    let unreadable = |text: &str| ClaimedAmount::Unreadable(kept(text));
    let currency = match (body.raw("currency"), body.text("currency")) {
        (None, _) => Currency::Idr.code().to_owned(),
        (Some(_), Some(code)) => kept(&code),
        (Some(text), None) => return unreadable(text),
    };
    match body.money("amount") {
        Ok(Some(amount)) => ClaimedAmount::Named(ReportedMoney { amount, currency }),
        // Somebody meant to name an amount.
        Ok(None) if body.has("amount") => unreadable("null"),
        Ok(None) => ClaimedAmount::Absent,
        Err(_no_amount) => unreadable(body.raw("amount").unwrap_or_default()),
    }
}
