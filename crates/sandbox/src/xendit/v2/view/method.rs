//! Payment methods of v2: the object of their own type, and null for every other.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Nothing, time};
use crate::amount::Amount;
use crate::faults::Lie;
use crate::ledger::{Api, Charge, ChargeStatus, Method, PaymentMethod};
use crate::sandbox::json;
use crate::xendit::v2::rails::{channel_code, kind};

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

/// The body of a payment method.
pub(in crate::xendit::v2) fn method(charge: &Charge, business_id: &str, lie: &Lie) -> String {
    lie.finish(json(&MethodView::new(charge, business_id, lie)))
}

impl<'a> MethodView<'a> {
    /// None of a charge of another API.
    pub(in crate::xendit::v2) fn new(charge: &'a Charge, business_id: &'a str, lie: &'a Lie) -> Option<Self> {
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

/// Where its payment method stands: one for a single use ends with the payment.
pub(crate) fn method_status(charge: &Charge) -> &'static str {
    match charge.status {
        // A card on its own waits for its customer.
        ChargeStatus::Open if charge.api == Api::V2Method && charge.method == Method::Card => "PENDING",
        ChargeStatus::Open | ChargeStatus::Authorized | ChargeStatus::Failed => "ACTIVE",
        ChargeStatus::Paid | ChargeStatus::Canceled | ChargeStatus::Expired => "EXPIRED",
    }
}

pub(in crate::xendit::v2) fn reusability(charge: &Charge) -> &'static str {
    if charge.reusable { "MULTIPLE_USE" } else { "ONE_TIME_USE" }
}

fn echoed<'a>(method: &'a PaymentMethod, field: &str) -> Option<&'a RawValue> {
    method.echo.get(field).map(AsRef::as_ref)
}
