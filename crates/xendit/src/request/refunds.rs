//! Refunds, which v2 and v3 share.

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Currency;
use mstore_pay_domain::ports::RefundCharge;
use serde::Serialize;
use url::Url;

use super::{Exact, Key, PAGE_ROWS_MAX, below};

/// Xendit's words for why; ours are free, and kept here.
const REASON: &str = "REQUESTED_BY_CUSTOMER";

#[derive(Serialize)]
struct Body<'a> {
    payment_request_id: &'a str,
    reference_id: String,
    amount: Exact<'a>,
    currency: &'static str,
    reason: &'static str,
}

/// The body of `POST /refunds`: money of a payment request that goes back.
pub(crate) fn body(refund: &RefundCharge, request: &ProviderRef) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Body {
        payment_request_id: request.as_str(),
        reference_id: reference(refund),
        amount: Exact(&refund.amount),
        currency: Currency::Idr.code(),
        reason: REASON,
    })
}

/// The name under which it is found again.
pub(crate) fn reference(refund: &RefundCharge) -> String {
    refund.refund.to_string()
}

/// That `/refunds` honours a key is what the official clients say; the documents of v3 list none.
pub(crate) fn key(refund: &RefundCharge) -> Key {
    Key { header: "idempotency-key", value: reference(refund) }
}

/// `/refunds`.
pub(crate) fn refunds(base: &Url) -> Option<Url> {
    below(base, &["refunds"])
}

/// `/refunds`: those of a payment request.
pub(crate) fn of(base: &Url, request: &ProviderRef) -> Option<Url> {
    let mut url = refunds(base)?;
    url.query_pairs_mut().append_pair("payment_request_id", request.as_str()).append_pair("limit", PAGE_ROWS_MAX);
    Some(url)
}
