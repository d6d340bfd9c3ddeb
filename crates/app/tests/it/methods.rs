//! Ten methods: asked for, put before the customer, paid, and seen to be paid by webhook.

use reqwest::Method as Verb;
use serde_json::{Value, json};

use crate::house::{House, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";

/// A request for a method, with what it needs of its own.
fn asked(order: &str, method: &str, own: &Value) -> Value {
    let mut body = qris(order, 33_000);
    body["method"] = json!(method);
    for (name, value) in own.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Asks for it, checks what is put before the customer, pays it, and waits until the till is told.
async fn check(house: &House, method: &str, own: &Value, channel: &str, shown: &[&str]) -> Value {
    let order = format!("TRX-{method}");
    let answer = house.post(PAYMENTS).json(&asked(&order, method, own)).send().await;
    answer.expect_status(200);
    let opened = answer.data();
    assert_eq!((&opened["channel_code"], &opened["status"]), (&json!(channel), &json!("pending")), "{opened}");
    for field in ["qr_string", "va_number", "bank_code", "checkout_url", "deeplink_url"] {
        let is_there = opened[field].as_str().is_some_and(|text| !text.is_empty());
        assert_eq!(is_there, shown.contains(&field), "{method} {field}: {opened}");
    }
    house.customer_pays(&order, true).await;
    let paid = house.until_status(&opened["payment_id"], "paid").await;
    assert_eq!(paid["payment_method"], method.to_uppercase().as_str(), "{paid}");
    assert!(paid["paid_at"].is_string(), "{paid}");
    paid
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_paid_from_what_it_shows() {
    let house = House::open().await;
    let nothing = json!({});
    check(&house, "qris", &nothing, "QR_CODE", &["qr_string"]).await;
    check(&house, "gopay", &nothing, "EWALLET", &["checkout_url", "deeplink_url"]).await;
    check(&house, "ovo", &json!({"customer_phone": "08123456789"}), "EWALLET", &[]).await;
    check(&house, "dana", &nothing, "EWALLET", &["checkout_url"]).await;
    check(&house, "shopeepay", &nothing, "EWALLET", &["checkout_url"]).await;
    for bank in ["va_bca", "va_bni", "va_bri", "va_mandiri"] {
        check(&house, bank, &nothing, "VIRTUAL_ACCOUNT", &["va_number", "bank_code"]).await;
    }
    check(&house, "credit_card", &nothing, "CARDS", &["checkout_url"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_charged_by_its_token_and_the_token_is_not_told_again() {
    let house = House::open().await;
    let paid = check(&house, "credit_card", &json!({"card_token_id": "pt-0a1b2c"}), "CARDS", &["checkout_url"]).await;
    let timeline = house.get(&format!("{PAYMENTS}/{}/timeline", paid["payment_id"].as_str().unwrap())).send().await;
    timeline.expect_status(200);
    assert!(!String::from_utf8_lossy(&timeline.bytes).contains("pt-0a1b2c"));
}

/// Loses every answer to an opening until the faults are lifted.
async fn lose_answers(house: &House) {
    let lost = json!([{"provider": "xendit", "operation": "open", "effect": "disconnect_after", "times": 1}]);
    house.control(Verb::PUT, "faults", &lost).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_displayed_method_whose_answer_was_lost_is_shown_anew_and_only_once() {
    let house = House::open().await;
    for method in ["qris", "gopay", "dana", "shopeepay", "va_bca", "va_bni", "va_bri", "va_mandiri", "credit_card"] {
        let order = format!("TRX-{method}");
        lose_answers(&house).await;
        let answer = house.post(PAYMENTS).json(&asked(&order, method, &json!({}))).send().await;
        answer.expect_status(200);
        assert_eq!(house.charges_of(&order).await.len(), 2, "{method}: the lost one and the one that is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_pushed_is_never_sent_again_and_its_money_is_found() {
    let house = House::open().await;
    for (method, own) in
        [("ovo", json!({"customer_phone": "08123456789"})), ("credit_card", json!({"card_token_id": "pt-0a1b2c"}))]
    {
        let order = format!("TRX-{method}");
        lose_answers(&house).await;
        let answer = house.post(PAYMENTS).json(&asked(&order, method, &own)).send().await;
        answer.expect_status(202);
        let again = house.post(PAYMENTS).json(&asked(&order, method, &own)).send().await;
        again.expect_status(202);
        house.post(PAYMENTS).json(&asked(&order, "qris", &json!({}))).check(409, "order_has_live_payment").await;
        assert_eq!(house.charges_of(&order).await.len(), 1, "{method}");
        house.customer_pays(&order, true).await;
        house.until_status(&answer.data()["payment_id"], "paid").await;
    }
}
