#![expect(clippy::indexing_slicing, reason = "a member that a JSON value does not have is null")]

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mstore_pay_domain::ids::BranchId;
use mstore_pay_domain::time::Timestamp;
use serde_json::Value;
use sha2::Sha256;

use super::{Authenticator, Caller, Right};
use crate::config::{JwtAlgorithm, JwtKey, JwtSettings, SecretText};

const SYSTEM_SECRET: &str = "a-secret-of-the-system-of-thirty-two-bytes";
const NAMED_SECRET: &str = "a-secret-with-a-name-of-at-least-32-bytes";
const NAMED: &str = "till";
const SIGNED: &str = "back-office";
/// The public key of the example in RFC 8037.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
const ISSUER: &str = "mstore";
const AUDIENCE: &str = "payments";
/// In the middle of the time that seeds are for: 2100-01-01.
const NOW_SECONDS: i64 = 4_102_444_800;

pub(crate) fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(door) = door() else { return };
    let now = Timestamp::from_micros(NOW_SECONDS * 1_000_000).unwrap_or(Timestamp::EPOCH);
    match text.split_once('\n') {
        None => {
            assert!(door.open(text, now).is_none() || is_signed(text), "{text:?}");
        }
        Some((head, claims)) => {
            let message = [head, claims].map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).join(".");
            let signed = |secret: &str| format!("{message}.{}", BASE64URL_NOPAD.encode(&mac(secret, &message)));
            let head: Value = serde_json::from_str(head).unwrap_or_default();
            for secret in [SYSTEM_SECRET, NAMED_SECRET] {
                if let Some(caller) = door.open(&signed(secret), now) {
                    assert!(is_pinned(&head, secret), "{head}");
                    says_who(&caller, claims);
                }
            }
            // A public key is known to everybody, and no signature at all to anybody.
            let by_nobody = [signed(PUBLIC_KEY), signed(""), format!("{message}."), message.clone()];
            assert!(by_nobody.iter().all(|token| door.open(token, now).is_none()), "{head}");
        }
    }
}

fn door() -> Option<Authenticator> {
    let key = |kid: &str, algorithm, key: &str| JwtKey {
        kid: kid.to_owned(),
        algorithm,
        key: SecretText::from(key.to_owned()),
    };
    let settings = JwtSettings {
        system_secret: Some(SecretText::from(SYSTEM_SECRET.to_owned())),
        keys: vec![key(NAMED, JwtAlgorithm::Hs256, NAMED_SECRET), key(SIGNED, JwtAlgorithm::EdDsa, PUBLIC_KEY)],
        issuer: Some(ISSUER.to_owned()),
        audience: Some(AUDIENCE.to_owned()),
    };
    let door = Authenticator::new(&settings, BTreeMap::new());
    assert!(door.is_ok());
    door.ok()
}

fn mac(secret: &str, message: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    mac.map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec()).unwrap_or_default()
}

/// Whether one of the secrets signed it.
fn is_signed(token: &str) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap_or_default();
    [SYSTEM_SECRET, NAMED_SECRET].iter().any(|secret| mac(secret, message) == signature)
}

/// Whether a head names the key that signed, and its algorithm.
fn is_pinned(head: &Value, secret: &str) -> bool {
    let key = if secret == NAMED_SECRET { Some(NAMED) } else { None };
    head["alg"] == "HS256" && head["kid"].as_str() == key
}

/// The claims say who it is, for whom, by whom, and that it is not over.
fn says_who(caller: &Caller, claims: &str) {
    let claims: Value = serde_json::from_str(claims).unwrap_or_default();
    assert_eq!(claims["merchantId"], caller.scope.merchant.as_str());
    let branch = claims["branchId"].as_str().filter(|branch| !branch.is_empty());
    assert_eq!(branch, caller.scope.branch.as_ref().map(BranchId::as_str));
    assert!(names(&claims["iss"], ISSUER) && names(&claims["aud"], AUDIENCE), "{claims}");
    assert!(claims["exp"].as_f64().is_some(), "{claims}");
    let rights = [Right::Read, Right::Sell, Right::Own, Right::SeeUnmatched, Right::KeepAccounts];
    let has_role = claims["role"].is_string() || claims["roles"].is_array();
    assert!(has_role || rights.iter().all(|right| !caller.rights.allow(*right)), "{claims}");
}

fn names(claim: &Value, wanted: &str) -> bool {
    claim == wanted || claim.as_array().is_some_and(|names| names.iter().any(|name| name == wanted))
}
