//! Payment requests of Payments API v2. The payment method is an object of its own within the request: it is
//! what is closed, and what payments are listed by.

use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::ports::OpenCharge;
use serde::Serialize;
use url::Url;

use super::{DISPLAY_NAME, Exact, Key, Metadata, PAGE_ROWS_MAX, below, described, metadata};
use crate::channels::{Channel, Properties, Rail};

#[derive(Serialize)]
struct OpenBody<'a> {
    reference_id: &'a str,
    amount: Exact<'a>,
    currency: &'static str,
    country: &'static str,
    payment_method: PaymentMethod<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct PaymentMethod<'a> {
    r#type: &'static str,
    /// So that one charge is paid once.
    reusability: &'static str,
    #[serde(flatten)]
    of_type: OfType<'a>,
}

/// The member named after the type.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum OfType<'a> {
    Ewallet(OfChannel<'a>),
    VirtualAccount(OfChannel<'a>),
}

#[derive(Serialize)]
struct OfChannel<'a> {
    channel_code: &'static str,
    channel_properties: ChannelProperties<'a>,
}

#[derive(Serialize, Default)]
struct ChannelProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    success_return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// The body of `POST /payment_requests`.
pub(crate) fn open_body(charge: &OpenCharge, channel: &Channel, rail: Rail) -> Result<String, serde_json::Error> {
    let of_channel =
        OfChannel { channel_code: channel.code, channel_properties: channel_properties(charge, channel.properties) };
    let (r#type, of_type) = match rail {
        Rail::Ewallet => ("EWALLET", OfType::Ewallet(of_channel)),
        Rail::VirtualAccount => ("VIRTUAL_ACCOUNT", OfType::VirtualAccount(of_channel)),
    };
    serde_json::to_string(&OpenBody {
        reference_id: charge.our_reference.as_str(),
        amount: Exact(&charge.amount),
        currency: Currency::Idr.code(),
        country: "ID",
        payment_method: PaymentMethod { r#type, reusability: "ONE_TIME_USE", of_type },
        description: described(charge),
        metadata: metadata(charge),
    })
}

/// What the channel wants to know of this charge, in the words of v2.
fn channel_properties(charge: &OpenCharge, wanted: Properties) -> ChannelProperties<'_> {
    let urls = charge.return_urls.as_ref();
    let success_return_url = urls.map(|urls| urls.success.as_str());
    let none = ChannelProperties::default;
    match wanted {
        Properties::None => none(),
        Properties::SuccessUrl => ChannelProperties { success_return_url, ..none() },
        Properties::BothUrls => {
            let failure_return_url = urls.map(|urls| urls.failure.as_str());
            ChannelProperties { success_return_url, failure_return_url, ..none() }
        }
        Properties::Phone => ChannelProperties { mobile_number: charge.customer_phone.as_deref(), ..none() },
        Properties::NameAndExpiry => ChannelProperties {
            customer_name: Some(DISPLAY_NAME),
            expires_at: Some(charge.expires_at.to_string()),
            ..none()
        },
    }
}

/// The key under which a request is opened.
pub(crate) fn open_key(charge: &OpenCharge) -> Key {
    Key { header: "idempotency-key", value: charge.charge.open_key() }
}

/// `/payment_requests`.
pub(crate) fn payment_requests(base: &Url) -> Option<Url> {
    below(base, &["payment_requests"])
}

/// `/payment_requests`: those under a reference.
pub(crate) fn payment_requests_of(base: &Url, reference: &OurReference) -> Option<Url> {
    let mut url = below(base, &["payment_requests"])?;
    url.query_pairs_mut().append_pair("reference_id", reference.as_str()).append_pair("limit", PAGE_ROWS_MAX);
    Some(url)
}

/// `/payment_requests/{id}`.
pub(crate) fn payment_request(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["payment_requests", id.as_str()])
}

/// `/payment_requests/{id}/payments/simulate`, which takes no body.
pub(crate) fn simulate(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["payment_requests", id.as_str(), "payments", "simulate"])
}

/// `/v2/payment_methods/{id}/payments`: those on that request.
pub(crate) fn payments(base: &Url, payment_method: &ProviderRef, request: &ProviderRef) -> Option<Url> {
    let mut url = below(base, &["v2", "payment_methods", payment_method.as_str(), "payments"])?;
    url.query_pairs_mut().append_pair("payment_request_id", request.as_str()).append_pair("limit", PAGE_ROWS_MAX);
    Some(url)
}

/// `/v2/payment_methods/{id}/expire`.
pub(crate) fn expire(base: &Url, payment_method: &ProviderRef) -> Option<Url> {
    below(base, &["v2", "payment_methods", payment_method.as_str(), "expire"])
}
