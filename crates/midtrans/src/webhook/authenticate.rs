//! What proves that a notification is Midtrans'.

use data_encoding::HEXLOWER;
use mstore_pay_domain::account::{SharedSecret, WebhookSecrets};
use mstore_pay_outbound::json::Object;
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

/// Digits of a `status_code`.
const CODE_DIGITS: usize = 3;

/// A lower-case hex SHA-512 over order id, code, amount and key, which stands in the body.
///
/// The texts are taken exactly as sent: an amount that was read and written again would no longer be signed. What is
/// not among them, the state above all, is nobody's word until Midtrans was asked.
pub(super) fn by_signature(body: &[u8], secrets: &WebhookSecrets) -> bool {
    let Some((signed, signature)) = signed_texts(body) else { return false };
    // Every secret is compared, so that the time taken does not tell which one was right.
    secrets.accepted().fold(false, |proven, secret| proven | is_signed(&signed, &signature, secret))
}

/// What the signature is over, but for the key, and the signature. A body that says anything twice proves nothing.
///
/// Nothing stands between the texts: a code that is not one of Midtrans' could have borrowed digits of the order id, or
/// lent it some.
fn signed_texts(body: &[u8]) -> Option<(String, Vec<u8>)> {
    let body = Object::parse(body).ok()?;
    let code = body.text("status_code").filter(|code| code.len() == CODE_DIGITS && is_code(code))?;
    let texts = [body.text("order_id")?, code, body.text("gross_amount")?];
    let signature = HEXLOWER.decode(body.text("signature_key")?.as_bytes()).ok()?;
    Some((texts.concat(), signature))
}

/// Codes are of the classes of HTTP statuses.
fn is_code(text: &str) -> bool {
    text.starts_with(['1', '2', '3', '4', '5']) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_signed(signed: &str, signature: &[u8], secret: &SharedSecret) -> bool {
    let ours = Sha512::new().chain_update(signed).chain_update(secret.expose()).finalize();
    ours.as_slice().ct_eq(signature).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> WebhookSecrets {
        let secret = |text| SharedSecret::new(text).unwrap();
        WebhookSecrets { current: secret("SB-Mid-server-new"), previous: Some(secret("SB-Mid-server-old")) }
    }

    fn signature(key: &str) -> String {
        HEXLOWER.encode(&Sha512::digest(format!("TRX-1~a20033000.00{key}")))
    }

    fn body(amount: &str, signature: &str) -> String {
        format!(
            r#"{{"order_id":"TRX-1~a","status_code":"200","gross_amount":{amount},"transaction_status":"settlement","signature_key":"{signature}"}}"#
        )
    }

    #[track_caller]
    fn check(body: &str, want: bool) {
        assert_eq!(by_signature(body.as_bytes(), &secrets()), want, "{body}");
    }

    #[test]
    fn the_key_in_force_and_the_one_before_sign_and_no_other() {
        for (key, want) in [("SB-Mid-server-new", true), ("SB-Mid-server-old", true), ("SB-Mid-server-x", false)] {
            check(&body("\"33000.00\"", &signature(key)), want);
        }
    }

    #[test]
    fn a_key_that_is_the_one_before_as_well_signs() {
        let same = SharedSecret::new("SB-Mid-server-new").unwrap();
        let secrets = WebhookSecrets { current: same.clone(), previous: Some(same) };
        let signed = body("\"33000.00\"", &signature("SB-Mid-server-new"));
        assert!(by_signature(signed.as_bytes(), &secrets));
    }

    #[test]
    fn the_amount_counts_as_it_was_written() {
        let signature = signature("SB-Mid-server-new");
        for other in ["\"33000\"", "\"33000.0\"", "33000.00", "\"93000.00\"", "null"] {
            check(&body(other, &signature), false);
        }
    }

    #[test]
    fn a_signature_is_lower_case_and_whole() {
        let good = signature("SB-Mid-server-new");
        let cut: String = good.chars().take(126).collect();
        for bad in [good.to_uppercase(), cut, String::new(), format!("{good}00"), "not hex".to_owned()] {
            check(&body("\"33000.00\"", &bad), false);
        }
        let twice = body("\"33000.00\"", &good).replace("\"status_code\"", "\"order_id\":\"TRX-1~a\",\"status_code\"");
        check(&twice, false);
        for nothing in ["", "{}", "[]", "null"] {
            check(nothing, false);
        }
    }

    #[test]
    fn digits_cannot_wander_between_the_order_id_and_the_code() {
        let signature = signature("SB-Mid-server-new");
        let wandered = |order: &str, code: &str, amount: &str| {
            body(amount, &signature)
                .replace("\"TRX-1~a\"", &format!("\"{order}\""))
                .replace("\"200\"", &format!("\"{code}\""))
        };
        check(&wandered("TRX-1~a", "200", "\"33000.00\""), true);
        check(&wandered("TRX-1~a2", "00", "\"33000.00\""), false);
        check(&wandered("TRX-1~a2", "003", "\"3000.00\""), false);
        check(&wandered("TRX-1~a20", "03", "\"3000.00\""), false);
    }

    #[test]
    fn the_state_is_not_signed() {
        let good = body("\"33000.00\"", &signature("SB-Mid-server-new"));
        check(&good.replace("settlement", "deny"), true);
    }
}
