//! What proves that a body came from here, and when.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mstore_pay_domain::account::SharedSecret;
use sha2::Sha256;

use crate::secret::bytes_of;

/// The scheme of these signatures, which stands before each.
const SCHEME: &str = "v1";

/// One signature for each secret, with a space between; `None`: a secret is not of the form that signs.
pub(crate) fn signatures(secrets: &[SharedSecret], id: &str, seconds: i64, body: &str) -> Option<String> {
    let sign = |secret: &SharedSecret| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes_of(secret)?).ok()?;
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        Some(format!("{SCHEME},{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    };
    let all: Vec<String> = secrets.iter().map(sign).collect::<Option<_>>()?;
    (!all.is_empty()).then(|| all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn signed(secrets: &[&str], id: &str) -> Option<String> {
        let secrets: Vec<SharedSecret> = secrets.iter().map(|secret| SharedSecret::new(*secret).unwrap()).collect();
        signatures(&secrets, id, 1_614_265_330, r#"{"test": 2432232314}"#)
    }

    /// The example that the specification's own libraries are tested with.
    #[test]
    fn a_body_is_signed_as_the_specification_has_it() {
        let want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed(&[SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek").as_deref(), Some(want));
    }

    #[test]
    fn each_secret_signs_and_what_is_no_secret_does_not() {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let both = signed(&[SECRET, other], "msg_1").unwrap();
        let one_by_one: Vec<String> = [SECRET, other].iter().map(|of| signed(&[*of], "msg_1").unwrap()).collect();
        assert_eq!(both, one_by_one.join(" "));
        for none in ["whsec_", "whsec_%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(signed(&[none], "msg_1"), None, "{none}");
        }
        assert_eq!(signed(&[], "msg_1"), None);
    }
}
