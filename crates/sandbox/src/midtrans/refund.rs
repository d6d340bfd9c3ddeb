//! `POST /v2/{id}/refund` and `.../online/direct`: what each method gives back, and for how long.
//!
//! A refund is told twice: when it was asked for, and when the bank has confirmed it.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::Serialize;

use super::answer::Refusal;
use super::channels::payment_type;
use super::desk::Call;
use super::perform::Done;
use super::state::State;
use super::{look, time, view};
use crate::amount::Amount;
use crate::body::Body;
use crate::faults::Lie;
use crate::id;
use crate::ledger::{Books, Charge, Entry, Event, Method, Payment, Refund, RefundOutcome};
use crate::sandbox::{Pen, Sandbox, json};

/// How long the bank takes to confirm, in seconds of the provider's clock (unconfirmed).
const CONFIRMED_SECONDS: i64 = 5;
const REASON_CHARS_MAX: usize = 255;
const ON_US_ISSUER: &str = "gopay";

#[derive(Serialize)]
struct RefundedView<'a> {
    status_code: &'static str,
    status_message: &'static str,
    transaction_id: &'a str,
    order_id: &'a str,
    gross_amount: String,
    currency: &'a str,
    merchant_id: &'a str,
    payment_type: &'static str,
    transaction_time: String,
    transaction_status: &'static str,
    refund_chargeback_id: usize,
    /// This refund's: one page has it cumulative (unconfirmed).
    refund_amount: String,
    refund_key: &'a str,
}

/// Gives money back, or says why not.
pub(super) fn create(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    id: &str,
    at_once: bool,
    lie: &Lie,
    now: DateTime<Utc>,
) -> Result<Done, Refusal> {
    let charge = look::transaction(pen, call.merchant, id)?.clone();
    let body = Body::read(call.body).unwrap_or_default();
    let key = body.text("refund_key").unwrap_or_else(|| id::prefixed(""));
    checked(&body, &key)?;
    let known = pen.refunds_of(&charge.id).find(|refund| refund.reference.as_ref() == Some(&key)).cloned();
    let refund = match known {
        Some(first) if body.decimal("amount").is_none_or(|amount| amount == first.amount) => first,
        Some(_) => return Err(Refusal::new(406, "Duplicate refund ID")),
        None if at_once && charge.method == Method::Shopeepay && is_night(now) => {
            return Err(Refusal::unchangeable());
        }
        None => {
            let refund = give_back(pen, &charge, &body, key, now)?;
            pen.record(&Entry::Refunded(Box::new(refund.clone())));
            // Whoever waits for deadlines looks again.
            sandbox.opened.notify_one();
            sandbox.tell_of_refund(pen, &charge, &refund, Event::Refunding, now);
            refund
        }
    };
    Ok(Done::new(200, lie, |lie| reply(pen, call, &charge, &refund, at_once, lie, now)))
}

fn checked(body: &Body, key: &str) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        wrong.push("refund_key has characters that are not allowed".to_owned());
    }
    if body.text("reason").is_some_and(|reason| reason.chars().count() > REASON_CHARS_MAX) {
        wrong.push("reason is too long (maximum is 255)".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::invalid(wrong)) }
}

fn give_back(pen: &Pen<'_>, charge: &Charge, body: &Body, key: String, now: DateTime<Utc>) -> Result<Refund, Refusal> {
    let payment = match State::of(pen, charge, now) {
        State::Settlement | State::PartialRefund => pen.payment(&charge.id).ok_or_else(Refusal::unchangeable)?,
        State::Pending
        | State::Authorize
        | State::Challenge
        | State::Capture
        | State::Deny
        | State::Cancel
        | State::Expire
        | State::Refund
        | State::Chargeback => return Err(Refusal::unchangeable()),
    };
    let gone: Vec<&Refund> = pen.refunds_of(&charge.id).filter(|refund| refund.counts()).collect();
    let left = payment.amount.less(&super::state::total(&gone));
    let amount = if body.has("amount") { body.decimal("amount") } else { Some(left.clone()) };
    let amount = amount
        .filter(|amount| amount.is_positive() && amount.is_whole() && *amount <= left)
        .ok_or_else(|| Refusal::new(414, "Refund request is rejected due to invalid amount"))?;
    refundable(charge, payment, &amount, now)?;
    Ok(Refund {
        id: id::prefixed(""),
        account: charge.account.clone(),
        charge_id: charge.id.clone(),
        payment_id: payment.id.clone(),
        reference: Some(key),
        amount,
        reason: body.text("reason").unwrap_or_default(),
        outcome: RefundOutcome::Pending,
        settles: Some((now + TimeDelta::seconds(CONFIRMED_SECONDS), RefundOutcome::Succeeded)),
        echo: std::collections::BTreeMap::new(),
        created_at: now,
        updated_at: now,
    })
}

/// Whether the method gives this much back now. That the answer is 412 where it does not is unconfirmed.
fn refundable(charge: &Charge, payment: &Payment, amount: &Amount, now: DateTime<Utc>) -> Result<(), Refusal> {
    let days = match charge.method {
        Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => return Err(Refusal::unchangeable()),
        Method::Qris if payment.issuer_name.eq_ignore_ascii_case(ON_US_ISSUER) => 45,
        Method::Qris | Method::Ovo => 7,
        Method::Gopay | Method::Dana => 45,
        Method::Shopeepay | Method::Card | Method::CardPage => 365,
    };
    let whole_only = matches!(charge.method, Method::Shopeepay | Method::Ovo);
    if whole_only && *amount != payment.amount {
        return Err(Refusal::new(414, "Refund request is rejected due to invalid amount"));
    }
    if now - payment.arrived_at() > TimeDelta::days(days) {
        return Err(Refusal::unchangeable());
    }
    Ok(())
}

/// From 23:55 to 06:00 in western Indonesia, when `ShopeePay` gives nothing back at once.
fn is_night(now: DateTime<Utc>) -> bool {
    let of_day = time::of_day(now);
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0);
    at(6, 0).is_some_and(|morning| of_day < morning) || at(23, 55).is_some_and(|evening| of_day >= evening)
}

fn reply(
    books: &Books,
    call: &Call<'_>,
    charge: &Charge,
    refund: &Refund,
    at_once: bool,
    lie: &Lie,
    now: DateTime<Utc>,
) -> String {
    let place = books.refunds_of(&charge.id).take_while(|other| other.id != refund.id).count();
    let paid = books.payment(&charge.id).map(|payment| &payment.amount).or(charge.amount.as_ref());
    lie.finish(json(&RefundedView {
        status_code: "200",
        status_message: if at_once {
            "Success, refund request is approved by the bank"
        } else {
            "Success, refund request is approved"
        },
        transaction_id: &charge.id,
        order_id: lie.reference(&charge.reference),
        gross_amount: paid.map(view::decimal).unwrap_or_default(),
        currency: &charge.currency,
        merchant_id: &call.merchant.merchant_id,
        payment_type: payment_type(charge.method),
        transaction_time: time::written(charge.created_at),
        transaction_status: lie.status(State::of(books, charge, now).word()),
        refund_chargeback_id: place + 1,
        refund_amount: view::decimal(&lie.amount(&refund.amount)),
        refund_key: refund.reference.as_deref().unwrap_or_default(),
    }))
}
