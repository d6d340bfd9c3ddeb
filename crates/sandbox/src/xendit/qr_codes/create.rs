//! `POST /qr_codes`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::amount::Amount;
use crate::id;
use crate::ledger::{Api, Charge, Entry, Method};
use crate::sandbox::Pen;
use crate::xendit::answer::{FieldError, Refusal};
use crate::xendit::body::Body;
use crate::xendit::create::{artefact, magic, optional_fields, time};
use crate::xendit::desk::Call;

/// Recorded of v1 in 2021.
const V1_RUPIAH_MIN: u64 = 1_500;
const V1_RUPIAH_MAX: u64 = 5_000_000;
/// Of QRIS as v3 has them; an example of 2022-07-31 asks for 1,000, the limits themselves are unconfirmed.
const RUPIAH_MIN: u64 = 1;
const RUPIAH_MAX: u64 = 10_000_000;
/// What stands for ever: v1 knows no expiry.
const V1_LIFE_DAYS: i64 = 31 * 365;
/// Where 2022-07-31 is given no `expires_at`: as long as QRIS lives in v3 (unconfirmed).
const LIFE_HOURS_DEFAULT: i64 = 48;

/// Optional fields that later bodies repeat.
const ECHOED: [&str; 5] = ["description", "metadata", "callback_url", "channel_code", "basket"];

/// Makes the code, or says why not. The reference is unique: recorded for v1, unconfirmed for 2022-07-31.
pub(super) fn create(pen: &mut Pen<'_>, call: &Call<'_>, body: &Body, now: DateTime<Utc>) -> Result<Charge, Refusal> {
    let v1 = call.api == Api::QrV1;
    let word = if v1 { "external_id" } else { "reference_id" };
    let asked = checked(body, call.api, word)?;
    if super::named(pen, call, &asked.reference).is_some() {
        let message = format!("Duplicated {word} {}, {word} must be unique per request.", asked.reference);
        return Err(Refusal::new(409, "DUPLICATE_ERROR", message));
    }
    let life = if v1 { TimeDelta::days(V1_LIFE_DAYS) } else { TimeDelta::hours(LIFE_HOURS_DEFAULT) };
    let charge = Charge {
        artefact: artefact(Method::Qris, call.account, asked.amount.as_ref(), &asked.reference, ""),
        reusable: asked.amount.is_none(),
        amount: asked.amount,
        order_code: body.order_code(),
        idempotency_key: call.idempotency_key.map(str::to_owned),
        echo: body.echo(&ECHOED),
        payable_until: asked.expires_at.unwrap_or(now + life),
        ..Charge::open(call.api, &call.account.name, id::prefixed("qr_"), asked.reference, Method::Qris, now)
    };
    pen.record(&Entry::Opened(Box::new(charge.clone())));
    Ok(charge)
}

struct Asked {
    reference: String,
    amount: Option<Amount>,
    expires_at: Option<DateTime<Utc>>,
}

fn checked(body: &Body, api: Api, word: &str) -> Result<Asked, Refusal> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, message: &str| {
        errors.push(FieldError { path: format!("body.{field}"), message: message.to_owned() });
    };
    let v1 = api == Api::QrV1;
    let reference = body.text(word).filter(|text| !text.is_empty());
    if reference.is_none() {
        refuse(word, "is required");
    }
    let dynamic = match body.text("type").as_deref() {
        Some("DYNAMIC") => true,
        Some("STATIC") => false,
        Some(_) | None => {
            refuse("type", "must be DYNAMIC or STATIC");
            false
        }
    };
    if v1 && body.text("callback_url").is_none() {
        refuse("callback_url", "is required");
    }
    if !v1 && body.text("currency").as_deref() != Some("IDR") {
        refuse("currency", "must be IDR");
    }
    let amount = body.amount("amount");
    if dynamic && amount.is_none() {
        refuse("amount", "is required for a dynamic code");
    }
    let expires_at = body.text("expires_at").filter(|_| !v1);
    if expires_at.as_deref().is_some_and(|text| time(text).is_none()) {
        refuse("expires_at", "must be a time such as 2026-01-05T03:00:00Z");
    }
    optional_fields(body, &mut refuse);
    let (Some(reference), true) = (reference, errors.is_empty()) else {
        return Err(Refusal::fields(errors));
    };
    let amount = amount.filter(|_| dynamic);
    within_limits(amount.as_ref(), v1)?;
    Ok(Asked { reference, amount, expires_at: expires_at.and_then(|text| time(&text)) })
}

fn within_limits(amount: Option<&Amount>, v1: bool) -> Result<(), Refusal> {
    let Some(amount) = amount else {
        return Ok(());
    };
    let (min, max) = if v1 { (V1_RUPIAH_MIN, V1_RUPIAH_MAX) } else { (RUPIAH_MIN, RUPIAH_MAX) };
    if !(Amount::rupiah(min)..=Amount::rupiah(max)).contains(amount) || !amount.is_whole() {
        return Err(Refusal::invalid(format!("Amount must be within range [{min}, {max}]")));
    }
    magic(amount)
}
