//! Addresses that calls are made below.

use thiserror::Error;
use url::Url;

/// Why an address cannot be one that calls are made below.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// No URL.
    #[error("no URL")]
    NotAUrl(#[source] url::ParseError),
    /// A URL that leads nowhere over HTTP, or that says more than where the other side is.
    #[error("not http(s)://host[/path]")]
    NotABase,
}

/// Reads an address that calls are made below: a host and perhaps a path, without credentials, query or fragment.
///
/// # Errors
/// [`BaseUrlError`] if nothing can be built on it.
pub fn base_url(text: &str) -> Result<Url, BaseUrlError> {
    let url: Url = text.parse().map_err(BaseUrlError::NotAUrl)?;
    let is_base = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    is_base.then_some(url).ok_or(BaseUrlError::NotABase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_host_and_perhaps_a_path() {
        for text in ["https://api.example", "http://127.0.0.1:8081/played", "https://api.example/"] {
            assert!(base_url(text).is_ok(), "{text}");
        }
        for text in
            ["", "api.example", "ftp://x", "https://key@host", "https://:pw@host", "https://h/?a=b", "https://h/#f"]
        {
            assert!(base_url(text).is_err(), "{text}");
        }
    }
}
