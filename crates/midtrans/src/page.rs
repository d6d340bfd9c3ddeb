//! Names of pages. A page's token and a transaction's id look alike, and calls about them go to different places: among
//! charges' ids a page is told by what stands before its token.

use mstore_pay_domain::ids::ProviderRef;

const PREFIX: &str = "snap-";

/// What a page is called among charges.
pub(crate) fn name(token: &str) -> Option<ProviderRef> {
    ProviderRef::parse(format!("{PREFIX}{token}")).ok()
}

/// The token of what is called so, if it is a page.
pub(crate) fn token(name: &ProviderRef) -> Option<&str> {
    name.as_str().strip_prefix(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_a_transaction() {
        let page = name("66e4fa55-fdac-4ef9-91b5-733b97d1b862").unwrap();
        assert_eq!(token(&page), Some("66e4fa55-fdac-4ef9-91b5-733b97d1b862"));
        let transaction = ProviderRef::parse("66e4fa55-fdac-4ef9-91b5-733b97d1b862").unwrap();
        assert_eq!(token(&transaction), None);
        assert_eq!(name("no\nname"), None);
    }
}
