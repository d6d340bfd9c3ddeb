//! How Xendit is reached and how its webhooks are verified.

use std::str::FromStr;

use mstore_pay_domain::ids::{IdError, ProviderId};
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
    /// No URL.
    #[error("Xendit's base URL is no URL")]
    NotAUrl(#[source] url::ParseError),
    /// A URL that leads nowhere over HTTP, or that says more than where the API is.
    #[error("Xendit's base URL is not http(s)://host[/path]")]
    NotABase,
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
        let base_url: Url = base_url.parse().map_err(ConfigError::NotAUrl)?;
        let is_base = matches!(base_url.scheme(), "http" | "https")
            && base_url.has_host()
            && base_url.username().is_empty()
            && base_url.password().is_none()
            && base_url.query().is_none()
            && base_url.fragment().is_none();
        if !is_base {
            return Err(ConfigError::NotABase);
        }
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
    fn a_base_is_a_host_and_perhaps_a_path() {
        for text in ["https://api.xendit.co", "http://127.0.0.1:8081/xendit", "https://api.xendit.co/"] {
            assert!(XenditConfig::new(text, WebhookVerification::Token).is_ok(), "{text}");
        }
        for text in
            ["", "api.xendit.co", "ftp://x", "https://key@host", "https://host/?a=b", "mailto:a@b", "https://h/#f"]
        {
            assert!(XenditConfig::new(text, WebhookVerification::Token).is_err(), "{text}");
        }
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
