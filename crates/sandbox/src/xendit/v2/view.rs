//! Ledger entries as v2's bodies: what is absent is null, the types that a payment method is not of among it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::rails::{channel_code, kind};
use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Api, Charge, ChargeStatus, Method, Payment, PaymentMethod, PaymentOutcome};
use crate::sandbox::json;
use crate::xendit::view::capture_method;

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
pub(crate) struct MethodView<'a> {
    id: &'a str,
    business_id: &'a str,
    r#type: &'static str,
    country: &'static str,
    reference_id: &'a str,
    customer_id: Option<&'a RawValue>,
    reusability: &'static str,
    status: &'static str,
    actions: [Nothing; 0],
    description: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    billing_information: Option<&'a RawValue>,
    failure_code: Nothing,
    created: String,
    updated: String,
    card: Option<CardView<'a>>,
    direct_bank_transfer: Nothing,
    direct_debit: Nothing,
    ewallet: Option<WalletView<'a>>,
    over_the_counter: Nothing,
    qr_code: Option<QrView<'a>>,
    virtual_account: Option<AccountView<'a>>,
}

#[derive(Serialize)]
struct WalletView<'a> {
    channel_code: Option<&'static str>,
    channel_properties: Option<&'a RawValue>,
    account: WalletAccountView,
}

#[derive(Serialize, Default)]
struct WalletAccountView {
    name: Nothing,
    account_details: Nothing,
    balance: Nothing,
    point_balance: Nothing,
}

#[derive(Serialize)]
struct QrView<'a> {
    amount: Option<Amount>,
    currency: &'a str,
    channel_code: Option<&'static str>,
    channel_properties: QrPropertiesView<'a>,
}

#[derive(Serialize)]
struct QrPropertiesView<'a> {
    qr_string: &'a str,
    expires_at: Nothing,
}

#[derive(Serialize)]
struct AccountView<'a> {
    amount: Option<Amount>,
    currency: &'a str,
    min_amount: Nothing,
    max_amount: Nothing,
    channel_code: Option<&'static str>,
    channel_properties: AccountPropertiesView<'a>,
    alternative_displays: Nothing,
}

#[derive(Serialize)]
struct AccountPropertiesView<'a> {
    customer_name: Option<String>,
    virtual_account_number: &'a str,
    expires_at: String,
    suggested_amount: Nothing,
}

#[derive(Serialize)]
struct CardView<'a> {
    currency: &'a str,
    channel_properties: CardPropertiesView<'a>,
    card_information: Nothing,
    card_verification_results: Nothing,
}

/// The clients insist on an object, though it may be empty.
#[derive(Serialize)]
#[serde(untagged)]
enum CardPropertiesView<'a> {
    Asked(&'a RawValue),
    Empty {},
}

/// A payment as webhooks and lists tell it.
#[derive(Serialize)]
pub(crate) struct PaymentView<'a> {
    id: String,
    payment_request_id: Option<&'a str>,
    reference_id: &'a str,
    customer_id: Option<&'a RawValue>,
    currency: &'a str,
    amount: Option<Amount>,
    country: &'static str,
    status: &'static str,
    payment_method: Option<MethodView<'a>>,
    channel_properties: Option<&'a RawValue>,
    payment_detail: Option<DetailView<'a>>,
    failure_code: Option<&'a str>,
    description: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    created: String,
    updated: String,
}

/// Who paid, as codes tell it.
#[derive(Serialize)]
struct DetailView<'a> {
    receipt_id: &'a str,
    source: &'a str,
    name: Option<&'a str>,
    account_details: Nothing,
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

/// The body of a payment method.
pub(super) fn method(charge: &Charge, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&MethodView::new(charge, business_id, lie)))
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

