//! New secrets.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_standard_webhooks::{SECRET_BYTES, secret_of};

/// A secret that nobody has. Shown to its owner once.
pub(crate) fn fresh_secret() -> Result<SharedSecret, Unspecified> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes)?;
    secret_of(&bytes).ok_or(Unspecified)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_new_secret_is_like_no_other() {
        let secrets: BTreeSet<String> = (0..100).map(|_| fresh_secret().unwrap().expose().to_owned()).collect();
        assert_eq!(secrets.len(), 100);
        assert!(secrets.iter().all(|secret| secret.starts_with("whsec_") && secret.len() == 50), "{secrets:?}");
    }
}
