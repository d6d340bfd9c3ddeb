//! Codes of the QR Codes API, version 2022-07-31.

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::ports::OpenCharge;
use serde::Serialize;
use url::Url;

use super::{Exact, Key, Metadata, PAGE_ROWS_MAX, below, metadata};

#[derive(Serialize)]
struct OpenBody<'a> {
    reference_id: &'a str,
    r#type: &'static str,
    currency: &'static str,
    amount: Exact<'a>,
    /// No code can be closed: this alone ends it. That QRIS keeps to it is unconfirmed, so it is watched on.
    expires_at: String,
    metadata: Metadata<'a>,
}

/// The body of `POST /qr_codes`.
pub(crate) fn open_body(charge: &OpenCharge) -> Result<String, serde_json::Error> {
    serde_json::to_string(&OpenBody {
        reference_id: charge.our_reference.as_str(),
        r#type: "DYNAMIC",
        currency: Currency::Idr.code(),
        amount: Exact(&charge.amount),
        expires_at: charge.expires_at.to_string(),
        metadata: metadata(charge),
    })
}

/// The key under which a code is opened, in the header of Xendit's older APIs.
pub(crate) fn open_key(charge: &OpenCharge) -> Key {
    Key { header: "x-idempotency-key", value: charge.charge.open_key() }
}

/// `/qr_codes`.
pub(crate) fn qr_codes(base: &Url) -> Option<Url> {
    below(base, &["qr_codes"])
}

/// `/qr_codes/{id}`.
pub(crate) fn qr_code(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["qr_codes", id.as_str()])
}

/// `/qr_codes/{id}/payments`.
pub(crate) fn payments(base: &Url, id: &ProviderRef) -> Option<Url> {
    let mut url = below(base, &["qr_codes", id.as_str(), "payments"])?;
    url.query_pairs_mut().append_pair("limit", PAGE_ROWS_MAX);
    Some(url)
}

/// `/qr_codes/{id}/payments/simulate`.
pub(crate) fn simulate(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["qr_codes", id.as_str(), "payments", "simulate"])
}
