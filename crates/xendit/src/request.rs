//! What Xendit is sent: pure.

use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::{Currency, Money};
use mstore_pay_domain::ports::{CardToken, OpenCharge};
use mstore_pay_domain::time::Timestamp;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use url::Url;

use crate::channels::{Channel, Properties};

/// Xendit's own limit for `description`.
const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// The name that a bank shows beside a virtual account's number. Banks take letters and spaces only.
const DISPLAY_NAME: &str = "MStore";
/// Rows asked for at once; Xendit's other lists go no further.
const PAGE_ROWS_MAX: &str = "50";

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

#[derive(Serialize)]
struct SessionBody<'a> {
    reference_id: &'a str,
    session_type: &'static str,
    mode: &'static str,
    country: &'static str,
    currency: &'static str,
    amount: Exact<'a>,
    allowed_payment_channels: [&'static str; 1],
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    success_return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    order_code: &'a str,
}

#[derive(Serialize)]
struct SimulateBody<'a> {
    amount: Exact<'a>,
}

/// An amount as a JSON number, digit for digit.
struct Exact<'a>(&'a Money);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
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
        metadata: Metadata { order_code: charge.order_code.as_str() },
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

/// The description as Xendit takes it, if there is any.
fn described(charge: &OpenCharge) -> Option<String> {
    let cut = charge.description.as_ref().map(|text| text.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>());
    cut.filter(|text| !text.is_empty())
}

/// The body of `POST /sessions`: a page of Xendit's on which the customer types in a card. Without
/// `allowed_payment_channels` it would offer every channel of the account.
pub(crate) fn session_body(charge: &OpenCharge, channel: &Channel) -> Result<String, serde_json::Error> {
    let urls = charge.return_urls.as_ref();
    serde_json::to_string(&SessionBody {
        reference_id: charge.our_reference.as_str(),
        session_type: "PAY",
        mode: "PAYMENT_LINK",
        country: "ID",
        currency: Currency::Idr.code(),
        amount: Exact(&charge.amount),
        allowed_payment_channels: [channel.code],
        expires_at: charge.expires_at.to_string(),
        success_return_url: urls.map(|urls| urls.success.as_str()),
        cancel_return_url: urls.map(|urls| urls.failure.as_str()),
        description: described(charge),
        metadata: Metadata { order_code: charge.order_code.as_str() },
    })
}

/// The body of `POST /v3/payment_requests/{id}/simulate`.
pub(crate) fn simulate_body(amount: &Money) -> Result<String, serde_json::Error> {
    serde_json::to_string(&SimulateBody { amount: Exact(amount) })
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

/// `/sessions`.
pub(crate) fn sessions(base: &Url) -> Option<Url> {
    below(base, &["sessions"])
}

/// `/sessions/{id}`.
pub(crate) fn session(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["sessions", id.as_str()])
}

/// `/sessions/{id}/cancel`.
pub(crate) fn cancel_session(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["sessions", id.as_str(), "cancel"])
}

/// `/v3/payments/{id}`.
pub(crate) fn payment(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v3", "payments", id.as_str()])
}

/// `/transactions`: money that came under a reference.
pub(crate) fn transactions_of(base: &Url, reference: &OurReference) -> Option<Url> {
    let mut url = below(base, &["transactions"])?;
    url.query_pairs_mut()
        .append_pair("types", "PAYMENT")
        .append_pair("reference_id", reference.as_str())
        .append_pair("limit", PAGE_ROWS_MAX);
    Some(url)
}

/// `/transactions`: money that came since then, from the row after `after` on.
pub(crate) fn transactions_since(base: &Url, since: Timestamp, after: Option<&ProviderRef>) -> Option<Url> {
    let mut url = below(base, &["transactions"])?;
    url.query_pairs_mut()
        .append_pair("types", "PAYMENT")
        .append_pair("statuses", "SUCCESS")
        .append_pair("updated[gte]", &since.to_string())
        .append_pair("limit", PAGE_ROWS_MAX);
    if let Some(after) = after {
        url.query_pairs_mut().append_pair("after_id", after.as_str());
    }
    Some(url)
}

/// An address below the base; each segment is escaped whole. `None` for a segment that names no thing but a
/// way through the tree, which no escaping can keep.
fn below(base: &Url, segments: &[&str]) -> Option<Url> {
    let mut url = base.clone();
    if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().extend(segments);
    Some(url)
}

#[cfg(test)]
mod tests;
