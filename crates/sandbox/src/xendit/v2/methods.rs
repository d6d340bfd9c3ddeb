//! `/v2/payment_methods`: making one on its own, changing it, ending it.

use chrono::{DateTime, Utc};

use super::rails::Rail;
use crate::amount::Amount;
use crate::id;
use crate::ledger::{Api, Books, Charge, ChargeStatus, Entry, Method, PaymentMethod};
use crate::money::Telling;
use crate::sandbox::{Pen, Sandbox};
use crate::xendit::answer::Refusal;
use crate::xendit::body::Body;
use crate::xendit::channels::{Channel, Life};
use crate::xendit::create::{artefact, optional_fields, time};
use crate::xendit::desk::Call;

/// Optional fields that later bodies repeat.
const ECHOED: [&str; 4] = ["description", "metadata", "customer_id", "billing_information"];

/// Whose life is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpiryOf {
    /// A payment request ends when its channel says.
    Request,
    /// A method on its own stays until it is used or ended.
    Method,
}

/// Makes a payment method on its own, or says why not.
pub(super) fn create(pen: &mut Pen<'_>, call: &Call<'_>, body: &Body, now: DateTime<Utc>) -> Result<Charge, Refusal> {
    let rail = Rail::read(body)?;
    let reusable = is_reusable(body, rail.method)?;
    let amount = rail.details.amount("amount");
    if let Some(amount) = &amount {
        within_limits(amount, Channel::of(rail.method))?;
    }
    let mut refused = None;
    optional_fields(body, &mut |field, why| refused = Some(Refusal::field(field, why)));
    if let Some(refusal) = refused {
        return Err(refusal);
    }
    let kept = described(body, &rail);
    let reference = kept.reference.clone();
    let drawn = || artefact(rail.method, call.account, amount.as_ref(), &reference, "");
    let charge = Charge {
        artefact: rail.property("virtual_account_number").unwrap_or_else(drawn),
        reusable,
        order_code: body.order_code(),
        payable_until: until(&rail, ExpiryOf::Method, now)?,
        ..Charge::open(Api::V2Method, &call.account.name, kept.id.clone(), reference.clone(), rail.method, now)
    };
    let charge = Charge { amount, payment_method: Some(kept), ..charge };
    pen.record(&Entry::Opened(Box::new(charge.clone())));
    Ok(charge)
}

/// A payment method of this account: one on its own, or one that was made with a request.
pub(super) fn look<'a>(books: &'a Books, call: &Call<'_>, id: &str) -> Result<&'a Charge, Refusal> {
    books
        .charge(id)
        .filter(|charge| charge.account == call.account.name)
        .filter(|charge| charge.payment_method.as_ref().is_some_and(|method| method.id == id))
        .ok_or_else(Refusal::not_found)
}

/// Changes the amount or the expiry of a virtual account, or what is written about any method.
pub(super) fn amend(
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    id: &str,
    body: &Body,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let charge = open(pen, call, id)?.clone();
    let details = body.nested("virtual_account").unwrap_or_default();
    if body.has("virtual_account") && Channel::of(charge.method).is_none_or(|channel| channel.life != Life::Chosen) {
        return Err(Refusal::field("virtual_account", "is not what the payment method is"));
    }
    let amount = details.amount("amount");
    if let Some(amount) = &amount {
        within_limits(amount, Channel::of(charge.method))?;
    }
    let expires_at = details.nested("channel_properties").and_then(|properties| properties.text("expires_at"));
    let payable_until = expires_at.as_deref().map(moment).transpose()?;
    let echo = body.echo(&ECHOED);
    pen.record(&Entry::Amended { charge_id: charge.id, amount, payable_until, echo, at: now });
    look(pen, call, id).cloned()
}

/// Ends an open payment method, and with it the request it was made with (that it does is unconfirmed).
pub(super) fn expire(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let charge = open(pen, call, id)?.clone();
    sandbox.expire(pen, &charge, Telling::Planned, now);
    look(pen, call, id).cloned()
}

fn open<'a>(books: &'a Books, call: &Call<'_>, id: &str) -> Result<&'a Charge, Refusal> {
    let charge = look(books, call, id)?;
    if charge.status == ChargeStatus::Open {
        return Ok(charge);
    }
    // Unconfirmed: the code is listed, not the calls that give it.
    Err(Refusal::new(400, "INVALID_PAYMENT_METHOD", "The payment method is not active."))
}

/// The payment method that a body describes.
pub(super) fn described(body: &Body, rail: &Rail) -> PaymentMethod {
    let mut echo = body.echo(&ECHOED);
    echo.extend(rail.details.echo(&["channel_properties"]));
    PaymentMethod {
        id: id::prefixed("pm-"),
        reference: body.text("reference_id").unwrap_or_else(|| id::prefixed("")),
        echo,
    }
}

/// Whether it stays when it was paid. Linking an account is not played, so wallets and cards are for one use.
pub(super) fn is_reusable(body: &Body, method: Method) -> Result<bool, Refusal> {
    match body.text("reusability").as_deref() {
        Some("ONE_TIME_USE") => Ok(false),
        Some("MULTIPLE_USE") if method.may_be_paid_again() => Ok(true),
        Some("MULTIPLE_USE") => Err(Refusal::channel_not_activated()),
        Some(_) | None => Err(Refusal::field("reusability", "must be ONE_TIME_USE or MULTIPLE_USE")),
    }
}

/// When it ends.
pub(super) fn until(rail: &Rail, whose: ExpiryOf, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let life = Channel::of(rail.method).map_or(Life::Chosen, |channel| channel.life);
    match (life, rail.property("expires_at"), whose) {
        (Life::Chosen, Some(text), _) => moment(&text),
        (Life::Seconds(_), _, ExpiryOf::Request) => Ok(now + life.longest()),
        (Life::Chosen, None, _) | (Life::Seconds(_), _, ExpiryOf::Method) => Ok(now + Life::Chosen.longest()),
    }
}

fn moment(text: &str) -> Result<DateTime<Utc>, Refusal> {
    time(text).ok_or_else(|| {
        Refusal::field("virtual_account.channel_properties.expires_at", "must be a time such as 2026-01-05T03:00:00Z")
    })
}

/// The limits are those of the channel in v3.
pub(super) fn within_limits(amount: &Amount, channel: Option<&Channel>) -> Result<(), Refusal> {
    let Some(channel) = channel else {
        return Ok(());
    };
    let (min, max) = (channel.rupiah_min, channel.rupiah_max);
    if (Amount::rupiah(min)..=Amount::rupiah(max)).contains(amount) && amount.is_whole() {
        return Ok(());
    }
    Err(Refusal::field("amount", &format!("must be a whole number of rupiah from {min} to {max}")))
}
