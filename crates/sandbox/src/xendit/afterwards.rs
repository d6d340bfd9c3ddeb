//! What a merchant does to a payment request of v3 after it was made, cancelling aside.

use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::body::Body;
use super::channels::{Channel, Life};
use super::create::{time, within_limits};
use super::look;
use crate::config::XenditAccount;
use crate::ledger::{Charge, ChargeStatus, Entry, Payment, PaymentOutcome};
use crate::sandbox::{Pen, Sandbox};

/// `PATCH /v3/payment_requests/{id}`: amount, expiry and description of a virtual account that is still open.
pub(super) fn amend(
    pen: &mut Pen<'_>,
    account: &XenditAccount,
    id: &str,
    body: &Body,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let charge = look::payment_request(pen, account, id)?;
    let channel = Channel::of(charge.method).filter(|channel| channel.life == Life::Chosen);
    let (Some(channel), ChargeStatus::Open) = (channel, charge.status) else {
        return Err(Refusal::inactive());
    };
    let charge_id = charge.id.clone();
    let amount = body.amount("request_amount");
    if let Some(amount) = &amount {
        within_limits(amount, channel)?;
    }
    let chosen = body.nested("channel_properties").and_then(|properties| properties.text("expires_at"));
    let payable_until = chosen.as_deref().and_then(time);
    if chosen.is_some() && payable_until.is_none() {
        return Err(Refusal::field("channel_properties.expires_at", "must be a time such as 2026-01-05T03:00:00Z"));
    }
    let echo = body.echo(&["description", "channel_properties"]);
    pen.record(&Entry::Amended { charge_id, amount, payable_until, echo, at: now });
    look::payment_request(pen, account, id).cloned()
}

/// `POST /v3/payments/{id}/capture`: takes what was set aside, once.
pub(super) fn capture(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    account: &XenditAccount,
    id: &str,
    body: &Body,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let (charge, payment) = set_aside(pen, account, id)?;
    let amount = body.amount("capture_amount").ok_or_else(|| Refusal::field("capture_amount", "must be a number"))?;
    if amount > payment.amount || !amount.is_positive() {
        return Err(Refusal::new(400, "CAPTURE_AMOUNT_EXCEEDED", "The amount is not within what was set aside."));
    }
    sandbox.capture(pen, &charge, id, amount, now);
    Ok(())
}

/// `POST /v3/payments/{id}/cancel`: gives back what was set aside.
pub(super) fn release(pen: &mut Pen<'_>, account: &XenditAccount, id: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    set_aside(pen, account, id)?;
    pen.record(&Entry::Released { payment_id: id.to_owned(), at: now });
    Ok(())
}

fn set_aside(pen: &Pen<'_>, account: &XenditAccount, id: &str) -> Result<(Charge, Payment), Refusal> {
    let (charge, payment) = look::payment(pen, account, id)?;
    if payment.outcome != PaymentOutcome::Authorized {
        return Err(Refusal::new(400, "INELIGIBLE_TRANSACTION_STATUS", "Nothing is set aside for the payment."));
    }
    Ok((charge.clone(), payment.clone()))
}