impl<'a> MethodView<'a> {
    /// None of a charge of another API.
    pub(super) fn new(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> Option<Self> {
        let method = charge.payment_method.as_ref()?;
        let of_type = |wanted: &str| kind(charge.method) == wanted;
        let (currency, code) = (charge.currency.as_str(), channel_code(charge.method));
        Some(Self {
            id: &method.id,
            business_id,
            r#type: kind(charge.method),
            country: "ID",
            reference_id: &method.reference,
            customer_id: echoed(method, "customer_id"),
            reusability: reusability(charge),
            status: method_status(charge),
            actions: [],
            description: echoed(method, "description"),
            metadata: echoed(method, "metadata"),
            billing_information: echoed(method, "billing_information"),
            failure_code: None,
            created: time(charge.created_at),
            updated: time(charge.updated_at),
            card: of_type("CARD").then(|| CardView {
                currency,
                channel_properties: echoed(method, "channel_properties")
                    .map_or(CardPropertiesView::Empty {}, CardPropertiesView::Asked),
                card_information: None,
                card_verification_results: None,
            }),
            direct_bank_transfer: None,
            direct_debit: None,
            ewallet: of_type("EWALLET").then(|| WalletView {
                channel_code: code,
                channel_properties: echoed(method, "channel_properties"),
                account: WalletAccountView::default(),
            }),
            over_the_counter: None,
            qr_code: of_type("QR_CODE").then(|| QrView {
                amount: lie.asked(charge),
                currency,
                channel_code: code,
                channel_properties: QrPropertiesView { qr_string: &charge.artefact, expires_at: None },
            }),
            virtual_account: of_type("VIRTUAL_ACCOUNT").then(|| AccountView {
                amount: lie.asked(charge),
                currency,
                min_amount: None,
                max_amount: None,
                channel_code: code,
                channel_properties: AccountPropertiesView {
                    customer_name: method.property("customer_name"),
                    virtual_account_number: &charge.artefact,
                    expires_at: time(charge.payable_until),
                    suggested_amount: None,
                },
                alternative_displays: None,
            }),
        })
    }
}

impl<'a> PaymentView<'a> {
    pub(super) fn new(charge: &'a Charge, payment: &'a Payment, business_id: &'a str, lie: &'a Lie) -> Self {
        let (status, failure_code) = match &payment.outcome {
            PaymentOutcome::Succeeded => ("SUCCEEDED", None),
            PaymentOutcome::Authorized => ("AWAITING_CAPTURE", None),
            PaymentOutcome::Released => ("VOIDED", None),
            PaymentOutcome::Failed { code } => ("FAILED", Some(code.as_str())),
        };
        Self {
            id: payment.id.clone(),
            currency: &payment.currency,
            amount: Some(lie.amount(&payment.amount)),
            status: lie.status(status),
            payment_detail: (charge.method == Method::Qris).then(|| DetailView {
                receipt_id: &payment.receipt_id,
                source: &payment.issuer_name,
                name: Some(&payment.payer_name),
                account_details: None,
            }),
            failure_code,
            created: time(payment.paid_at),
            updated: time(payment.arrived_at()),
            ..Self::pending(charge, business_id, lie)
        }
    }

    /// The payment of a request that is under way.
    pub(super) fn pending(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> Self {
        Self {
            id: charge.id.replacen("pr-", "ewc_", 1),
            payment_request_id: (charge.api == Api::V2).then_some(charge.id.as_str()),
            reference_id: lie.reference(&charge.reference),
            customer_id: charge.echoed("customer_id"),
            currency: &charge.currency,
            amount: lie.asked(charge),
            country: "ID",
            status: lie.status("PENDING"),
            payment_method: MethodView::new(charge, business_id, lie),
            channel_properties: charge.echoed("channel_properties"),
            payment_detail: None,
            failure_code: None,
            description: charge.echoed("description"),
            metadata: charge.echoed("metadata"),
            created: time(charge.created_at),
            updated: time(charge.updated_at),
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

/// Where its payment method stands: one for a single use ends with the payment.
pub(crate) fn method_status(charge: &Charge) -> &'static str {
    match charge.status {
        // A card on its own waits for its customer.
        ChargeStatus::Open if charge.api == Api::V2Method && charge.method == Method::Card => "PENDING",
        ChargeStatus::Open | ChargeStatus::Authorized | ChargeStatus::Failed => "ACTIVE",
        ChargeStatus::Paid | ChargeStatus::Canceled | ChargeStatus::Expired => "EXPIRED",
    }
}

pub(super) fn reusability(charge: &Charge) -> &'static str {
    if charge.reusable { "MULTIPLE_USE" } else { "ONE_TIME_USE" }
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

fn echoed<'a>(method: &'a PaymentMethod, field: &str) -> Option<&'a RawValue> {
    method.echo.get(field).map(AsRef::as_ref)
}

/// Times of v2 have more digits than those of v3.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}
