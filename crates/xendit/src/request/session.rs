//! Payment sessions: pages of Xendit's, the same whichever API opens the rest.

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::ports::OpenCharge;
use serde::Serialize;
use url::Url;

use super::{Exact, Metadata, below, described, metadata};

/// The one channel that a page of ours offers.
const CARDS: &str = "CARDS";

#[derive(Serialize)]
struct OpenBody<'a> {
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

/// The body of `POST /sessions`: a page of Xendit's on which the customer types in a card. Without
/// `allowed_payment_channels` it would offer every channel of the account.
pub(crate) fn open_body(charge: &OpenCharge) -> Result<String, serde_json::Error> {
    let urls = charge.return_urls.as_ref();
    serde_json::to_string(&OpenBody {
        reference_id: charge.our_reference.as_str(),
        session_type: "PAY",
        mode: "PAYMENT_LINK",
        country: "ID",
        currency: Currency::Idr.code(),
        amount: Exact(&charge.amount),
        allowed_payment_channels: [CARDS],
        expires_at: charge.expires_at.to_string(),
        success_return_url: urls.map(|urls| urls.success.as_str()),
        cancel_return_url: urls.map(|urls| urls.failure.as_str()),
        description: described(charge),
        metadata: metadata(charge),
    })
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
pub(crate) fn cancel(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["sessions", id.as_str(), "cancel"])
}
