use reqwest::Method;
use serde_json::{Value, json};

use super::{act, call, charge, check, order, pay, refused, status};
use crate::support::{Bench, answered, quick, scaled};

/// What a charge by that payment type is answered with.
async fn opened(payment_type: &str, more: Value) -> Value {
    let bench = Bench::new(quick()).await;
    let mut body = order("ORDER-1", 44_000);
    body["payment_type"] = json!(payment_type);
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = charge(&bench, &body).await;
    check(&made, "201", "pending");
    assert_eq!(made["payment_type"], payment_type);
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn each_payment_type_shows_what_its_customer_needs() {
    let names = |made: &Value| -> Vec<String> {
        made["actions"].as_array().unwrap().iter().map(|action| action["name"].as_str().unwrap().to_owned()).collect()
    };
    let gopay = opened("gopay", json!({})).await;
    assert_eq!(names(&gopay), ["generate-qr-code", "deeplink-redirect", "get-status", "cancel"]);
    let shopeepay = opened("shopeepay", json!({})).await;
    assert_eq!(names(&shopeepay), ["deeplink-redirect"]);
    for bank in ["bca", "bni", "bri"] {
        let made = opened("bank_transfer", json!({"bank_transfer": {"bank": bank}})).await;
        assert_eq!(made["va_numbers"][0]["bank"], bank);
        assert!(made["va_numbers"][0]["va_number"].is_string());
    }
    let bill = opened("echannel", json!({"echannel": {"bill_info1": "Payment:", "bill_info2": "debt"}})).await;
    assert_eq!(bill["biller_code"], "70012");
    assert!(bill["bill_key"].is_string());
    let ovo = opened("ovo", json!({"ovo": {"payer_phone_number": "081111111111"}})).await;
    assert_eq!(ovo["actions"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_code_shows_a_picture_without_a_key() {
    let bench = Bench::new(quick()).await;
    let made = charge(&bench, &order("ORDER-1", 33_000)).await;
    let url = made["actions"][0]["url"].as_str().unwrap();
    let picture = bench.client.get(url).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_under_http_400() {
    let bench = Bench::new(quick()).await;
    let wrong = |body: Value, said: &'static str| {
        let request = call(&bench, Method::POST, "/v2/charge").json(&body);
        async move {
            let refusal = answered(request, 400).await;
            refused(&refusal, "400");
            let messages = refusal["validation_messages"].to_string();
            assert!(messages.contains(said), "{said:?} in {messages}");
        }
    };
    wrong(order("ORDER-1", 0), "greater than or equal to 0.01").await;
    wrong(json!({"payment_type": "qris", "transaction_details": {"gross_amount": 1}}), "order_id is required").await;
    wrong(order(&"O".repeat(51), 1_000), "too long").await;
    wrong(order("ORDER#1", 1_000), "not allowed").await;
    wrong(order("ORDER-1", 10_000_001), "range").await;
    let mut sen = order("ORDER-1", 1);
    sen["transaction_details"]["gross_amount"] = serde_json::from_str("39.10").unwrap();
    wrong(sen, "decimals").await;
    let mut items = order("ORDER-1", 1_000);
    items["item_details"] = json!([{"price": 300, "quantity": 3}]);
    wrong(items, "not equal to the sum").await;
    let mut short = order("ORDER-1", 1_000);
    short["custom_expiry"] = json!({"expiry_duration": 10, "unit": "second"});
    wrong(short, "below minimum threshold").await;
    wrong(
        json!({"payment_type": "barter", "transaction_details": {"order_id": "O", "gross_amount": 1}}),
        "payment_type",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn most_refusals_come_under_http_200() {
    let bench = Bench::new(quick()).await;
    let mut permata = order("ORDER-1", 1_000);
    permata["payment_type"] = json!("permata");
    refused(&charge(&bench, &permata).await, "402");
    let broken = call(&bench, Method::POST, "/v2/charge").body("{");
    refused(&answered(broken, 200).await, "413");
    refused(&status(&bench, "NOBODY").await, "404");
    refused(&act(&bench, "NOBODY", "cancel").await, "404");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_id_is_held_until_cancelled_or_expired() {
    let bench = Bench::new(quick()).await;
    let first = charge(&bench, &order("ORDER-1", 33_000)).await;
    refused(&charge(&bench, &order("ORDER-1", 33_000)).await, "406");
    act(&bench, "ORDER-1", "cancel").await;
    let second = charge(&bench, &order("ORDER-1", 33_000)).await;
    check(&second, "201", "pending");
    assert_ne!(first["transaction_id"], second["transaction_id"]);
    assert_eq!(status(&bench, "ORDER-1").await["transaction_id"], second["transaction_id"]);
    pay(&bench, "ORDER-1").await;
    refused(&charge(&bench, &order("ORDER-1", 33_000)).await, "406");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_may_be_texts_and_texts_numbers() {
    let bench = Bench::new(quick()).await;
    let body =
        json!({"payment_type": "qris", "transaction_details": {"order_id": 1_554_320_900, "gross_amount": "265000"}});
    let made = charge(&bench, &body).await;
    assert_eq!((&made["order_id"], &made["gross_amount"]), (&json!("1554320900"), &json!("265000.00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quirks_of_official_clients_are_taken() {
    let bench = Bench::new(quick()).await;
    charge(&bench, &order("ORDER WITH BLANKS", 33_000)).await;
    let get = call(&bench, Method::GET, "/v2/ORDER%20WITH%20BLANKS/status?unknown=1").json(&json!({}));
    check(&answered(get, 200).await, "201", "pending");
    for (body, state) in [("null", "cancel"), ("{}", "cancel"), ("", "cancel")] {
        charge(&bench, &order("ORDER-1", 33_000)).await;
        let cancel = call(&bench, Method::POST, "/v2/ORDER-1/cancel").header("content-type", "application/json");
        check(&answered(cancel.body(body), 200).await, "200", state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_runs_out_by_itself_and_its_times_are_those_of_jakarta() {
    // A quarter of an hour in under a second.
    let bench = Bench::new(scaled(2_000)).await;
    let made = charge(&bench, &order("ORDER-1", 33_000)).await;
    let time = |field: &str| {
        chrono::NaiveDateTime::parse_from_str(made[field].as_str().unwrap(), "%Y-%m-%d %H:%M:%S").unwrap()
    };
    assert_eq!((time("expiry_time") - time("transaction_time")).num_minutes(), 15);
    let utc = bench.sandbox.now().naive_utc();
    assert_eq!((time("transaction_time") - utc).num_minutes() / 10, 41, "about seven hours ahead");
    crate::support::eventually("the expiry", || async {
        (status(&bench, "ORDER-1").await["transaction_status"] == "expire").then_some(())
    })
    .await;
    check(&status(&bench, "ORDER-1").await, "407", "expire");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_choose_its_expiry() {
    let bench = Bench::new(quick()).await;
    let mut body = order("ORDER-1", 33_000);
    body["custom_expiry"] = json!({"expiry_duration": 5, "unit": "minute"});
    charge(&bench, &body).await;
    let row = bench.charge("ORDER-1").await;
    let time = |field: &str| -> chrono::DateTime<chrono::Utc> { row[field].as_str().unwrap().parse().unwrap() };
    assert_eq!((time("payable_until") - time("created_at")).num_minutes(), 5);
}
