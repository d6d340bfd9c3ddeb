//! `/sessions`: a page of the provider's on which a customer types in a card, and may try again after a decline.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{FieldError, Refusal};
use super::body::Body;
use super::create;
use super::view::time;
use crate::amount::Amount;
use crate::config::XenditAccount;
use crate::faults::Lie;
use crate::id;
use crate::ledger::{Api, Books, Charge, ChargeStatus, Entry, Method};
use crate::sandbox::{Pen, json};

const REFERENCE_CHARS_MAX: usize = 64;
const ID_CHARS: usize = 24;
/// A session's life where the request names none, and the shortest it may name.
const LIFE_MINUTES_DEFAULT: i64 = 30;
const LIFE_MINUTES_MIN: i64 = 10;
const CARD_RUPIAH_MIN: u64 = 5_000;
const CARD_RUPIAH_MAX: u64 = 200_000_000;

/// Optional fields that every later body repeats.
const ECHOED: [&str; 6] =
    ["description", "metadata", "customer_id", "items", "success_return_url", "cancel_return_url"];

#[derive(Serialize)]
pub(super) struct SessionView<'a> {
    payment_session_id: &'a str,
    created: String,
    updated: String,
    status: &'static str,
    reference_id: &'a str,
    currency: &'a str,
    amount: Option<Amount>,
    country: &'static str,
    expires_at: String,
    session_type: &'static str,
    mode: &'static str,
    locale: &'static str,
    business_id: &'a str,
    payment_link_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<&'a str>,
    #[serde(flatten)]
    echo: &'a BTreeMap<String, Box<RawValue>>,
}

/// Opens a session, or says why not.
pub(super) fn create(
    pen: &mut Pen<'_>,
    account: &XenditAccount,
    body: &Body,
    pages: &str,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, message: &str| {
        errors.push(FieldError { path: format!("body.{field}"), message: message.to_owned() });
    };
    for (field, only) in [("session_type", "PAY"), ("mode", "PAYMENT_LINK"), ("country", "ID"), ("currency", "IDR")] {
        if body.text(field).as_deref() != Some(only) {
            refuse(field, &format!("must be {only}"));
        }
    }
    let reference = body.text("reference_id").filter(|text| (1..=REFERENCE_CHARS_MAX).contains(&text.chars().count()));
    if reference.is_none() {
        refuse("reference_id", "must be a text of 1 to 64 characters");
    }
    let allowed = Amount::rupiah(CARD_RUPIAH_MIN)..=Amount::rupiah(CARD_RUPIAH_MAX);
    let amount = body.amount("amount").filter(|amount| allowed.contains(amount) && amount.is_whole());
    if amount.is_none() {
        refuse("amount", "must be a whole number of rupiah from 5000 to 200000000");
    }
    let expires_at = match body.text("expires_at") {
        None => Some(now + TimeDelta::minutes(LIFE_MINUTES_DEFAULT)),
        Some(text) => create::time(&text).filter(|at| *at >= now + TimeDelta::minutes(LIFE_MINUTES_MIN)),
    };
    if expires_at.is_none() {
        refuse("expires_at", "must be a time at least ten minutes ahead");
    }
    create::optional_fields(body, &mut refuse);
    let (Some(reference), Some(amount), Some(payable_until), true) = (reference, amount, expires_at, errors.is_empty())
    else {
        return Err(Refusal::fields(errors));
    };
    create::magic(&amount)?;
    let id = id::short("ps-", ID_CHARS);
    let charge = Charge {
        artefact: format!("{pages}/{id}"),
        amount: Some(amount),
        manual_capture: create::is_manual(body),
        order_code: body.order_code(),
        request_id: Some(id::prefixed("pr-")),
        echo: body.echo(&ECHOED),
        payable_until,
        ..Charge::open(Api::V3, &account.name, id, reference, Method::CardPage, now)
    };
    pen.record(&Entry::Opened(Box::new(charge.clone())));
    Ok(charge)
}

/// A session of this account.
pub(super) fn look<'a>(books: &'a Books, account: &XenditAccount, id: &str) -> Result<&'a Charge, Refusal> {
    books
        .charge(id)
        .filter(|charge| charge.method == Method::CardPage && charge.id == id && charge.account == account.name)
        .ok_or_else(Refusal::not_found)
}

/// Closes the page; any that is over is refused.
pub(super) fn cancel(
    pen: &mut Pen<'_>,
    account: &XenditAccount,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    if look(pen, account, id)?.status != ChargeStatus::Open {
        return Err(Refusal::inactive());
    }
    pen.record(&Entry::Moved { charge_id: id.to_owned(), status: ChargeStatus::Canceled, at: now });
    look(pen, account, id).cloned()
}

/// The body of a session.
pub(super) fn body(charge: &Charge, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&view(charge, business_id, lie)))
}

pub(super) fn view<'a>(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> SessionView<'a> {
    let paid = matches!(charge.status, ChargeStatus::Authorized | ChargeStatus::Paid);
    SessionView {
        payment_session_id: &charge.id,
        created: time(charge.created_at),
        updated: time(charge.updated_at),
        status: lie.status(match charge.status {
            ChargeStatus::Open | ChargeStatus::Failed => "ACTIVE",
            ChargeStatus::Authorized | ChargeStatus::Paid => "COMPLETED",
            ChargeStatus::Canceled => "CANCELED",
            ChargeStatus::Expired => "EXPIRED",
        }),
        reference_id: lie.reference(&charge.reference),
        currency: &charge.currency,
        amount: lie.asked(charge),
        country: "ID",
        expires_at: time(charge.payable_until),
        session_type: "PAY",
        mode: "PAYMENT_LINK",
        locale: "en",
        business_id,
        payment_link_url: &charge.artefact,
        payment_request_id: charge.request_id.as_deref().filter(|_| paid),
        payment_id: charge.latest_payment_id.as_deref().filter(|_| paid),
        echo: &charge.echo,
    }
}
