//! What Xendit is sent: pure.

use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::money::{Currency, Money};
use mstore_pay_domain::ports::OpenCharge;
use mstore_pay_domain::time::Timestamp;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use url::Url;

use crate::channels::Channel;

/// Xendit's own limit for `description`.
const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// Rows asked for at once; Xendit's other lists go no further.
const PAGE_ROWS_MAX: &str = "50";

#[derive(Serialize)]
struct OpenBody<'a> {
    reference_id: &'a str,
    r#type: &'static str,
    country: &'static str,
    currency: &'static str,
    request_amount: Exact<'a>,
    channel_code: &'static str,
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
    let described = |text: &String| text.chars().take(DESCRIPTION_CHARS_MAX).collect();
    serde_json::to_string(&OpenBody {
        reference_id: charge.our_reference.as_str(),
        r#type: "PAY",
        country: "ID",
        currency: Currency::Idr.code(),
        request_amount: Exact(&charge.amount),
        channel_code: channel.code,
        description: charge.description.as_ref().map(described).filter(|text: &String| !text.is_empty()),
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
