//! Codes and their payments, in the words of either version.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Api, Books, Charge, Payment, PaymentOutcome};
use crate::sandbox::json;
use crate::xendit::view::time;

#[derive(Serialize)]
struct V1Code<'a> {
    id: &'a str,
    external_id: &'a str,
    amount: Option<Amount>,
    description: &'a str,
    qr_string: &'a str,
    callback_url: Option<&'a RawValue>,
    r#type: &'static str,
    status: &'static str,
    created: String,
    updated: String,
    metadata: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct VersionedCode<'a> {
    id: &'a str,
    reference_id: &'a str,
    business_id: &'a str,
    r#type: &'static str,
    currency: &'a str,
    amount: Option<Amount>,
    channel_code: Channel<'a>,
    status: &'static str,
    qr_string: &'a str,
    expires_at: String,
    created: String,
    updated: String,
    webhook_url: Option<&'a RawValue>,
    description: Option<&'a RawValue>,
    basket: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
}

/// The channel asked for; the one of the samples where none was (unconfirmed).
#[derive(Serialize)]
#[serde(untagged)]
enum Channel<'a> {
    Asked(&'a RawValue),
    Default(&'static str),
}

/// One payment as v1 lists it, and, with `event`, tells it.
#[derive(Serialize)]
pub(crate) struct V1Payment<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    id: &'a str,
    amount: Amount,
    created: String,
    qr_code: V1Paid<'a>,
    status: &'static str,
    payment_details: V1Details<'a>,
    metadata: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct V1Paid<'a> {
    id: &'a str,
    external_id: &'a str,
    qr_string: &'a str,
    r#type: &'static str,
    metadata: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct V1Details<'a> {
    receipt_id: &'a str,
    source: &'a str,
}

/// One payment of 2022-07-31.
#[derive(Serialize)]
pub(crate) struct VersionedPayment<'a> {
    id: &'a str,
    business_id: &'a str,
    currency: &'a str,
    amount: Amount,
    status: &'static str,
    created: String,
    qr_id: &'a str,
    qr_string: &'a str,
    reference_id: &'a str,
    r#type: &'static str,
    channel_code: Channel<'a>,
    expires_at: String,
    description: Option<&'a RawValue>,
    basket: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    payment_detail: VersionedDetail<'a>,
}

#[derive(Serialize)]
struct VersionedDetail<'a> {
    receipt_id: &'a str,
    source: &'a str,
    name: Option<&'a str>,
    account_details: Option<&'a str>,
}

#[derive(Serialize)]
struct Payments<'a> {
    data: Vec<VersionedPayment<'a>>,
    has_more: bool,
}

/// Whether a code can be paid, in both versions' word.
pub(crate) fn status(charge: &Charge, now: DateTime<Utc>) -> &'static str {
    if super::is_over(charge, now) { "INACTIVE" } else { "ACTIVE" }
}

/// The body of a code.
pub(super) fn code(api: Api, charge: &Charge, business_id: &str, lie: &Lie, now: DateTime<Utc>) -> String {
    let status = lie.status(status(charge, now));
    let body = if api == Api::QrV1 {
        json(&V1Code {
            id: &charge.id,
            external_id: lie.reference(&charge.reference),
            amount: lie.asked(charge),
            description: "",
            qr_string: &charge.artefact,
            callback_url: charge.echoed("callback_url"),
            r#type: kind(charge),
            status,
            created: time(charge.created_at),
            updated: time(charge.updated_at),
            metadata: charge.echoed("metadata"),
        })
    } else {
        json(&VersionedCode {
            id: &charge.id,
            reference_id: lie.reference(&charge.reference),
            business_id,
            r#type: kind(charge),
            currency: &charge.currency,
            amount: lie.asked(charge),
            channel_code: channel(charge),
            status,
            qr_string: &charge.artefact,
            expires_at: time(charge.payable_until),
            created: time(charge.created_at),
            updated: time(charge.updated_at),
            webhook_url: charge.echoed("callback_url"),
            description: charge.echoed("description"),
            basket: charge.echoed("basket"),
            metadata: charge.echoed("metadata"),
        })
    };
    lie.finish(body)
}

/// The body of a list of payments: a bare array in v1.
pub(super) fn payments(api: Api, books: &Books, charge: Option<&Charge>, business_id: &str, lie: &Lie) -> String {
    let paid = || charge.into_iter().flat_map(|charge| books.payments_of(&charge.id).map(move |paid| (charge, paid)));
    if api == Api::QrV1 {
        return json(&paid().map(|(charge, payment)| V1Payment::new(charge, payment, lie)).collect::<Vec<_>>());
    }
    let data = paid().map(|(charge, payment)| VersionedPayment::new(charge, payment, business_id, lie)).collect();
    lie.finish(json(&Payments { data, has_more: false }))
}

/// The body of one payment.
pub(super) fn payment(api: Api, charge: &Charge, payment: &Payment, business_id: &str, lie: &Lie) -> String {
    lie.finish(if api == Api::QrV1 {
        json(&V1Payment::new(charge, payment, lie))
    } else {
        json(&VersionedPayment::new(charge, payment, business_id, lie))
    })
}

impl<'a> V1Payment<'a> {
    pub(crate) fn new(charge: &'a Charge, payment: &'a Payment, lie: &'a Lie) -> Self {
        Self {
            event: None,
            id: &payment.id,
            amount: lie.amount(&payment.amount),
            created: time(payment.paid_at),
            qr_code: V1Paid {
                id: &charge.id,
                external_id: lie.reference(&charge.reference),
                qr_string: &charge.artefact,
                r#type: kind(charge),
                metadata: charge.echoed("metadata"),
            },
            status: lie.status(payment_status(payment, "COMPLETED")),
            payment_details: V1Details { receipt_id: &payment.receipt_id, source: &payment.issuer_name },
            metadata: None,
        }
    }

    /// The same as a webhook tells it.
    pub(crate) fn told(self, event: &'static str) -> Self {
        Self { event: Some(event), ..self }
    }
}

impl<'a> VersionedPayment<'a> {
    pub(crate) fn new(charge: &'a Charge, payment: &'a Payment, business_id: &'a str, lie: &'a Lie) -> Self {
        Self {
            id: &payment.id,
            business_id,
            currency: &payment.currency,
            amount: lie.amount(&payment.amount),
            status: lie.status(payment_status(payment, "SUCCEEDED")),
            created: time(payment.paid_at),
            qr_id: &charge.id,
            qr_string: &charge.artefact,
            reference_id: lie.reference(&charge.reference),
            r#type: kind(charge),
            channel_code: channel(charge),
            expires_at: time(charge.payable_until),
            description: charge.echoed("description"),
            basket: charge.echoed("basket"),
            metadata: charge.echoed("metadata"),
            payment_detail: VersionedDetail {
                receipt_id: &payment.receipt_id,
                source: &payment.issuer_name,
                name: Some(&payment.payer_name),
                account_details: None,
            },
        }
    }
}

fn payment_status(payment: &Payment, good: &'static str) -> &'static str {
    match payment.outcome {
        PaymentOutcome::Succeeded => good,
        // Money on a code is never set aside first.
        PaymentOutcome::Failed { .. } | PaymentOutcome::Authorized | PaymentOutcome::Released => "FAILED",
    }
}

fn kind(charge: &Charge) -> &'static str {
    if charge.amount.is_some() { "DYNAMIC" } else { "STATIC" }
}

fn channel(charge: &Charge) -> Channel<'_> {
    charge.echoed("channel_code").map_or(Channel::Default("ID_DANA"), Channel::Asked)
}
