//! What Xendit is sent: pure. Here what all its APIs share; beneath, what is each one's own.

pub(crate) mod qr_code;
pub(crate) mod refunds;
pub(crate) mod session;
pub(crate) mod transactions;
pub(crate) mod v2;
pub(crate) mod v3;

use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::OpenCharge;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use url::Url;

/// Xendit's own limit for `description`.
const DESCRIPTION_CHARS_MAX: usize = 1_000;
/// The name that a bank shows beside a virtual account's number. Banks take letters and spaces only.
const DISPLAY_NAME: &str = "MStore";
/// Rows asked for at once; Xendit's other lists go no further.
const PAGE_ROWS_MAX: &str = "50";

/// An idempotency key and the header that carries it, which is not the same everywhere.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) header: &'static str,
    pub(crate) value: String,
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

/// The body of a simulated payment of that amount.
pub(crate) fn simulate_body(amount: &Money) -> Result<String, serde_json::Error> {
    serde_json::to_string(&SimulateBody { amount: Exact(amount) })
}

/// The order code, so that staff find it in Xendit's dashboard.
fn metadata(charge: &OpenCharge) -> Metadata<'_> {
    Metadata { order_code: charge.order_code.as_str() }
}

/// The description as Xendit takes it, if there is any.
fn described(charge: &OpenCharge) -> Option<String> {
    let cut = charge.description.as_ref().map(|text| text.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>());
    cut.filter(|text| !text.is_empty())
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
