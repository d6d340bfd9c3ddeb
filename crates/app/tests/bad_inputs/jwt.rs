//! Broken tokens, each made from a good one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use crate::case::Values;

struct Good<'a> {
    claims: Value,
    secret: &'a str,
}

impl Good<'_> {
    /// A token of that header and these claims, signed with the right secret.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        sign::<Hmac<Sha256>>(header, claims, self.secret)
    }

    fn with(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[claim] = value;
        self.signed(&json!({"alg": "HS256", "typ": "JWT"}), &claims)
    }

    fn unsigned(&self, algorithm: &str) -> String {
        format!("{}.{}.", part(&json!({"alg": algorithm, "typ": "JWT"})), part(&self.claims))
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn sign<M: Mac + KeyInit>(header: &Value, claims: &Value, secret: &str) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The `TOKEN_*` values: what a forger makes of a token that is good.
pub(crate) fn broken(token: &str, secret: &str) -> Values {
    let [_, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("no JWT: {token}") };
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("claims are base64");
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    let good = Good { claims, secret };
    let mut richer = good.claims.clone();
    richer["merchantId"] = json!("M2");
    let head = json!({"alg": "HS256", "typ": "JWT"});
    let own_key = "a key that the forger has chosen alone";
    let embedded = json!({"alg": "HS256", "typ": "JWT",
        "jwk": {"kty": "oct", "k": URL_SAFE_NO_PAD.encode(own_key)}});
    let pointed = json!({"alg": "HS256", "typ": "JWT", "jku": "https://evil.example/keys.json", "kid": "evil"});
    [
        ("TOKEN_EXPIRED", good.with("exp", json!(1_700_000_000))),
        ("TOKEN_ALG_NONE", good.unsigned("none")),
        ("TOKEN_ALG_NONE_MIXED", good.unsigned("nOnE")),
        ("TOKEN_HS512", sign::<Hmac<Sha512>>(&json!({"alg": "HS512", "typ": "JWT"}), &good.claims, secret)),
        ("TOKEN_TAMPERED", format!("{}.{}.{signature}", part(&head), part(&richer))),
        ("TOKEN_JKU", sign::<Hmac<Sha256>>(&pointed, &good.claims, own_key)),
        ("TOKEN_EMBEDDED_JWK", sign::<Hmac<Sha256>>(&embedded, &good.claims, own_key)),
        ("TOKEN_WRONG_ISS", good.with("iss", json!("https://evil.example"))),
        ("TOKEN_WRONG_AUD", good.with("aud", json!("somebody-else"))),
        ("TOKEN_MERCHANT_OBJECT", good.with("merchantId", json!({"id": "M1"}))),
    ]
    .map(|(name, token)| (name.to_owned(), token))
    .into()
}
