//! `POST /v3/payment_requests/{id}/simulate`: test mode's own way of paying.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::answer::Refusal;
use super::body::Body;
use super::look;
use crate::amount::Amount;
use crate::config::XenditAccount;
use crate::ledger::ChargeStatus;
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
    match charge.status {
        ChargeStatus::Open => {}
        ChargeStatus::Paid | ChargeStatus::Failed | ChargeStatus::Canceled | ChargeStatus::Expired => {
            return Err(Refusal::inactive());
        }
    }
    let attempt = Attempt { amount, ..Attempt::plain() };
    sandbox.attempt(pen, &charge, attempt, now).map_err(refused)?;
    let answer = Simulated {
        status: "PENDING",
        message: "The simulated payment is on its way; a webhook will tell how it went.",
    };
    Ok(json(&answer))
}

/// The amount that the customer pays; none for what is asked.
pub(super) fn amount(body: &Body) -> Result<Option<Amount>, Refusal> {
    let amount = body.amount("amount").filter(|amount| *amount > Amount::rupiah(0));
    if body.has("amount") && amount.is_none() {
        return Err(Refusal::invalid("`amount` must be a number above zero."));
    }
    Ok(amount)
}

/// Why a simulated payment came to nothing.
pub(super) fn refused(why: Unpayable) -> Refusal {
    match why {
        Unpayable::Paid => Refusal::inactive(),
        Unpayable::AmountNeeded => Refusal::invalid("`amount` is required."),
    }
}
