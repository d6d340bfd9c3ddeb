//! Who may do what, and who sees whose.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::house::{House, MERCHANT, now, qris};

const SECRET: &[u8] = b"development-jwt-secret-not-for-production";

/// A token that says what it is told, signed with the development secret.
fn forge(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", data_encoding::BASE64URL_NOPAD.encode(&mac))
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
