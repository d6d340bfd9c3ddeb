//! `POST /v3/payment_requests/{id}/simulate`: test mode's own way of paying.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::look;
use crate::amount::Amount;
use crate::config::XenditAccount;
use crate::ledger::ChargeStatus;
use crate::money::Attempt;
use crate::sandbox::{Pen, Sandbox, json};

#[derive(Debug, Default, Deserialize)]
struct SimulateBody {
    amount: Option<Amount>,
}

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
    let body = if body.is_empty() {
        SimulateBody::default()
    } else {
        serde_json::from_slice(body).map_err(|_unreadable| Refusal::invalid("`amount` must be a number."))?
    };
    let nothing = Amount::rupiah(0);
    if body.amount.as_ref().is_some_and(|amount| *amount <= nothing) {
        return Err(Refusal::invalid("`amount` must be above zero."));
    }
    let charge = look::payment_request(pen, account, id)?.clone();
    match charge.status {
        ChargeStatus::Open => {}
        ChargeStatus::Paid | ChargeStatus::Failed | ChargeStatus::Canceled | ChargeStatus::Expired => {
            return Err(Refusal::inactive());
        }
    }
    let attempt = Attempt { amount: body.amount, ..Attempt::plain() };
    sandbox.attempt(pen, &charge, attempt, now);
    let answer = Simulated {
        status: "PENDING",
        message: "The simulated payment is on its way; a webhook will tell how it went.",
    };
    Ok(json(&answer))
}
