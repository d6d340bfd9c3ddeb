use chrono::{DateTime, TimeDelta, Utc};

use crate::amount::Amount;
use crate::ledger::{Charge, Method, Payment, RefundOutcome};
use crate::xendit::answer::Refusal;

/// Issuers of QRIS that give money back (Xendit's page on QRIS); the others do not.
const QRIS_ISSUERS: [&str; 8] = ["DANA", "SHOPEEPAY", "OVO", "GOPAY", "CIMB", "PERMATA", "JENIUS", "BSI"];
/// The one of them that does so only after a day.
const ISSUER_AFTER_A_DAY: &str = "CIMB";

/// Whether the channel gives this payment back now. The words for a window that is over are unconfirmed.
pub(super) fn refundable(charge: &Charge, payment: &Payment, now: DateTime<Utc>) -> Result<(), Refusal> {
    let not_supported = || Refusal::new(403, "REFUND_NOT_SUPPORTED", "The channel gives no money back.");
    let age = now - payment.arrived_at();
    let days = match charge.method {
        // OVO does only for payments that the merchant initiates, which are not played.
        Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri | Method::Ovo => return Err(not_supported()),
        Method::Qris => {
            let issuer = payment.issuer_name.to_ascii_uppercase();
            if !QRIS_ISSUERS.contains(&issuer.as_str()) {
                return Err(not_supported());
            }
            if issuer == ISSUER_AFTER_A_DAY && age < TimeDelta::days(1) {
                return Err(Refusal::new(400, "INELIGIBLE_TRANSACTION", "The issuer gives back only after a day."));
            }
            7
        }
        Method::Dana => 30,
        Method::Gopay => 45,
        Method::Shopeepay | Method::Card | Method::CardPage => 365,
    };
    if age > TimeDelta::days(days) {
        return Err(Refusal::new(400, "INELIGIBLE_TRANSACTION", "The payment is too old to be given back."));
    }
    Ok(())
}

/// Amounts that Xendit's test mode refuses.
pub(super) fn magic(amount: &Amount) -> Result<(), Refusal> {
    let refuse = |status, code| Err(Refusal::new(status, code, "The amount is one of the test mode's."));
    match amount.to_string().as_str() {
        "10300" => refuse(400, "MAXIMUM_REFUND_AMOUNT_REACHED"),
        "10301" => refuse(400, "PARTIAL_REFUND_NOT_SUPPORTED"),
        "10303" => refuse(400, "REFUND_NOT_SUPPORTED"),
        "10304" => refuse(400, "REFUND_IN_PROGRESS"),
        "10305" => refuse(403, "INELIGIBLE_TRANSACTION"),
        _ => Ok(()),
    }
}

/// How a refund ends: well, but for amounts that test mode fails by webhook.
pub(super) fn magic_end(amount: &Amount) -> RefundOutcome {
    let code = match amount.to_string().as_str() {
        "20300" => "INELIGIBLE_TRANSACTION",
        "20301" | "20304" => "INSUFFICIENT_BALANCE",
        "20302" => "REFUND_TEMPORARILY_UNAVAILABLE",
        "20303" => "MAXIMUM_USER_BALANCE_EXCEEDED",
        _ => return RefundOutcome::Succeeded,
    };
    RefundOutcome::Failed { code: code.to_owned() }
}
