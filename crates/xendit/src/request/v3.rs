//! Payment requests of Payments API v3.

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::ports::{CardToken, OpenCharge};
use serde::Serialize;
use url::Url;

use super::{DISPLAY_NAME, Exact, Metadata, below, described, metadata};
use crate::channels::{Channel, Properties};

#[derive(Serialize)]
struct OpenBody<'a> {
    reference_id: &'a str,
    r#type: &'static str,
    country: &'static str,
    currency: &'static str,
    request_amount: Exact<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_token_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_properties: Option<ChannelProperties<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    metadata: Metadata<'a>,
}

#[derive(Serialize, Default)]
struct ChannelProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    success_return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_mobile_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// The body of `POST /v3/payment_requests`.
pub(crate) fn open_body(charge: &OpenCharge, channel: &Channel) -> Result<String, serde_json::Error> {
    let token = charge.card_token.as_ref().map(CardToken::expose);
    serde_json::to_string(&OpenBody {
        reference_id: charge.our_reference.as_str(),
        r#type: "PAY",
        country: "ID",
        currency: Currency::Idr.code(),
        request_amount: Exact(&charge.amount),
        // The token knows its channel.
        channel_code: if token.is_some() { None } else { Some(channel.code) },
        payment_token_id: token,
        channel_properties: channel_properties(charge, channel.properties),
        description: described(charge),
        metadata: metadata(charge),
    })
}

/// What the channel wants to know of this charge.
fn channel_properties(charge: &OpenCharge, wanted: Properties) -> Option<ChannelProperties<'_>> {
    let urls = charge.return_urls.as_ref();
    let success_return_url = urls.map(|urls| urls.success.as_str());
    let none = ChannelProperties::default;
    match wanted {
        Properties::None => None,
        Properties::SuccessUrl => Some(ChannelProperties { success_return_url, ..none() }),
        Properties::BothUrls => {
            let failure_return_url = urls.map(|urls| urls.failure.as_str());
            Some(ChannelProperties { success_return_url, failure_return_url, ..none() })
        }
        Properties::Phone => {
            Some(ChannelProperties { account_mobile_number: charge.customer_phone.as_deref(), ..none() })
        }
        Properties::NameAndExpiry => Some(ChannelProperties {
            display_name: Some(DISPLAY_NAME),
            expires_at: Some(charge.expires_at.to_string()),
            ..none()
        }),
    }
}

/// `/v3/payment_requests`.
pub(crate) fn payment_requests(base: &Url) -> Option<Url> {
    below(base, &["v3", "payment_requests"])
}

/// `/v3/payment_requests/{id}`.
pub(crate) fn payment_request(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v3", "payment_requests", id.as_str()])
}

/// `/v3/payment_requests/{id}/cancel`.
pub(crate) fn cancel(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v3", "payment_requests", id.as_str(), "cancel"])
}

/// `/v3/payment_requests/{id}/simulate`.
pub(crate) fn simulate(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v3", "payment_requests", id.as_str(), "simulate"])
}

/// `/v3/payments/{id}`.
pub(crate) fn payment(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v3", "payments", id.as_str()])
}
