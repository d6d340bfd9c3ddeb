//! The list of transactions, which shows money whichever API it came through.

use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::time::Timestamp;
use url::Url;

use super::{PAGE_ROWS_MAX, below};

/// `/transactions`: money that came under a reference.
pub(crate) fn of(base: &Url, reference: &OurReference) -> Option<Url> {
    let mut url = below(base, &["transactions"])?;
    url.query_pairs_mut()
        .append_pair("types", "PAYMENT")
        .append_pair("reference_id", reference.as_str())
        .append_pair("limit", PAGE_ROWS_MAX);
    Some(url)
}

/// `/transactions`: money that came since then, from the row after `after` on.
pub(crate) fn since(base: &Url, since: Timestamp, after: Option<&ProviderRef>) -> Option<Url> {
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
