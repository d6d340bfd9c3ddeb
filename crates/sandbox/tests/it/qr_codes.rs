use mstore_pay_sandbox::XENDIT_BUSINESS_ID_DEFAULT;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, answered, quick, scaled};

const VERSION: &str = "2022-07-31";

fn v1(bench: &Bench, method: Method, path: &str) -> RequestBuilder {
    bench.unversioned(method, path)
}

fn versioned(bench: &Bench, method: Method, path: &str) -> RequestBuilder {
    bench.unversioned(method, path).header("api-version", VERSION)
}

fn v1_body(reference: &str, amount: u64) -> Value {
    json!({
        "external_id": reference,
        "type": "DYNAMIC",
        "callback_url": "https://shop.test/callback",
        "amount": amount,
        "metadata": {"order_code": format!("ORDER-{reference}")},
    })
}

fn body(reference: &str, amount: u64) -> Value {
    json!({
        "reference_id": reference,
        "type": "DYNAMIC",
        "currency": "IDR",
        "amount": amount,
        "metadata": {"order_code": format!("ORDER-{reference}")},
    })
}

async fn create_v1(bench: &Bench, reference: &str, amount: u64) -> Value {
    answered(v1(bench, Method::POST, "/qr_codes").json(&v1_body(reference, amount)), 200).await
}

