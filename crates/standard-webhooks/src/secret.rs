//! What an endpoint knows us by, in writing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mstore_pay_domain::account::SharedSecret;

/// Every secret starts so.
pub const SECRET_PREFIX: &str = "whsec_";
/// What a secret is made of: as many random bytes as the digest has.
pub const SECRET_BYTES: usize = 32;

/// The secret that is made of those bytes.
#[must_use]
pub fn secret_of(bytes: &[u8; SECRET_BYTES]) -> Option<SharedSecret> {
    SharedSecret::new(format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(bytes)))
}

/// The bytes that a secret is made of; `None`: it is none of this form.
pub(crate) fn bytes_of(secret: &SharedSecret) -> Option<Vec<u8>> {
    let written = secret.expose().strip_prefix(SECRET_PREFIX)?;
    BASE64_STANDARD.decode(written).ok().filter(|bytes| !bytes.is_empty())
}
