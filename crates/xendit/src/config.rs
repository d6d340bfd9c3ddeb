//! How Xendit is reached and how its webhooks are verified.

use std::str::FromStr;

use mstore_pay_domain::ids::{IdError, ProviderId};
use mstore_pay_outbound::BaseUrlError;
use thiserror::Error;
use url::Url;

/// How Xendit is reached and how its webhooks are verified. Keys belong to the account, not here.
#[derive(Debug, Clone)]
pub struct XenditConfig {
    pub(crate) id: ProviderId,
    pub(crate) base_url: Url,
    pub(crate) api: XenditApi,
    pub(crate) verification: WebhookVerification,
}

/// Through which of Xendit's APIs charges are opened. Webhooks of both are understood in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum XenditApi {
    /// Payments API v3: all ten methods.
    #[default]
    V3,
    /// What came before it: QR Codes API (2022-07-31) for QRIS, Payments API v2 for the rest; no `GoPay`.
    V2,
}

/// A word that names no API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Xendit's API is neither `v3` nor `v2`")]
pub struct UnknownApi;

/// What proves that a webhook is Xendit's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookVerification {
    /// The account's token in `x-callback-token`: what Xendit itself sends.
    Token,
    /// A lower-case hex HMAC-SHA256 over the raw body in `X-Callback-Signature`: for relays that sign.
    Hmac,
}

/// A word that names no way of verifying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("webhook verification is neither `token` nor `hmac`")]
pub struct UnknownVerification;

/// Why an address cannot be Xendit's.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nothing can be built on it.
    #[error("Xendit's base URL cannot be used")]
    BaseUrl(#[from] BaseUrlError),
    /// The provider's name is no name.
    #[error("Xendit's name cannot be a provider id")]
    Name(#[source] IdError),
}

impl XenditConfig {
    /// What this provider is called.
    pub const ID: &'static str = "xendit";

    /// Takes the API's address, `https://api.xendit.co` or a sandbox's.
    ///
    /// # Errors
    /// [`ConfigError`] if nothing can be built on that address.
    pub fn new(base_url: &str, verification: WebhookVerification) -> Result<Self, ConfigError> {
        let base_url = mstore_pay_outbound::base_url(base_url)?;
        let id = ProviderId::parse(Self::ID).map_err(ConfigError::Name)?;
        Ok(Self { id, base_url, api: XenditApi::default(), verification })
    }

    /// The same, with charges opened through that API; without it, through v3.
    #[must_use]
    pub const fn with_api(mut self, api: XenditApi) -> Self {
        self.api = api;
        self
    }
}

impl XenditApi {
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::V2 => "v2",
        }
    }
}

impl FromStr for XenditApi {
    type Err = UnknownApi;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::V3, Self::V2].into_iter().find(|api| api.word() == text).ok_or(UnknownApi)
    }
}

impl FromStr for WebhookVerification {
    type Err = UnknownVerification;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "token" => Ok(Self::Token),
            "hmac" => Ok(Self::Hmac),
            _ => Err(UnknownVerification),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_host_is_refused() {
        assert!(XenditConfig::new("https://api.xendit.co", WebhookVerification::Token).is_ok());
        assert!(XenditConfig::new("api.xendit.co", WebhookVerification::Token).is_err());
    }

    #[test]
    fn the_api_is_named_exactly_and_is_v3_unless_it_is_named() {
        assert_eq!(("v2".parse(), "v3".parse()), (Ok(XenditApi::V2), Ok(XenditApi::V3)));
        for text in ["", "V3", "3", "v1", "v3 "] {
            assert_eq!(text.parse::<XenditApi>(), Err(UnknownApi), "{text:?}");
        }
        assert_eq!(XenditConfig::new("http://h", WebhookVerification::Token).unwrap().api, XenditApi::V3);
    }

    #[test]
    fn verification_is_named_exactly() {
        assert_eq!("token".parse(), Ok(WebhookVerification::Token));
        assert_eq!("hmac".parse(), Ok(WebhookVerification::Hmac));
        for text in ["", "none", "HMAC", "token "] {
            assert_eq!(text.parse::<WebhookVerification>(), Err(UnknownVerification), "{text:?}");
        }
    }
}
