//! `POST /v3/payment_requests/{id}/simulate`: test mode's own way of paying.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::answer::Refusal;
use super::body::Body;
use super::look;
use crate::amount::Amount;
use crate::config::XenditAccount;
use crate::ledger::{Charge, ChargeStatus, Method, PaymentOutcome};
use crate::money::{Attempt, Unpayable};
use crate::sandbox::{Pen, Sandbox, json};

#[derive(Serialize)]
struct Simulated {
    status: &'static str,
    message: &'static str,
}

/// Pays an open payment request; the result is told by webhook.
pub(super) fn simulate(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    account: &XenditAccount,
    id: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    let amount = amount(&Body::read_optional(body)?)?;
    let charge = look::payment_request(pen, account, id)?.clone();
    pay(sandbox, pen, &charge, amount, now)
}

/// Pays an open charge, as its customer would; the result is told by webhook.
pub(super) fn pay(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    charge: &Charge,
    amount: Option<Amount>,
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    match charge.status {
        ChargeStatus::Open => {}
        ChargeStatus::Authorized
        | ChargeStatus::Paid
        | ChargeStatus::Failed
        | ChargeStatus::Canceled
        | ChargeStatus::Expired => {
            return Err(Refusal::inactive());
        }
    }
    let attempt = Attempt { amount, outcome: outcome(charge), ..Attempt::plain() };
    sandbox.attempt(pen, charge, attempt, now).map_err(refused)?;
    let answer = Simulated {
        status: "PENDING",
        message: "The simulated payment is on its way; a webhook will tell how it went.",
    };
    Ok(json(&answer))
}

/// The amount that the customer pays; none for what is asked.
pub(super) fn amount(body: &Body) -> Result<Option<Amount>, Refusal> {
    let amount = body.amount("amount").filter(Amount::is_positive);
    if body.has("amount") && amount.is_none() {
        return Err(Refusal::invalid("`amount` must be a number above zero."));
    }
    Ok(amount)
}

/// How a customer's attempt ends: well, but for the amounts that test mode fails, by wallet or by card.
///
/// Published for v2; that v3 has the same is unconfirmed.
pub(super) fn outcome(charge: &Charge) -> PaymentOutcome {
    let amount = charge.amount.as_ref().map(ToString::to_string).unwrap_or_default();
    let code = match charge.method {
        Method::Gopay | Method::Ovo | Method::Dana | Method::Shopeepay => match amount.as_str() {
            "20103" => Some("ACCOUNT_ACCESS_BLOCKED"),
            "20104" => Some("INVALID_MERCHANT_CREDENTIALS"),
            "20105" => Some("USER_DECLINED_PAYMENT"),
            "20106" => Some("INVALID_ACCOUNT_DETAILS"),
            "20107" => Some("MAXIMUM_LIMIT_REACHED"),
            "20110" => Some("INSUFFICIENT_BALANCE"),
            _ => None,
        },
        Method::Card | Method::CardPage => match amount.as_str() {
            "10051" => Some("EXPIRED_CARD"),
            "10052" => Some("SUSPECTED_FRAUDULENT"),
            "10053" => Some("DECLINED_BY_PROCESSOR"),
            "10054" => Some("INSUFFICIENT_BALANCE"),
            "10055" => Some("STOLEN_CARD"),
            "10056" => Some("INACTIVE_OR_UNAUTHORIZED_CARD"),
            "10057" => Some("PROCESSOR_ERROR"),
            "10058" => Some("INVALID_CVV"),
            "10059" => Some("DECLINED_BY_ISSUER"),
            _ => None,
        },
        Method::Qris | Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => None,
    };
    code.map_or(PaymentOutcome::Succeeded, |code| PaymentOutcome::Failed { code: code.to_owned() })
}

/// Why a simulated payment came to nothing.
pub(super) fn refused(why: Unpayable) -> Refusal {
    match why {
        Unpayable::Paid | Unpayable::Kept => Refusal::inactive(),
        Unpayable::AmountNeeded => Refusal::invalid("`amount` is required."),
    }
}
