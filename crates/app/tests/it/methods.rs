//! Ten methods: asked for, put before the customer, paid, and seen to be paid by webhook.

use std::time::Instant;

use reqwest::Method as Verb;
use serde_json::{Value, json};

use crate::house::{House, SOON, qris};

/// Money is not listed for an hour, so that only a webhook can tell of it in time.
const NO_LISTING: &str = "--sandbox-sweep-lag=3600000";

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
async fn every_method_is_paid_from_what_it_shows_by_webhook() {
    let house = House::open_with(&[NO_LISTING]).await;
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
async fn nine_methods_are_paid_through_the_older_api_by_webhook_and_gopay_is_not_offered() {
    let house = House::open_with(&["--xendit-api=v2", NO_LISTING]).await;
    let nothing = json!({});
    check(&house, "qris", &nothing, "QR_CODE", &["qr_string"]).await;
    check(&house, "ovo", &json!({"customer_phone": "08123456789"}), "EWALLET", &[]).await;
    check(&house, "dana", &nothing, "EWALLET", &["checkout_url"]).await;
    check(&house, "shopeepay", &nothing, "EWALLET", &["checkout_url"]).await;
    for bank in ["va_bca", "va_bni", "va_bri", "va_mandiri"] {
        check(&house, bank, &nothing, "VIRTUAL_ACCOUNT", &["va_number", "bank_code"]).await;
    }
    check(&house, "credit_card", &nothing, "CARDS", &["checkout_url"]).await;
    let gopay = asked("TRX-gopay", "gopay", &nothing);
    house.post(PAYMENTS).json(&gopay).check(422, "method_unsupported").await;
    assert!(house.charges_of("TRX-gopay").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_api_takes_no_code_below_its_floor() {
    let house = House::open_with(&["--xendit-api=v2"]).await;
    house.post(PAYMENTS).json(&qris("TRX-1", 1_499)).check(422, "amount_below_minimum").await;
    house.post(PAYMENTS).json(&qris("TRX-2", 1_500)).check(200, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_older_api_left_unanswered_is_found_by_its_key_and_opened_once() {
    let house = House::open_with(&["--xendit-api=v2"]).await;
    for (method, own) in [("qris", json!({})), ("va_bca", json!({})), ("ovo", json!({"customer_phone": "08123456789"}))]
    {
        let order = format!("TRX-{method}");
        lose_answers(&house).await;
        house.post(PAYMENTS).json(&asked(&order, method, &own)).check(200, "").await;
        assert_eq!(house.charges_of(&order).await.len(), 1, "{method}");
    }
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

/// A method as the listing has it.
async fn listed(house: &House, query: &str, method: &str) -> Value {
    let data = house.get(&format!("/api/v1/pos/methods{query}")).send().await.data();
    data["items"].as_array().unwrap().iter().find(|item| item["method"] == method).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_is_told_which_methods_it_can_use_and_what_they_need() {
    let house = House::open().await;
    let qris = listed(&house, "", "qris").await;
    let wanted = json!({
        "method": "qris", "channel_code": "QR_CODE", "usable": true, "amount_min": 1, "amount_max": 10_000_000,
        "needs": [], "takes": [], "providers": [{"provider": "xendit", "available": true}]
    });
    assert_eq!(qris, wanted);
    assert_eq!(listed(&house, "", "ovo").await["needs"], json!(["customer_phone"]));
    let card = listed(&house, "", "credit_card").await;
    assert_eq!((&card["takes"], &card["card_token_of"]), (&json!(["card_token_id"]), &json!("xendit")));
    let too_much = listed(&house, "?amount=10000001", "qris").await;
    assert_eq!((&too_much["usable"], &too_much["reason"]), (&json!(false), &json!("amount_above_maximum")));
    for amount in ["0", "-1", "x", "", "1.5"] {
        house.get(&format!("/api/v1/pos/methods?amount={amount}")).check(422, "invalid_field").await;
    }
    house.bare(Verb::GET, "/api/v1/pos/methods").check(401, "unauthorized").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_whose_provider_is_down_is_told_to_be_unusable_for_the_moment() {
    let house = House::open().await;
    let down = json!([{"provider": "xendit", "operation": "open", "effect": "status_before", "status": 503}]);
    house.control(Verb::PUT, "faults", &down).await;
    let deadline = Instant::now() + SOON;
    let mut order_codes = (1..).map(|number| format!("TRX-{number}"));
    let offer = loop {
        house.post(PAYMENTS).json(&qris(&order_codes.next().unwrap(), 33_000)).send().await;
        let offer = listed(&house, "?amount=33000", "qris").await;
        if offer["usable"] == false {
            break offer;
        }
        assert!(Instant::now() < deadline, "{offer}");
    };
    assert_eq!(offer["reason"], "provider_unavailable", "{offer}");
    assert!(offer["retry_after_seconds"].as_u64().is_some_and(|seconds| seconds > 0), "{offer}");
    assert_eq!(offer["providers"][0]["available"], false, "{offer}");
    assert_eq!(listed(&house, "", "gopay").await["usable"], true, "a line of its own");
}
