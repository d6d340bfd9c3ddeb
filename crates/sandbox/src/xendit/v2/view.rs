//! Ledger entries as v2's bodies: what is absent is null, the types that a payment method is not of among it.

mod method;
mod payment;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Charge, ChargeStatus, Method, Payment};
use crate::sandbox::json;
use crate::xendit::view::capture_method;

pub(crate) use method::{MethodView, method_status};
pub(super) use method::{method, reusability};
pub(crate) use payment::PaymentView;

/// Always null here: what this sandbox has nothing to say about.
type Nothing = Option<&'static str>;

#[derive(Serialize)]
pub(super) struct RequestView<'a> {
    id: &'a str,
    reference_id: &'a str,
    business_id: &'a str,
    currency: &'a str,
    amount: Option<Amount>,
    country: &'static str,
    payment_method: Option<MethodView<'a>>,
    description: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    customer_id: Option<&'a RawValue>,
    created: String,
    updated: String,
    status: &'static str,
    actions: Vec<ActionView<'a>>,
    failure_code: Option<&'a str>,
    capture_method: &'static str,
    initiator: Nothing,
    card_verification_results: Nothing,
    channel_properties: Option<&'a RawValue>,
    shipping_information: Option<&'a RawValue>,
    items: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct ActionView<'a> {
    action: &'static str,
    url_type: &'static str,
    method: &'static str,
    url: &'a str,
    qr_code: Nothing,
}

#[derive(Serialize)]
pub(super) struct CaptureView<'a> {
    id: &'a str,
    payment_request_id: &'a str,
    payment_id: &'a str,
    reference_id: &'a str,
    currency: &'a str,
    authorized_amount: Option<Amount>,
    captured_amount: Amount,
    status: &'static str,
    payment_method: Option<MethodView<'a>>,
    failure_code: Nothing,
    customer_id: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    channel_properties: Option<&'a RawValue>,
    created: String,
    updated: String,
}

#[derive(Serialize)]
struct PageView<T> {
    data: Vec<T>,
    has_more: bool,
}

/// The body of a list.
pub(super) fn page<T: Serialize>(data: Vec<T>, has_more: bool, lie: &Lie) -> String {
    lie.finish(json(&PageView { data, has_more }))
}

/// The body of a payment request.
pub(super) fn request(charge: &Charge, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&RequestView::new(charge, business_id, lie)))
}

/// The body of a capture.
pub(super) fn capture(charge: &Charge, payment: &Payment, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&CaptureView::new(charge, payment, business_id, lie)))
}

impl<'a> RequestView<'a> {
    pub(super) fn new(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> Self {
        Self {
            id: &charge.id,
            reference_id: lie.reference(&charge.reference),
            business_id,
            currency: &charge.currency,
            amount: lie.asked(charge),
            country: "ID",
            payment_method: MethodView::new(charge, business_id, lie),
            description: charge.echoed("description"),
            metadata: charge.echoed("metadata"),
            customer_id: charge.echoed("customer_id"),
            created: time(charge.created_at),
            updated: time(charge.updated_at),
            status: lie.status(request_status(charge)),
            actions: actions(charge),
            failure_code: charge.failure_code.as_deref(),
            capture_method: capture_method(charge),
            initiator: None,
            card_verification_results: None,
            channel_properties: charge.echoed("channel_properties"),
            shipping_information: charge.echoed("shipping_information"),
            items: charge.echoed("items"),
        }
    }
}

impl<'a> CaptureView<'a> {
    pub(super) fn new(charge: &'a Charge, payment: &'a Payment, business_id: &'a str, lie: &'a Lie) -> Self {
        Self {
            id: &payment.capture_id,
            payment_request_id: &charge.id,
            payment_id: &payment.id,
            reference_id: lie.reference(&charge.reference),
            currency: &payment.currency,
            authorized_amount: lie.asked(charge),
            captured_amount: lie.amount(&payment.amount),
            status: lie.status("SUCCEEDED"),
            payment_method: MethodView::new(charge, business_id, lie),
            failure_code: None,
            customer_id: charge.echoed("customer_id"),
            metadata: charge.echoed("metadata"),
            channel_properties: charge.echoed("channel_properties"),
            created: time(payment.arrived_at()),
            updated: time(payment.arrived_at()),
        }
    }
}

/// The word of v2 for where a payment request stands: it waits for a page to be opened, or merely waits.
pub(crate) fn request_status(charge: &Charge) -> &'static str {
    match charge.status {
        ChargeStatus::Open => match charge.method {
            Method::Gopay | Method::Dana | Method::Shopeepay | Method::Card | Method::CardPage => "REQUIRES_ACTION",
            Method::Qris | Method::Ovo | Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => "PENDING",
        },
        ChargeStatus::Authorized => "AWAITING_CAPTURE",
        ChargeStatus::Paid => "SUCCEEDED",
        ChargeStatus::Failed => "FAILED",
        ChargeStatus::Canceled => "CANCELED",
        ChargeStatus::Expired => "EXPIRED",
    }
}

/// The customer that the create body named.
pub(super) fn customer_id(charge: &Charge) -> Option<String> {
    serde_json::from_str(charge.echoed("customer_id")?.get()).ok()
}

/// The pages to be opened, while there is something to open.
fn actions(charge: &Charge) -> Vec<ActionView<'_>> {
    let url_types: &[&'static str] = match charge.method {
        Method::Gopay | Method::Dana | Method::Shopeepay => &["WEB", "MOBILE"],
        Method::Card | Method::CardPage => &["WEB"],
        Method::Qris | Method::Ovo | Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri => &[],
    };
    let open = charge.status == ChargeStatus::Open;
    let action =
        |&url_type| ActionView { action: "AUTH", url_type, method: "GET", url: &charge.artefact, qr_code: None };
    url_types.iter().filter(|_| open).map(action).collect()
}

/// Times of v2 have more digits than those of v3.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}
