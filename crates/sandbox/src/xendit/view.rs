//! Ledger entries as Xendit's bodies. Optional fields that are absent are left out, as v3 does.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::channels::{self, Channel};
use super::{qr_codes, v2};
use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Api, Charge, ChargeStatus, Method, Payment, PaymentOutcome};
use crate::sandbox::json;

#[derive(Serialize)]
pub(super) struct PaymentRequestView<'a> {
    business_id: &'a str,
    reference_id: &'a str,
    payment_request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_payment_id: Option<&'a str>,
    r#type: &'static str,
    country: &'static str,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_amount: Option<Amount>,
    capture_method: &'static str,
    channel_code: &'static str,
    actions: Vec<ActionView>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<&'a str>,
    created: String,
    updated: String,
    #[serde(flatten)]
    echo: &'a BTreeMap<String, Box<RawValue>>,
}

#[derive(Serialize)]
struct ActionView {
    r#type: &'static str,
    descriptor: &'static str,
    value: String,
}

#[derive(Serialize)]
pub(super) struct PaymentView<'a> {
    payment_id: &'a str,
    business_id: &'a str,
    reference_id: &'a str,
    payment_request_id: &'a str,
    r#type: &'static str,
    country: &'static str,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_amount: Option<Amount>,
    capture_method: &'static str,
    channel_code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    captures: Vec<CaptureView<'a>>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<&'a str>,
    payment_details: DetailsView<'a>,
    created: String,
    updated: String,
    #[serde(flatten)]
    echo: &'a BTreeMap<String, Box<RawValue>>,
}

#[derive(Serialize)]
struct CaptureView<'a> {
    #[serde(rename = "capture_id")]
    id: &'a str,
    #[serde(rename = "capture_amount")]
    amount: Amount,
    #[serde(rename = "capture_timestamp")]
    timestamp: String,
}

#[derive(Serialize)]
struct DetailsView<'a> {
    payer_name: &'a str,
    issuer_name: &'a str,
    receipt_id: &'a str,
    source: &'a str,
}

/// The body of a payment request.
pub(super) fn payment_request(charge: &Charge, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&request_view(charge, business_id, lie)))
}

/// The body of a payment.
pub(super) fn payment(charge: &Charge, payment: &Payment, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&payment_view(charge, payment, business_id, lie)))
}

pub(super) fn request_view<'a>(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> PaymentRequestView<'a> {
    PaymentRequestView {
        business_id,
        reference_id: lie.reference(&charge.reference),
        payment_request_id: charge.request_id(),
        latest_payment_id: charge.latest_payment_id.as_deref(),
        r#type: kind(charge),
        country: "ID",
        currency: &charge.currency,
        request_amount: lie.asked(charge),
        capture_method: capture_method(charge),
        channel_code: Channel::code_of(charge.method),
        actions: actions(charge),
        status: lie.status(request_status(charge)),
        failure_code: charge.failure_code.as_deref(),
        created: time(charge.created_at),
        updated: time(charge.updated_at),
        echo: &charge.echo,
    }
}

pub(super) fn payment_view<'a>(
    charge: &'a Charge,
    payment: &'a Payment,
    business_id: &'a str,
    lie: &'a Lie,
) -> PaymentView<'a> {
    let (status, failure_code) = match &payment.outcome {
        PaymentOutcome::Succeeded => ("SUCCEEDED", None),
        PaymentOutcome::Authorized => ("AUTHORIZED", None),
        PaymentOutcome::Released => ("CANCELED", None),
        PaymentOutcome::Failed { code } => ("FAILED", Some(code.as_str())),
    };
    let captures = payment.succeeded().then(|| CaptureView {
        id: &payment.capture_id,
        amount: lie.amount(&payment.amount),
        timestamp: time(payment.arrived_at()),
    });
    PaymentView {
        payment_id: &payment.id,
        business_id,
        reference_id: lie.reference(&charge.reference),
        payment_request_id: charge.request_id(),
        r#type: kind(charge),
        country: "ID",
        currency: &payment.currency,
        request_amount: lie.asked(charge),
        capture_method: capture_method(charge),
        channel_code: Channel::code_of(charge.method),
        captures: captures.into_iter().collect(),
        status: lie.status(status),
        failure_code,
        payment_details: DetailsView {
            payer_name: &payment.payer_name,
            issuer_name: &payment.issuer_name,
            receipt_id: &payment.receipt_id,
            source: &payment.issuer_name,
        },
        created: time(payment.paid_at),
        updated: time(payment.arrived_at()),
        echo: &charge.echo,
    }
}

/// Xendit's word for where a charge stands, in the API that it was opened through.
pub(crate) fn status(charge: &Charge, now: DateTime<Utc>) -> &'static str {
    match charge.api {
        Api::V3 => request_status(charge),
        Api::V2 => v2::request_status(charge),
        Api::V2Method => v2::method_status(charge),
        Api::QrV1 | Api::Qr2022 => qr_codes::status(charge, now),
    }
}

fn kind(charge: &Charge) -> &'static str {
    if charge.reusable { "REUSABLE_PAYMENT_CODE" } else { "PAY" }
}

/// Whether money is taken at once, or set aside first.
pub(super) fn capture_method(charge: &Charge) -> &'static str {
    if charge.manual_capture { "MANUAL" } else { "AUTOMATIC" }
}

fn request_status(charge: &Charge) -> &'static str {
    match charge.status {
        ChargeStatus::Open if charge.reusable => "ACCEPTING_PAYMENTS",
        ChargeStatus::Open => "REQUIRES_ACTION",
        ChargeStatus::Authorized => "AUTHORIZED",
        ChargeStatus::Paid => "SUCCEEDED",
        ChargeStatus::Failed => "FAILED",
        ChargeStatus::Canceled => "CANCELED",
        ChargeStatus::Expired => "EXPIRED",
    }
}

fn actions(charge: &Charge) -> Vec<ActionView> {
    let mut actions = Vec::new();
    if let Some((r#type, descriptor)) = channels::action(charge.method) {
        actions.push(ActionView { r#type, descriptor, value: charge.artefact.clone() });
    }
    if charge.method == Method::Gopay {
        // The app of the wallet opens by a link of its own.
        let value = format!("gopay://pay/{}", charge.id);
        actions.push(ActionView { r#type: "REDIRECT_CUSTOMER", descriptor: "DEEPLINK_URL", value });
    }
    actions
}

/// Times as Xendit writes them: UTC, milliseconds, `Z`.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
