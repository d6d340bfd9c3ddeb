//! Asking for payments.

use serde_json::{Value, json};

use crate::house::{House, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";

/// The request with one field changed.
fn with(name: &str, value: Value) -> Value {
    let mut body = qris("TRX-1", 33_000);
    body[name] = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_for_is_refused_with_its_reason() {
    let house = House::open().await;
    for (name, value, code) in [
        ("order_code", json!("a/b"), "invalid_order_code"),
        ("order_code", json!("A".repeat(51)), "invalid_order_code"),
        ("order_code", json!(null), "invalid_field"),
        ("method", json!("cash"), "method_unsupported"),
        ("amount", json!("33000"), "invalid_field"),
        ("amount", json!(0), "invalid_field"),
        ("amount", json!(-1), "invalid_field"),
        ("amount", json!(33000.5), "amount_not_whole"),
        ("amount", json!(10_000_001), "amount_above_maximum"),
        ("currency", json!("USD"), "currency_unsupported"),
        ("customer_email", json!("nobody"), "invalid_email"),
        ("customer_phone", json!("12"), "invalid_field"),
        ("customer_name", json!("a\u{0}b"), "invalid_field"),
        ("success_url", json!("http://pos.example.com"), "invalid_url"),
        ("failure_url", json!("https://127.0.0.1/"), "invalid_url"),
        ("card_token_id", json!("4111111111111111"), "card_data_not_accepted"),
        ("card_token_id", json!("4111-1111"), "card_data_not_accepted"),
        ("card_number", json!("4111111111111111"), "card_data_not_accepted"),
        ("description", json!("kartu 4111 1111 1111 1111"), "card_data_not_accepted"),
        ("expires_in_seconds", json!(59), "invalid_field"),
        ("expires_in_seconds", json!(60.5), "invalid_field"),
        ("metadata", json!({"a": 1}), "invalid_field"),
        ("device_id", json!(""), "invalid_field"),
        ("switch_confirmed", json!("yes"), "invalid_field"),
    ] {
        let answer = house.post(PAYMENTS).json(&with(name, value.clone())).check(422, code).await;
        let errors = answer.json()["errors"].clone();
        let named = errors.as_array().is_some_and(|faults| faults.iter().any(|f| f["pointer"] == format!("/{name}")));
        assert!(named, "{name}: {value}: {errors}");
    }
    assert!(house.charges_of("TRX-1").await.is_empty(), "the provider heard of what was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_are_exact_in_every_spelling_and_go_out_as_integers() {
    let house = House::open().await;
    for (order, spelling) in [("TRX-A", "33000"), ("TRX-B", "33000.0"), ("TRX-C", "33000.00"), ("TRX-D", "3.3e4")] {
        let body = format!(r#"{{"order_code":"{order}","method":"qris","amount":{spelling},"currency":"IDR"}}"#);
        let answer = house.post(PAYMENTS).body("application/json", body).send().await;
        answer.expect_status(200);
        let text = String::from_utf8(answer.bytes).unwrap();
        assert!(text.contains(r#""amount":33000,"#), "{spelling}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_change_nothing() {
    let house = House::open().await;
    let answer = house.post(PAYMENTS).json(&with("status", json!("paid"))).send().await;
    answer.expect_status(200);
    assert_eq!(answer.data()["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_gets_the_same_payment_without_any_key() {
    let house = House::open().await;
    let first = house.pay_by_qris("TRX-1", 33_000).await;
    let again = house.pay_by_qris("TRX-1", 33_000).await;
    assert_eq!(first["payment_id"], again["payment_id"]);
    assert_eq!(house.charges_of("TRX-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_takes_the_place_of_the_first_and_closes_it() {
    let house = House::open().await;
    let first = house.pay_by_qris("TRX-1", 33_000).await;
    let second = house.pay_by_qris("TRX-1", 34_000).await;
    assert_ne!(first["payment_id"], second["payment_id"]);
    assert_eq!(second["attempt"], 2);
    let old = house.until_status(&first["payment_id"], "canceled").await;
    assert_eq!(old["status_reason"], "superseded");
    assert_eq!(old["qr_string"], Value::Null, "a withdrawn QR is still shown: {old}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_is_not_paid_again() {
    let house = House::open().await;
    let first = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&first["payment_id"], "paid").await;
    let answer = house.post(PAYMENTS).json(&qris("TRX-1", 33_000)).check(409, "order_already_paid").await;
    assert_eq!(answer.json()["payment"]["payment_id"], first["payment_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_followed_by_another_qr_under_the_same_payment() {
    let house = House::open().await;
    let rules = json!([{"provider": "xendit", "operation": "open", "effect": "disconnect_after", "times": 1}]);
    house.control(reqwest::Method::PUT, "faults", &rules).await;
    let data = house.pay_by_qris("TRX-1", 33_000).await;
    assert_eq!(data["status"], "pending");
    let charges = house.charges_of("TRX-1").await;
    assert_eq!(charges.len(), 2, "{charges:?}");
    assert!(charges.iter().any(|charge| charge["id"] == data["reference_id"]), "{charges:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_provider_the_till_is_told_when_to_come_back() {
    let house = House::open_with(&["--xendit-base-url=http://127.0.0.1:9/xendit"]).await;
    let answer = house.post(PAYMENTS).json(&qris("TRX-1", 33_000)).check(503, "provider_unavailable").await;
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_merchant_that_sells_too_often_does_not_slow_the_others() {
    let house = House::open_with(&["--create-rate-limit=2"]).await;
    for order in ["TRX-1", "TRX-2"] {
        house.pay_by_qris(order, 1_000).await;
    }
    let answer = house.post(PAYMENTS).json(&qris("TRX-3", 1_000)).check(429, "rate_limited").await;
    assert!(!answer.header("retry-after").is_empty());
    let other = house.as_cashier_of("M2", reqwest::Method::POST, PAYMENTS).json(&qris("TRX-3", 1_000));
    other.send().await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_till_that_sells_too_often_does_not_slow_the_others_of_its_merchant() {
    let house = House::open_with(&["--till-rate-limit=2"]).await;
    let sell = |order: &str, till: &str| house.post(PAYMENTS).header("x-device-id", till).json(&qris(order, 1_000));
    for order in ["TRX-1", "TRX-2"] {
        sell(order, "KASIR-1").send().await.expect_status(200);
    }
    let answer = sell("TRX-3", "KASIR-1").check(429, "rate_limited").await;
    assert!(!answer.header("retry-after").is_empty());
    sell("TRX-3", "KASIR-2").send().await.expect_status(200);
    let mut named_in_the_body = qris("TRX-4", 1_000);
    named_in_the_body["device_id"] = "KASIR-1".into();
    house.post(PAYMENTS).json(&named_in_the_body).check(429, "rate_limited").await;
    // Who names no till counts by the user.
    house.post(PAYMENTS).json(&qris("TRX-4", 1_000)).send().await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_merchant_that_asks_too_often_whatever_for_does_not_slow_the_others() {
    let house = House::open_with(&["--merchant-rate-limit=2"]).await;
    house.pay_by_qris("TRX-1", 1_000).await;
    house.get(PAYMENTS).send().await.expect_status(200);
    for path in [PAYMENTS, "/api/v1/pos/methods", "/api/v1/pos/exceptions", "/api/v1/transactions/TRX-1"] {
        let answer = house.get(path).check(429, "rate_limited").await;
        assert!(!answer.header("retry-after").is_empty(), "{path}");
    }
    let other = house.as_cashier_of("M2", reqwest::Method::GET, PAYMENTS);
    other.send().await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_is_a_whole_number_in_every_spelling() {
    let house = House::open().await;
    for (order, spelling) in [("TRX-A", "90"), ("TRX-B", "90.0"), ("TRX-C", "90.00")] {
        let body = format!(
            r#"{{"order_code":"{order}","method":"qris","amount":1000,"currency":"IDR","expires_in_seconds":{spelling}}}"#
        );
        house.post(PAYMENTS).body("application/json", body).send().await.expect_status(200);
    }
}