async fn create(bench: &Bench, reference: &str, amount: u64) -> Value {
    answered(versioned(bench, Method::POST, "/qr_codes").json(&body(reference, amount)), 201).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_v1_is_made_and_found_by_its_reference() {
    let bench = Bench::new(quick()).await;
    let made = create_v1(&bench, "REF-1", 33_000).await;
    assert!(made["id"].as_str().is_some_and(|id| id.starts_with("qr_") && id.len() == 39), "{made}");
    assert_eq!((&made["external_id"], &made["status"]), (&json!("REF-1"), &json!("ACTIVE")));
    assert_eq!((&made["type"], &made["amount"]), (&json!("DYNAMIC"), &json!(33_000)));
    assert!(made["qr_string"].as_str().is_some_and(|qr| qr.contains("540533000")));
    assert_eq!(answered(v1(&bench, Method::GET, "/qr_codes/REF-1"), 200).await, made);
    let by_id = format!("/qr_codes/{}", made["id"].as_str().unwrap());
    let refused = answered(v1(&bench, Method::GET, &by_id), 404).await;
    assert_eq!(refused["error_code"], "DATA_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_2022_is_made_and_found_by_its_id() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "REF-1", 33_000).await;
    assert_eq!((&made["reference_id"], &made["status"]), (&json!("REF-1"), &json!("ACTIVE")));
    assert_eq!(made["business_id"], XENDIT_BUSINESS_ID_DEFAULT);
    for absent in ["basket", "webhook_url"] {
        assert_eq!(made.get(absent), Some(&Value::Null), "{absent} is null, not left out");
    }
    let path = format!("/qr_codes/{}", made["id"].as_str().unwrap());
    assert_eq!(answered(versioned(&bench, Method::GET, &path), 200).await, made);
    answered(versioned(&bench, Method::GET, "/qr_codes/REF-1"), 404).await;
    answered(bench.xendit(Method::GET, &path), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusals_on_record_come_with_their_codes() {
    let bench = Bench::new(quick()).await;
    for amount in [1_499, 5_000_001] {
        let request = v1(&bench, Method::POST, "/qr_codes").json(&v1_body("REF-1", amount));
        let refused = answered(request, 400).await;
        assert_eq!(refused["error_code"], "API_VALIDATION_ERROR");
        assert!(refused["message"].as_str().is_some_and(|text| text.contains("[1500, 5000000]")), "{refused}");
    }
    create_v1(&bench, "REF-1", 33_000).await;
    for request in [
        v1(&bench, Method::POST, "/qr_codes").json(&v1_body("REF-1", 40_000)),
        versioned(&bench, Method::POST, "/qr_codes").json(&body("REF-1", 40_000)),
    ] {
        assert_eq!(answered(request, 409).await["error_code"], "DUPLICATE_ERROR");
    }
    for field in ["external_id", "type", "callback_url", "amount"] {
        let mut incomplete = v1_body("REF-2", 33_000);
        incomplete.as_object_mut().unwrap().remove(field);
        let refused = answered(v1(&bench, Method::POST, "/qr_codes").json(&incomplete), 400).await;
        assert_eq!(refused["errors"][0]["path"], format!("body.{field}"));
    }
    let magic = versioned(&bench, Method::POST, "/qr_codes").json(&body("REF-3", 10_101));
    assert_eq!(answered(magic, 503).await["error_code"], "CHANNEL_UNAVAILABLE");
    assert_eq!(bench.charges().await.len(), 1, "nothing else was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_can_be_paid_twice_and_stays_active() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "REF-1", 33_000).await;
    let first = bench.pay("REF-1").await;
    let second = bench.pay("REF-1").await;
    let path = format!("/qr_codes/{}", made["id"].as_str().unwrap());
    assert_eq!(answered(versioned(&bench, Method::GET, &path), 200).await["status"], "ACTIVE");
    let payments = answered(versioned(&bench, Method::GET, &format!("{path}/payments")), 200).await;
    for (payment, paid) in payments["data"].as_array().unwrap().iter().zip([first, second]) {
        assert_eq!(payment["id"], paid["payment_id"]);
        assert!(payment["id"].as_str().is_some_and(|id| id.starts_with("qrpy_")));
        assert_eq!((&payment["status"], &payment["qr_id"]), (&json!("SUCCEEDED"), &made["id"]));
    }
    let charge = bench.charge("REF-1").await;
    assert_eq!((&charge["times_paid"], &charge["method"]), (&json!(2), &json!("qris")));
    assert_eq!(charge["order_code"], "ORDER-REF-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_v1_are_a_bare_array_and_empty_for_a_reference_nobody_gave() {
    let bench = Bench::new(quick()).await;
    create_v1(&bench, "REF-1", 33_000).await;
    let list = async |reference: &str| {
        answered(v1(&bench, Method::GET, &format!("/qr_codes/payments?external_id={reference}")), 200).await
    };
    assert_eq!(list("REF-1").await, json!([]));
    let simulate = v1(&bench, Method::POST, "/qr_codes/REF-1/payments/simulate").json(&json!({"amount": 33_000}));
    let paid = answered(simulate, 200).await;
    assert_eq!((&paid["status"], &paid["qr_code"]["external_id"]), (&json!("COMPLETED"), &json!("REF-1")));
    assert_eq!(list("REF-1").await, json!([paid]));
    assert_eq!(list("REF-2").await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_tells_its_payments_in_its_own_shape() {
    let bench = Bench::new(quick()).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    let flat = create_v1(&bench, "FLAT", 33_000).await;
    bench.pay("FLAT").await;
    let told = shop.wait_for(1).await[0].body.clone();
    assert_eq!((&told["event"], &told["status"]), (&json!("qr.payment"), &json!("COMPLETED")));
    assert_eq!(told["qr_code"]["id"], flat["id"]);
    assert_eq!(told["amount"], 33_000);
    assert!(told["payment_details"]["source"].is_string() && told.get("data").is_none(), "{told}");

    let enveloped = create(&bench, "ENVELOPED", 44_000).await;
    bench.pay("ENVELOPED").await;
    let told = shop.wait_for(2).await[1].body.clone();
    assert_eq!((&told["event"], &told["api_version"]), (&json!("qr.payment"), &json!(VERSION)));
    let data = &told["data"];
    assert_eq!((&data["qr_id"], &data["reference_id"]), (&enveloped["id"], &json!("ENVELOPED")));
    assert_eq!((&data["status"], &data["amount"]), (&json!("SUCCEEDED"), &json!(44_000)));
    assert!(data["payment_detail"]["receipt_id"].is_string(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_gets_the_first_answer_and_another_body_a_conflict() {
    let bench = Bench::new(quick()).await;
    let with_key = |amount| {
        versioned(&bench, Method::POST, "/qr_codes").header("X-IDEMPOTENCY-KEY", "KEY-1").json(&body("REF-1", amount))
    };
    let first = answered(with_key(33_000), 201).await;
    bench.pay("REF-1").await;
    assert_eq!(answered(with_key(33_000), 201).await, first);
    assert_eq!(answered(with_key(33_001), 409).await["error_code"], "IDEMPOTENCY_ERROR");
    let charges = bench.charges().await;
    assert_eq!((charges.len(), &charges[0]["idempotency_key"]), (1, &json!("KEY-1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_2022_ends_when_it_was_told_to_and_says_so_to_nobody() {
    // Two hours in under a second.
    let bench = Bench::new(scaled(10_000)).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    let mut asked = body("REF-1", 33_000);
    let ends = bench.sandbox.now() + chrono::TimeDelta::hours(2);
    asked["expires_at"] = json!(ends.to_rfc3339());
    let made = answered(versioned(&bench, Method::POST, "/qr_codes").json(&asked), 201).await;
    let path = format!("/qr_codes/{}", made["id"].as_str().unwrap());
    crate::support::eventually("the end", || async {
        (answered(versioned(&bench, Method::GET, &path), 200).await["status"] == "INACTIVE").then_some(())
    })
    .await;
    answered(versioned(&bench, Method::POST, &format!("{path}/payments/simulate")), 400).await;
    assert!(shop.received().is_empty());
    // What is on paper is paid all the same.
    bench.pay("REF-1").await;
    assert_eq!(shop.wait_for(1).await[0].body["event"], "qr.payment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_static_code_takes_what_the_customer_types_in() {
    let bench = Bench::new(quick()).await;
    let asked = json!({"reference_id": "TABLE-7", "type": "STATIC", "currency": "IDR"});
    let made = answered(versioned(&bench, Method::POST, "/qr_codes").json(&asked), 201).await;
    assert_eq!(made["amount"], Value::Null);
    let pay = |extra: Value| {
        let mut body = json!({"provider": "xendit", "reference": "TABLE-7"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    assert_eq!(bench.try_control(Method::POST, "/pay", pay(json!({}))).await.status(), 400);
    for amount in [5_000, 7_000] {
        assert_eq!(bench.control(Method::POST, "/pay", pay(json!({"amount": amount}))).await["amount"], amount);
    }
    let charge = bench.charge("TABLE-7").await;
    assert_eq!((&charge["amount"], &charge["payable"]), (&Value::Null, &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_on_a_code_is_among_the_transactions() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "REF-1", 33_000).await;
    let paid = bench.pay("REF-1").await;
    let page = answered(bench.unversioned(Method::GET, "/transactions?reference_id=REF-1"), 200).await;
    assert_eq!(page["data"][0]["product_id"], paid["payment_id"]);
    assert_eq!(page["data"][0]["product_data"]["payment_request_id"], made["id"]);
}
