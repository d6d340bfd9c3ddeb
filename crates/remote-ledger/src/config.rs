//! Where the service is, and what it is shown.

use std::time::Duration;

use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_outbound::BaseUrlError;
use url::Url;

/// How long a payment may take to be booked: a worker waits for it, no till.
const BOOK_SECONDS_MAX: u64 = 10;
/// How long an order may take to be found. Selling gives up sooner; this ends what nobody waits for any more.
const RESOLVE_SECONDS_MAX: u64 = 2;

/// Where a transaction service is, and what it is shown.
#[derive(Debug, Clone)]
pub struct RemoteLedgerConfig {
    base_url: Url,
    pub(crate) token: Option<SharedSecret>,
    pub(crate) book_within: Duration,
    pub(crate) resolve_within: Duration,
}

impl RemoteLedgerConfig {
    /// Takes the service's address.
    ///
    /// # Errors
    /// [`BaseUrlError`] if nothing can be built on that address.
    pub fn new(base_url: &str) -> Result<Self, BaseUrlError> {
        let base_url = mstore_pay_outbound::base_url(base_url)?;
        let (book_within, resolve_within) =
            (Duration::from_secs(BOOK_SECONDS_MAX), Duration::from_secs(RESOLVE_SECONDS_MAX));
        Ok(Self { base_url, token: None, book_within, resolve_within })
    }

    /// The same, showing that bearer token with each call.
    #[must_use]
    pub fn with_token(self, token: SharedSecret) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The same, waiting no longer than this for an answer.
    #[must_use]
    pub const fn within(mut self, longest: Duration) -> Self {
        self.book_within = longest;
        self.resolve_within = longest;
        self
    }

    pub(crate) fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Url {
        self.below(&["merchants", merchant.as_str(), "orders", code.as_str()])
    }

    pub(crate) fn payments(&self, merchant: &MerchantId, code: &OrderCode) -> Url {
        self.below(&["merchants", merchant.as_str(), "orders", code.as_str(), "payments"])
    }

    fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        // A URL with a host always has segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base_url: &str, code: &str, want: &str) {
        let config = RemoteLedgerConfig::new(base_url).unwrap();
        let (merchant, code) = (MerchantId::parse("M1").unwrap(), OrderCode::parse(code).unwrap());
        assert_eq!(config.order(&merchant, &code).as_str(), want);
    }

    #[test]
    fn an_order_has_one_path_whatever_its_code() {
        check("https://pos.example", "TRX-1", "https://pos.example/merchants/M1/orders/TRX-1");
        check("http://127.0.0.1:9/ledger/", "a~b._c", "http://127.0.0.1:9/ledger/merchants/M1/orders/a~b._c");
    }
}
