//! Who may do what, and who sees whose.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::house::{House, MERCHANT, now, qris};

const SECRET: &[u8] = b"development-jwt-secret-not-for-production";

/// A token that says what it is told, signed with the development secret.
fn forge(header: &Value, claims: &Value) -> String {
    forge_with(header, claims, hmac(SECRET))
}

/// A token that says what it is told, signed in that way.
fn forge_with(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", data_encoding::BASE64URL_NOPAD.encode(&signature))
}

fn hmac(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    |bytes| Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(bytes).finalize().into_bytes().to_vec()
}

/// A public key as the configuration takes it.
fn pem(der: &[u8]) -> String {
    let lines = base64::prelude::BASE64_STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
}

/// An RSA key, and how one signs with it.
fn rsa() -> (String, impl Fn(&[u8]) -> Vec<u8>) {
    let key = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
    let public = key.public_key().as_der().unwrap();
    let sign = move |bytes: &[u8]| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).unwrap();
        signature
    };
    (pem(public.as_ref()), sign)
}

/// An Ed25519 key, and how one signs with it.
fn ed25519() -> (String, impl Fn(&[u8]) -> Vec<u8>) {
    let key = Ed25519KeyPair::generate().unwrap();
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    (pem(public.as_ref()), move |bytes: &[u8]| key.sign(bytes).as_ref().to_vec())
}

