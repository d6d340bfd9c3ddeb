//! `POST /payment_requests`.

use chrono::{DateTime, Utc};

use super::methods::{self, ExpiryOf};
use super::rails::{Rail, kind};
use crate::amount::Amount;
use crate::id;
use crate::ledger::{Api, Charge, ChargeStatus, Entry, Method, PaymentMethod};
use crate::sandbox::Pen;
use crate::xendit::answer::Refusal;
use crate::xendit::body::Body;
use crate::xendit::channels::Channel;
use crate::xendit::create::{artefact, magic, optional_fields};
use crate::xendit::desk::Call;

/// Optional fields that later bodies repeat.
const ECHOED: [&str; 6] =
    ["description", "metadata", "customer_id", "channel_properties", "shipping_information", "items"];

/// Makes the payment request, or says why not. That references may repeat is unconfirmed.
pub(super) fn create(pen: &mut Pen<'_>, call: &Call<'_>, body: &Body, now: DateTime<Utc>) -> Result<Charge, Refusal> {
    general_fields(body)?;
    let source = Source::read(pen, call, body)?;
    let method = source.method();
    let amount = amount(body, method)?;
    let id = id::prefixed("pr-");
    let page = format!("{}/{id}", call.pages);
    let reference = body.text("reference_id").unwrap_or_else(|| id::prefixed(""));
    let manual_capture = body.text("capture_method").as_deref() == Some("MANUAL");
    if manual_capture && method != Method::Card {
        return Err(Refusal::field("capture_method", "must be AUTOMATIC for the type"));
    }
    let blank = Charge {
        amount: Some(amount),
        order_code: body.order_code(),
        idempotency_key: call.idempotency_key.map(str::to_owned),
        manual_capture,
        echo: body.echo(&ECHOED),
        ..Charge::open(Api::V2, &call.account.name, id, reference, method, now)
    };
    let charge = match source {
        Source::Kept(kept) => Charge {
            artefact: if kept.artefact.is_empty() { shown(call, &blank, None, &page) } else { kept.artefact },
            payable_until: kept.payable_until,
            reusable: false,
            payment_method: kept.payment_method,
            ..blank
        },
        Source::Described { described, rail } => Charge {
            artefact: shown(call, &blank, rail.property("virtual_account_number"), &page),
            payable_until: methods::until(&rail, ExpiryOf::Request, now)?,
            reusable: methods::is_reusable(&described, rail.method)?,
            payment_method: Some(methods::described(&described, &rail)),
            ..blank
        },
    };
    pen.record(&Entry::Opened(Box::new(charge.clone())));
    Ok(charge)
}

/// Where the payment method of a request comes from.
enum Source {
    /// It was made before.
    Kept(Box<Kept>),
    /// It is made with the request.
    Described { described: Body, rail: Rail },
}

struct Kept {
    method: Method,
    artefact: String,
    payable_until: DateTime<Utc>,
    payment_method: Option<PaymentMethod>,
}

impl Source {
    fn read(pen: &Pen<'_>, call: &Call<'_>, body: &Body) -> Result<Self, Refusal> {
        if let Some(id) = body.text("payment_method_id") {
            let kept = methods::look(pen, call, &id)?;
            if kept.status != ChargeStatus::Open {
                return Err(Refusal::new(400, "INVALID_PAYMENT_METHOD", "The payment method is not active."));
            }
            let is_shown = kept.method.may_be_paid_again();
            return Ok(Self::Kept(Box::new(Kept {
                method: kept.method,
                artefact: if is_shown { kept.artefact.clone() } else { String::new() },
                payable_until: kept.payable_until,
                payment_method: kept.payment_method.clone(),
            })));
        }
        let described = body
            .nested("payment_method")
            .ok_or_else(|| Refusal::field("payment_method", "is required where there is no payment_method_id"))?;
        let rail = Rail::read(&described)?;
        Ok(Self::Described { described, rail })
    }

    fn method(&self) -> Method {
        match self {
            Self::Kept(kept) => kept.method,
            Self::Described { rail, .. } => rail.method,
        }
    }
}

/// What the customer is shown: a number of the merchant's choice where one was chosen.
fn shown(call: &Call<'_>, charge: &Charge, number: Option<String>, page: &str) -> String {
    let drawn = || artefact(charge.method, call.account, charge.amount.as_ref(), &charge.reference, page);
    number.unwrap_or_else(drawn)
}

fn general_fields(body: &Body) -> Result<(), Refusal> {
    if body.text("currency").as_deref() != Some("IDR") {
        return Err(Refusal::field("currency", "must be IDR"));
    }
    // One of the official clients drops the country on its way.
    if body.text("country").is_some_and(|country| country != "ID") {
        return Err(Refusal::field("country", "must be ID"));
    }
    let mut refused = None;
    optional_fields(body, &mut |field, why| refused = Some(Refusal::field(field, why)));
    refused.map_or(Ok(()), Err)
}

/// The amount, within the limits of the channel.
fn amount(body: &Body, method: Method) -> Result<Amount, Refusal> {
    let amount =
        body.amount("amount").ok_or_else(|| Refusal::invalid(format!("amount required for '{}'", kind(method))))?;
    methods::within_limits(&amount, Channel::of(method))?;
    magic(&amount)?;
    Ok(amount)
}
