//! The list of transactions, which shows money whichever API it came through.

use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::ports::Period;
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

/// `/transactions`: money that came within a period, from the row after `after` on.
pub(crate) fn within(base: &Url, period: Period, after: Option<&ProviderRef>) -> Option<Url> {
    let mut url = below(base, &["transactions"])?;
    url.query_pairs_mut()
        .append_pair("types", "PAYMENT")
        .append_pair("statuses", "SUCCESS")
        .append_pair("updated[gte]", &period.from.to_string())
        .append_pair("limit", PAGE_ROWS_MAX);
    if let Some(until) = period.until {
        url.query_pairs_mut().append_pair("updated[lte]", &until.to_string());
    }
    if let Some(after) = after {
        url.query_pairs_mut().append_pair("after_id", after.as_str());
    }
    Some(url)
}
