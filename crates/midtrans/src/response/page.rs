use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_outbound::json::Object;

use super::Unreadable;
use crate::page;

/// A page as it was answered. Neither the amount nor the order id is told.
#[derive(Debug)]
pub(crate) struct Page {
    /// What it is called among charges.
    pub(crate) name: ProviderRef,
    /// Where it is: the path has changed before, and is nobody's business.
    pub(crate) url: String,
}

impl Page {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        let object = Object::parse(body)?;
        let token = object.text("token").filter(|token| !token.is_empty());
        Ok(Self {
            name: token.and_then(|token| page::name(&token)).ok_or(Unreadable::Field("token"))?,
            url: object.text("redirect_url").ok_or(Unreadable::Field("redirect_url"))?,
        })
    }

    /// Reads that a page was closed.
    pub(crate) fn parse_closed(body: &[u8]) -> Result<(), Unreadable> {
        Object::parse(body)?.raw("canceled_at").map(|_at| ()).ok_or(Unreadable::Field("canceled_at"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_token_and_an_address() {
        let told = Page::parse(br#"{"token":"t-1","redirect_url":"https://app/x/t-1","tomorrow":1}"#).unwrap();
        assert_eq!((told.name.as_str(), told.url.as_str()), ("snap-t-1", "https://app/x/t-1"));
        assert!(Page::parse_closed(br#"{"canceled_at":"2025-06-03T13:09:39.776Z"}"#).is_ok());
        assert!(Page::parse_closed(b"{}").is_err() && Page::parse_closed(b"<html>").is_err());
        for bad in ["", "[]", r#"{"token":"t-1"}"#, r#"{"redirect_url":"u"}"#, r#"{"token":"","redirect_url":"u"}"#] {
            assert!(Page::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
