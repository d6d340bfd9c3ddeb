//! The one shape of notifications: the transaction as it stood.

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification, Subject};
use mstore_pay_outbound::json::Object;

use super::kept;
use crate::response::{Standing, decimal, moved_at, order_code, provider_ref, shop_amount};

/// What a notification claims.
pub(super) fn notification(body: &Object) -> Notification {
    let mut unrecognised = Vec::new();
    let transaction = provider_ref(body, "transaction_id");
    let claim = claim(body, &mut unrecognised);
    let names_money = matches!(claim, Claim::Paid { .. } | Claim::Refunded);
    Notification {
        about: Subject {
            payment_ref: transaction.clone().filter(|_| names_money),
            charge_ref: transaction,
            reference: body.text("order_id").map(|text| kept(&text)),
            order_code: order_code(body).map(|text| kept(&text)),
        },
        claim,
        amount: amount(body),
        account_hint: account_hint(body),
        unrecognised,
    }
}

/// Whose it is, as it says.
pub(super) fn account_hint(body: &Object) -> Option<ProviderRef> {
    provider_ref(body, "merchant_id")
}

fn claim(body: &Object, unrecognised: &mut Vec<String>) -> Claim {
    match Standing::of(body) {
        Some(Standing::Open) => Claim::Pending,
        Some(Standing::Paid) => Claim::Paid { at: moved_at(body).ok() },
        // The bank took it back: whoever asks learns more.
        Some(Standing::Refunded | Standing::ChargedBack | Standing::PartlyChargedBack(_)) => Claim::Refunded,
        Some(Standing::Denied(reason)) => Claim::Failed(reason),
        Some(Standing::Canceled) => Claim::Canceled,
        Some(Standing::Expired) => Claim::Expired,
        Some(Standing::Unrecognised(word)) => other("transaction_status", &word, unrecognised),
        // Such as that an account was linked: no transaction is meant.
        None if !body.has("transaction_status") => Claim::Other("no transaction".to_owned()),
        None => other("transaction_status", body.raw("transaction_status").unwrap_or("null"), unrecognised),
    }
}

/// A word that is not ours to conclude anything from.
fn other(what: &str, word: &str, unrecognised: &mut Vec<String>) -> Claim {
    let word = kept(word);
    unrecognised.push(format!("{what}: {word}"));
    Claim::Other(word)
}

fn amount(body: &Object) -> ClaimedAmount {
    match (shop_amount(body), decimal(body, "gross_amount")) {
        (Some(ReportedMoney { amount, currency }), _) => {
            ClaimedAmount::Named(ReportedMoney { amount, currency: kept(&currency) })
        }
        (None, Some(text)) => ClaimedAmount::Unreadable(kept(&text)),
        (None, None) => ClaimedAmount::Absent,
    }
}
