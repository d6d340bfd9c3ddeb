use mstore_pay_sandbox::XENDIT_BUSINESS_ID_DEFAULT;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, create_body, quick};

/// Sends `change`d create body and expects this refusal.
async fn refused(bench: &Bench, change: Value, status: u16, code: &str, path: Option<&str>) {
    let mut body = create_body("REF-1", 33_000);
    for (field, value) in change.as_object().expect("an object") {
        body[field] = value.clone();
    }
    let response = bench.xendit(Method::POST, "/v3/payment_requests").json(&body).send().await.expect("an answer");
    assert_eq!(response.status(), status, "{change}");
    let answer: Value = response.json().await.expect("a JSON body");
    assert_eq!(answer["error_code"], code, "{change}");
    assert!(answer["message"].is_string());
    if let Some(path) = path {
        assert_eq!(answer["errors"][0]["path"], path, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_request_is_made_and_found_again() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    assert_eq!(made["status"], "REQUIRES_ACTION");
    assert_eq!(made["reference_id"], "REF-1");
    assert_eq!(made["request_amount"].to_string(), "33000");
    assert_eq!(made["business_id"], XENDIT_BUSINESS_ID_DEFAULT);
    assert_eq!(made["channel_code"], "QRIS");
    assert_eq!(made["metadata"]["order_code"], "ORDER-REF-1");
    assert_eq!(made["actions"][0]["type"], "PRESENT_TO_CUSTOMER");
    assert_eq!(made["actions"][0]["descriptor"], "QR_STRING");
    let id = made["payment_request_id"].as_str().expect("an id");
    assert!(id.starts_with("pr-") && id.len() == 39, "{id}");
    assert!(made.get("latest_payment_id").is_none(), "v3 leaves out what is not there");

    assert_eq!(bench.get(&format!("/v3/payment_requests/{id}")).await, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_qr_string_asks_for_the_right_money_and_its_checksum_holds() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    let qr = made["actions"][0]["value"].as_str().expect("a QR string");
    assert!(qr.starts_with("000201010212"), "dynamic: {qr}");
    for part in ["CO.XENDIT.WWW", "ID.CO.QRIS.WWW0215ID1020304050607", "5303360", "540533000", "5802ID", "REF-1"] {
        assert!(qr.contains(part), "{part} in {qr}");
    }
    let (covered, checksum) = qr.split_at(qr.len() - 4);
    assert!(covered.ends_with("6304"));
    let mut crc = 0xFFFF_u16;
    for byte in covered.bytes() {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
    }
    assert_eq!(format!("{crc:04X}"), checksum);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_reference_twice_makes_two_objects() {
    let bench = Bench::new(quick()).await;
    let first = bench.create("REF-1", 33_000).await;
    let second = bench.create("REF-1", 33_000).await;
    assert_ne!(first["payment_request_id"], second["payment_request_id"]);
    assert_eq!(bench.charges().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_xendit_refuses_are_named() {
    let bench = Bench::new(quick()).await;
    for (field, value) in [
        ("request_amount", json!(0)),
        ("request_amount", json!(10_000_001)),
        ("request_amount", json!(1_000.5)),
        ("request_amount", json!("33000")),
        ("reference_id", json!("")),
        ("reference_id", json!("x".repeat(256))),
        ("currency", json!("USD")),
        ("country", json!("PH")),
        ("type", json!("LEND")),
        ("channel_code", json!("EWALLET")),
        ("metadata", json!([1])),
        ("description", json!("")),
    ] {
        let path = format!("body.{field}");
        refused(&bench, json!({ field: value }), 400, "API_VALIDATION_ERROR", Some(&path)).await;
    }
    let expiry = json!({"channel_properties": {"expires_at": "2030-01-01T00:00:00Z"}});
    let path = "body.channel_properties.expires_at";
    refused(&bench, expiry, 400, "API_VALIDATION_ERROR", Some(path)).await;
    assert!(bench.charges().await.is_empty(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_channels_and_magic_amounts_are_refused_with_their_codes() {
    let bench = Bench::new(quick()).await;
    for (change, status, code) in [
        (json!({"channel_code": "LINKAJA"}), 403, "CHANNEL_NOT_ACTIVATED"),
        (json!({"request_amount": 10_100}), 403, "CHANNEL_NOT_ACTIVATED"),
        (json!({"request_amount": 10_101}), 503, "CHANNEL_UNAVAILABLE"),
        (json!({"request_amount": 10_102}), 500, "SERVER_ERROR"),
    ] {
        refused(&bench, change, status, code, None).await;
    }
    assert!(bench.charges().await.is_empty(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_with_a_zero_fraction_and_at_the_limits_are_taken() {
    let bench = Bench::new(quick()).await;
    bench.create("LOW", 1).await;
    bench.create("HIGH", 10_000_000).await;
    let text = create_body("PY", 15_000).to_string().replace("15000", "15000.0");
    let response = bench
        .xendit(Method::POST, "/v3/payment_requests")
        .header("content-type", "application/json")
        .body(text)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 201);
    assert_eq!(bench.charge("PY").await["amount"].to_string(), "15000");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_versions_are_checked() {
    let bench = Bench::new(quick()).await;
    let url = format!("{}/v3/payments/py-1", bench.sandbox.xendit_base_url());
    let known = |request: reqwest::RequestBuilder| request.header("api-version", "2024-11-11");
    let check = async |request: reqwest::RequestBuilder, status: u16, code: &str| {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), status);
        let body: Value = response.json().await.expect("a JSON body");
        assert_eq!(body["error_code"], code);
    };
    let get = || bench.client.get(&url);
    check(known(get()), 401, "INVALID_API_KEY").await;
    check(known(get().basic_auth("xnd_production_x", Some(""))), 401, "INVALID_API_KEY").await;
    check(known(get().bearer_auth("x")), 401, "INVALID_API_KEY").await;
    check(get().basic_auth("xnd_development_sandbox", Some("")), 400, "API_VALIDATION_ERROR").await;
    check(bench.xendit(Method::GET, "/v3/payments/py-1"), 404, "DATA_NOT_FOUND").await;
    check(bench.xendit(Method::GET, "/v3/payment_requests/pr-1"), 404, "DATA_NOT_FOUND").await;
    check(bench.xendit(Method::GET, "/v9/nothing"), 404, "NOT_FOUND").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_request_can_be_cancelled_once() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    let path = format!("/v3/payment_requests/{}/cancel", made["payment_request_id"].as_str().unwrap());
    let first = bench.xendit(Method::POST, &path).send().await.expect("an answer");
    assert_eq!(first.status(), 200);
    assert_eq!(first.json::<Value>().await.unwrap()["status"], "CANCELED");
    let again = bench.xendit(Method::POST, &path).send().await.expect("an answer");
    assert_eq!(again.status(), 400);
    assert_eq!(again.json::<Value>().await.unwrap()["error_code"], "INACTIVE_PAYMENT_REQUEST");
    assert_eq!(bench.charge("REF-1").await["payable"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_payment_succeeds_and_is_told_as_pending() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    let id = made["payment_request_id"].as_str().expect("an id");
    let answer: Value = bench
        .xendit(Method::POST, &format!("/v3/payment_requests/{id}/simulate"))
        .json(&json!({"amount": 33_000}))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a JSON body");
    assert_eq!(answer["status"], "PENDING");
    let request = bench.get(&format!("/v3/payment_requests/{id}")).await;
    assert_eq!(request["status"], "SUCCEEDED");
    let payment_id = request["latest_payment_id"].as_str().expect("a payment id");
    assert!(payment_id.starts_with("py-"));
    let payment = bench.get(&format!("/v3/payments/{payment_id}")).await;
    assert_eq!(payment["status"], "SUCCEEDED");
    assert_eq!(payment["captures"][0]["capture_amount"], 33_000);
    assert_eq!(payment["payment_request_id"], id);
    assert_eq!(payment["reference_id"], "REF-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_shows_what_was_asked_and_answered_without_secrets() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    bench.get("/transactions?limit=5").await;
    let log = bench.control(Method::GET, "/requests", Value::Null).await;
    assert_eq!(log[0]["method"], "POST");
    assert_eq!(log[0]["path"], "/xendit/v3/payment_requests");
    assert_eq!(log[0]["body"]["reference_id"], "REF-1");
    assert_eq!(log[0]["status"], 201);
    assert_eq!(log[0]["headers"]["api-version"], "2024-11-11");
    assert!(!log.to_string().to_lowercase().contains("authorization"));

    let later = bench.control(Method::GET, "/requests?since=1", Value::Null).await;
    assert_eq!(later.as_array().map(Vec::len), Some(1));
    assert_eq!(later[0]["path"], "/xendit/transactions?limit=5");
    let at = later[0]["at"].as_str().expect("a time");
    let by_time = bench.control(Method::GET, &format!("/requests?since={at}"), Value::Null).await;
    assert!(by_time.as_array().is_some_and(|rows| rows.last() == later.get(0)));
}