fn claims(changes: &Value) -> Value {
    let now = now().to_datetime().timestamp();
    let mut claims = json!({
        "merchantId": MERCHANT, "userId": 7, "role": "L0_CASHIER", "iss": "mstore", "aud": "mstore",
        "iat": now, "exp": now + 600
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_token_gets_the_same_answer() {
    let house = House::open().await;
    let good = json!({"typ": "JWT", "alg": "HS256"});
    let past = now().minus(Duration::from_hours(1)).to_datetime().timestamp();
    let later = now().plus(Duration::from_hours(1)).to_datetime().timestamp();
    let tokens = [
        String::new(),
        "abc".to_owned(),
        "a.b.c".to_owned(),
        "A".repeat(16_384),
        forge(&json!({"typ": "JWT", "alg": "none"}), &claims(&json!({}))),
        forge(&json!({"typ": "JWT", "alg": "HS512"}), &claims(&json!({}))),
        forge(&json!({"typ": "JWT", "alg": "HS256", "kid": "../../dev/null"}), &claims(&json!({}))),
        forge(&good, &claims(&json!({"exp": past}))),
        forge(&good, &claims(&json!({"exp": null}))),
        forge(&good, &claims(&json!({"nbf": later}))),
        forge(&good, &claims(&json!({"iat": later}))),
        forge(&good, &claims(&json!({"iss": "others"}))),
        forge(&good, &claims(&json!({"iss": null}))),
        forge(&good, &claims(&json!({"aud": "others"}))),
        forge(&good, &claims(&json!({"aud": null}))),
        forge(&good, &claims(&json!({"merchantId": {"a": 1}}))),
        forge(&good, &claims(&json!({"merchantId": ""}))),
        forge(&good, &claims(&json!({"merchantId": null}))),
        format!("{}x", forge(&good, &claims(&json!({})))),
    ];
    let path = "/api/v1/pos/payments";
    let mut bodies = Vec::new();
    for token in &tokens {
        let call = house.bare(Method::POST, path).header("x-request-id", "same").bearer(token);
        let answer = call.json(&qris("TRX-1", 1_000)).check(401, "unauthorized").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        bodies.push(answer.bytes);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "the answers tell the faults apart");
    let fine = house.bare(Method::POST, path).bearer(&forge(&good, &claims(&json!({}))));
    fine.json(&qris("TRX-1", 1_000)).send().await.expect_status(200);
    let query = format!("{path}?access_token={}", forge(&good, &claims(&json!({}))));
    house.bare(Method::POST, &query).json(&qris("TRX-1", 1_000)).check(401, "unauthorized").await;
}

/// Asks with that token; whether it was let in.
async fn is_let_in(house: &House, token: &str) -> bool {
    let answer = house.bare(Method::GET, "/api/v1/pos/methods").bearer(token).send().await;
    assert!([200, 401].contains(&answer.status.as_u16()), "{answer:?}");
    answer.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_chooses_among_configured_keys_and_never_how_it_is_verified() {
    let (rsa_public, rsa_sign) = rsa();
    let (ed_public, ed_sign) = ed25519();
    let (_, strangers_sign) = rsa();
    let [old, new] = [b"the-key-before-the-rotation-of-keys".as_slice(), b"the-key-after-the-rotation-of-keys-1"];
    let text = |secret: &[u8]| String::from_utf8(secret.to_vec()).unwrap();
    let hs = |kid: &str, secret: &[u8]| json!({"kid": kid, "algorithm": "HS256", "key": text(secret)});
    let (of_rsa, of_ed) = (
        json!({"kid": "rsa", "algorithm": "RS256", "key": rsa_public}),
        json!({"kid": "ed", "algorithm": "EdDSA", "key": ed_public}),
    );
    let keys = json!([hs("old", old), hs("new", new), of_rsa, of_ed]);
    let house = House::open_with(&[&format!("--jwt-keys={keys}")]).await;
    let (header, claims) = (|alg: &str, kid: &str| json!({"typ": "JWT", "alg": alg, "kid": kid}), claims(&json!({})));
    let of_old = forge_with(&header("HS256", "old"), &claims, hmac(old));
    for (good, token) in [
        ("the key before", of_old.clone()),
        ("the key after", forge_with(&header("HS256", "new"), &claims, hmac(new))),
        ("an RSA key", forge_with(&header("RS256", "rsa"), &claims, &rsa_sign)),
        ("an Ed25519 key", forge_with(&header("EdDSA", "ed"), &claims, &ed_sign)),
        ("no name, the secret of the system", forge(&json!({"alg": "HS256"}), &claims)),
    ] {
        assert!(is_let_in(&house, &token).await, "{good}");
    }
    let inline = |name: &str, value: Value| {
        let mut header = header("RS256", "rsa");
        header[name] = value;
        header
    };
    for (bad, token) in [
        ("another's name", forge_with(&header("HS256", "new"), &claims, hmac(old))),
        ("a name of nobody", forge_with(&header("HS256", "newer"), &claims, hmac(new))),
        ("no name", forge_with(&json!({"alg": "HS256"}), &claims, hmac(new))),
        ("the secret of the system under a name", forge(&header("HS256", "new"), &claims)),
        ("the public key as a secret", forge_with(&header("HS256", "rsa"), &claims, hmac(rsa_public.as_bytes()))),
        ("another public key as a secret", forge_with(&header("HS256", "ed"), &claims, hmac(ed_public.as_bytes()))),
        ("a secret as a public key", forge_with(&header("RS256", "new"), &claims, &rsa_sign)),
        ("no signature", forge_with(&header("none", "rsa"), &claims, |_| Vec::new())),
        ("no signature under a good name", forge_with(&header("RS256", "rsa"), &claims, |_| Vec::new())),
        ("a stranger's key", forge_with(&header("RS256", "rsa"), &claims, &strangers_sign)),
        ("a key of its own", forge_with(&inline("jwk", json!({"kty": "oct", "k": "AA"})), &claims, &strangers_sign)),
        ("a key elsewhere", forge_with(&inline("jku", json!("https://evil.example/k")), &claims, &strangers_sign)),
    ] {
        assert!(!is_let_in(&house, &token).await, "{bad}");
    }
    let house = house.reopen_with(&[&format!("--jwt-keys={}", json!([hs("new", new)]))]).await;
    assert!(!is_let_in(&house, &of_old).await, "its key is configured no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clocks_of_others_may_differ_by_a_minute() {
    let house = House::open().await;
    let good = json!({"typ": "JWT", "alg": "HS256"});
    let now = now().to_datetime().timestamp();
    for changes in [json!({"exp": now - 30}), json!({"nbf": now + 30}), json!({"iat": now + 30})] {
        let call = house.bare(Method::GET, "/api/v1/pos/exceptions").bearer(&forge(&good, &claims(&changes)));
        call.send().await.expect_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_merchant_is_not_there() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    for id in [&payment["payment_id"], &payment["reference_id"]] {
        let path = format!("/api/v1/pos/payments/{}", id.as_str().unwrap());
        house.get(&path).send().await.expect_status(200);
        let other = |method, tail: &str| house.as_cashier_of("M2", method, &format!("{path}{tail}"));
        other(Method::GET, "").check(404, "not_found").await;
        other(Method::GET, "/timeline").check(404, "not_found").await;
        other(Method::GET, "/events").check(404, "not_found").await;
        other(Method::GET, "/qr.svg").check(404, "not_found").await;
        other(Method::POST, "/cancel").check(404, "not_found").await;
        other(Method::POST, "/simulate").json(&json!({"amount": 33000})).check(404, "not_found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_merchants_may_use_the_same_order_code_and_key() {
    let house = House::open().await;
    let mut ids = Vec::new();
    for merchant in [MERCHANT, "M2"] {
        let call = house.as_cashier_of(merchant, Method::POST, "/api/v1/pos/payments");
        let answer = call.header("idempotency-key", "same").json(&qris("TRX-1", 33_000)).send().await;
        answer.expect_status(200);
        assert_eq!(answer.header("idempotent-replayed"), "");
        ids.push(answer.data()["payment_id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_bound_to_a_branch_sees_its_branch_and_one_without_sees_all() {
    let house = House::open().await;
    let create = |branch| {
        let call = house.bare(Method::POST, "/api/v1/pos/payments");
        call.bearer(&house.token_of(MERCHANT, branch, "L0_CASHIER"))
    };
    let of_one = create(Some("B1")).json(&qris("TRX-1", 1_000)).send().await.data();
    let path = format!("/api/v1/pos/payments/{}", of_one["payment_id"].as_str().unwrap());
    for (branch, status) in [(Some("B1"), 200), (Some("B2"), 404), (None, 200)] {
        let call = house.bare(Method::GET, &path).bearer(&house.token_of(MERCHANT, branch, "L0_VIEWER"));
        assert_eq!(call.send().await.status.as_u16(), status, "{branch:?}");
    }
}
