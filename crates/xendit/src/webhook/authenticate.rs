//! What proves that a webhook is Xendit's.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use mstore_pay_domain::account::{SharedSecret, WebhookSecrets};
use mstore_pay_domain::webhook::RawWebhook;
use sha2::Sha256;

const TOKEN_HEADER: &str = "x-callback-token";
const SIGNATURE_HEADER: &str = "x-callback-signature";

/// The account's token, there once. It proves who sent the webhook and nothing of what it says.
pub(super) fn by_token(raw: &RawWebhook, secrets: &WebhookSecrets) -> bool {
    let Some(token) = raw.header(TOKEN_HEADER) else { return false };
    // Every secret is compared, so that the time taken does not tell which one was right.
    secrets.accepted().fold(false, |proven, secret| proven | secret.matches(token.as_bytes()))
}

/// A lower-case hex HMAC-SHA256 over the raw body, there once.
pub(super) fn by_signature(raw: &RawWebhook, secrets: &WebhookSecrets) -> bool {
    let signature = raw.header(SIGNATURE_HEADER).and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
    let Some(signature) = signature else { return false };
    secrets.accepted().fold(false, |proven, secret| proven | signed(&raw.body, &signature, secret))
}

fn signed(body: &[u8], signature: &[u8], secret: &SharedSecret) -> bool {
    Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"event\":\"payment.capture\"}";

    fn secrets() -> WebhookSecrets {
        let secret = |text| SharedSecret::new(text).unwrap();
        WebhookSecrets { current: secret("new-token"), previous: Some(secret("old-token")) }
    }

    fn raw(headers: &[(&str, &str)]) -> RawWebhook {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        RawWebhook { headers, body: BODY.to_vec() }
    }

    fn signature(key: &str, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(body);
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }

    #[track_caller]
    fn check_token(headers: &[(&str, &str)], want: bool) {
        assert_eq!(by_token(&raw(headers), &secrets()), want, "{headers:?}");
    }

    #[track_caller]
    fn check_signature(value: &str, want: bool) {
        assert_eq!(by_signature(&raw(&[(SIGNATURE_HEADER, value)]), &secrets()), want, "{value}");
    }

    #[test]
    fn the_token_in_force_and_the_one_before_are_accepted_and_nothing_else() {
        check_token(&[("x-callback-token", "new-token")], true);
        check_token(&[("X-Callback-Token", "old-token")], true);
        for value in ["", " ", "new-toke", "new-tokenx", "NEW-TOKEN", "new-token, new-token", "new-token "] {
            check_token(&[("x-callback-token", value)], false);
        }
        check_token(&[], false);
        check_token(&[("x-callback-token", "new-token"), ("x-callback-token", "new-token")], false);
        check_token(&[("authorization", "Bearer new-token")], false);
    }

    #[test]
    fn a_signature_covers_every_byte_of_the_body() {
        check_signature(&signature("new-token", BODY), true);
        check_signature(&signature("old-token", BODY), true);
        check_signature(&signature("new-token", b"{\"event\":\"payment.capture\" }"), false);
        check_signature(&signature("other", BODY), false);
        let cut: String = signature("new-token", BODY).chars().take(62).collect();
        check_signature(&cut, false);
        check_signature(&signature("new-token", BODY).to_uppercase(), false);
        check_signature("new-token", false);
        check_signature("", false);
    }

    #[test]
    fn a_secret_that_is_the_one_before_as_well_is_accepted() {
        let same = SharedSecret::new("token").unwrap();
        let secrets = WebhookSecrets { current: same.clone(), previous: Some(same) };
        assert!(by_token(&raw(&[(TOKEN_HEADER, "token")]), &secrets));
        assert!(by_signature(&raw(&[(SIGNATURE_HEADER, &signature("token", BODY))]), &secrets));
    }

    #[test]
    fn a_token_is_no_signature_and_a_signature_no_token() {
        assert!(!by_signature(&raw(&[("x-callback-token", "new-token")]), &secrets()));
        assert!(!by_token(&raw(&[(SIGNATURE_HEADER, &signature("new-token", BODY))]), &secrets()));
    }
}
