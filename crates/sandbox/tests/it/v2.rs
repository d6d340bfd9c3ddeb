use mstore_pay_sandbox::XENDIT_BUSINESS_ID_DEFAULT;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, answered, quick};

fn request(reference: &str, payment_method: &Value) -> Value {
    json!({
        "reference_id": reference,
        "currency": "IDR",
        "country": "ID",
        "amount": 33_000,
        "payment_method": payment_method,
        "metadata": {"order_code": format!("ORDER-{reference}")},
    })
}

fn qr() -> Value {
    json!({"type": "QR_CODE", "reusability": "ONE_TIME_USE", "qr_code": {"channel_code": "QRIS"}})
}

fn wallet(channel: &str) -> Value {
    let properties = json!({"success_return_url": "https://shop.test/ok", "mobile_number": "+628123456789"});
    json!({
        "type": "EWALLET",
        "reusability": "ONE_TIME_USE",
        "ewallet": {"channel_code": channel, "channel_properties": properties},
    })
}

fn account(bank: &str, reusability: &str) -> Value {
    json!({
        "type": "VIRTUAL_ACCOUNT",
        "reusability": reusability,
        "virtual_account": {"channel_code": bank, "channel_properties": {"customer_name": "MSTORE"}},
    })
}

fn card() -> Value {
    json!({"type": "CARD", "reusability": "ONE_TIME_USE", "card": {"channel_properties": {}}})
}

async fn post(bench: &Bench, path: &str, body: Value, status: u16) -> Value {
    answered(bench.unversioned(Method::POST, path).json(&body), status).await
}

async fn get(bench: &Bench, path: &str) -> Value {
    answered(bench.unversioned(Method::GET, path), 200).await
}

async fn create(bench: &Bench, reference: &str, payment_method: &Value) -> Value {
    post(bench, "/payment_requests", request(reference, payment_method), 201).await
}

fn path_of(made: &Value) -> String {
    format!("/payment_requests/{}", made["id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nine_methods_are_made_each_in_its_first_status_with_what_is_shown() {
    let bench = Bench::new(quick()).await;
    for (method, payment_method, status, shown) in [
        ("qris", qr(), "PENDING", "/payment_method/qr_code/channel_properties/qr_string"),
        ("ovo", wallet("OVO"), "PENDING", ""),
        ("dana", wallet("DANA"), "REQUIRES_ACTION", "/actions/0/url"),
        ("shopeepay", wallet("SHOPEEPAY"), "REQUIRES_ACTION", "/actions/0/url"),
        ("va_bca", account("BCA", "ONE_TIME_USE"), "PENDING", VA_NUMBER),
        ("va_bni", account("BNI", "ONE_TIME_USE"), "PENDING", VA_NUMBER),
        ("va_bri", account("BRI", "ONE_TIME_USE"), "PENDING", VA_NUMBER),
        ("va_mandiri", account("MANDIRI", "ONE_TIME_USE"), "PENDING", VA_NUMBER),
        ("credit_card", card(), "REQUIRES_ACTION", "/actions/0/url"),
    ] {
        let made = create(&bench, method, &payment_method).await;
        assert_eq!((&made["status"], &made["amount"]), (&json!(status), &json!(33_000)), "{method}");
        assert_eq!(made["business_id"], XENDIT_BUSINESS_ID_DEFAULT);
        let is_text = made.pointer(shown).is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()));
        assert!(shown.is_empty() || is_text, "{method}: {made}");
        assert_eq!(made["actions"].as_array().map(Vec::is_empty), Some(status == "PENDING"), "{method}");
        assert_eq!(get(&bench, &path_of(&made)).await, made);
        let charge = bench.charge(method).await;
        assert_eq!((&charge["method"], &charge["id"]), (&json!(method), &made["id"]));
        assert_eq!((&charge["status"], &charge["payable"]), (&json!(status), &json!(true)), "{method}");
    }
}

const VA_NUMBER: &str = "/payment_method/virtual_account/channel_properties/virtual_account_number";

#[tokio::test(flavor = "multi_thread")]
async fn the_types_that_a_payment_method_is_not_of_are_null() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "REF-1", &qr()).await;
    let method = &made["payment_method"];
    assert!(method["id"].as_str().is_some_and(|id| id.starts_with("pm-") && id.len() == 39), "{method}");
    assert_eq!((&method["type"], &method["status"]), (&json!("QR_CODE"), &json!("ACTIVE")));
    for sibling in ["card", "ewallet", "direct_debit", "direct_bank_transfer", "over_the_counter", "virtual_account"] {
        assert_eq!(method.get(sibling), Some(&Value::Null), "{sibling}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_v2_refuses_is_named() {
    let bench = Bench::new(quick()).await;
    let mut no_amount = request("REF-1", &qr());
    no_amount.as_object_mut().unwrap().remove("amount");
    let mut expiring = qr();
    expiring["qr_code"]["channel_properties"] = json!({"expires_at": "2030-01-01T00:00:00Z"});
    let mut nameless = account("BCA", "ONE_TIME_USE");
    nameless["virtual_account"]["channel_properties"] = json!({});
    let mut numbered = card();
    numbered["card"]["card_information"] = json!({"card_number": "4000000000001091"});
    for (body, status, code) in [
        (request("REF-1", &wallet("GOPAY")), 400, "API_VALIDATION_ERROR"),
        (request("REF-1", &wallet("LINKAJA")), 403, "CHANNEL_NOT_ACTIVATED"),
        (request("REF-1", &json!({"type": "BARTER"})), 400, "API_VALIDATION_ERROR"),
        (request("REF-1", &nameless), 400, "API_VALIDATION_ERROR"),
        (request("REF-1", &expiring), 400, "API_VALIDATION_ERROR"),
        (request("REF-1", &numbered), 403, "REQUEST_FORBIDDEN_ERROR"),
        (no_amount, 400, "API_VALIDATION_ERROR"),
    ] {
        let refused = post(&bench, "/payment_requests", body, status).await;
        assert_eq!(refused["error_code"], code, "{refused}");
    }
    answered(bench.unversioned(Method::GET, "/payment_requests/pr-none"), 404).await;
    assert!(bench.charges().await.is_empty(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_makes_one_request_and_references_may_repeat() {
    let bench = Bench::new(quick()).await;
    let with_key = |key: &str, body: Value| {
        bench.unversioned(Method::POST, "/payment_requests").header("idempotency-key", key).json(&body)
    };
    let first = answered(with_key("KEY-1", request("REF-1", &wallet("DANA"))), 201).await;
    bench.pay("REF-1").await;
    assert_eq!(answered(with_key("KEY-1", request("REF-1", &wallet("DANA"))), 201).await, first);
    let refused = answered(with_key("KEY-1", request("REF-2", &wallet("DANA"))), 409).await;
    assert_eq!(refused["error_code"], "IDEMPOTENCY_ERROR");
    let second = answered(with_key("KEY-2", request("REF-1", &wallet("DANA"))), 201).await;
    assert_ne!(second["id"], first["id"]);
    let listed = get(&bench, "/payment_requests?reference_id=REF-1").await;
    let ids: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, [&second["id"], &first["id"]], "newest first");
    assert_eq!(listed["has_more"], false);
    assert_eq!(bench.charges().await[0]["idempotency_key"], "KEY-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_is_told_and_then_the_end_of_its_payment_method() {
    let bench = Bench::new(quick()).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    for (n, (method, payment_method, prefix)) in
        [("qris", qr(), "qrpy_"), ("dana", wallet("DANA"), "ewc_"), ("credit_card", card(), "cc_")]
            .into_iter()
            .enumerate()
    {
        let made = create(&bench, method, &payment_method).await;
        let paid = bench.pay(method).await;
        let received = shop.wait_for(2 * n + 2).await;
        let told: Vec<&Value> = received.iter().skip(2 * n).map(|webhook| &webhook.body).collect();
        let of = |event: &str| told.iter().find(|body| body["event"] == event).expect(event)["data"].clone();
        let payment = of("payment.succeeded");
        assert_eq!((&payment["id"], &payment["payment_request_id"]), (&paid["payment_id"], &made["id"]));
        assert!(payment["id"].as_str().is_some_and(|id| id.starts_with(prefix)), "{payment}");
        assert_eq!((&payment["status"], &payment["amount"]), (&json!("SUCCEEDED"), &json!(33_000)));
        let ended = of("payment_method.expired");
        assert_eq!((&ended["id"], &ended["status"]), (&made["payment_method"]["id"], &json!("EXPIRED")));
        assert!(told.iter().all(|body| body.get("api_version") == Some(&Value::Null)));
        assert_eq!(get(&bench, &path_of(&made)).await["status"], "SUCCEEDED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_told_as_pending_and_a_failure_as_failed() {
    let bench = Bench::new(quick()).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    let made = create(&bench, "REF-1", &wallet("OVO")).await;
    let pending = shop.wait_for(1).await[0].body.clone();
    assert_eq!((&pending["event"], &pending["data"]["status"]), (&json!("payment.pending"), &json!("PENDING")));
    let body = json!({"provider": "xendit", "reference": "REF-1", "failure_code": "USER_DECLINED_PAYMENT"});
    bench.control(Method::POST, "/fail", body).await;
    let failed = shop.wait_for(2).await[1].body.clone();
    assert_eq!((&failed["event"], &failed["data"]["status"]), (&json!("payment.failed"), &json!("FAILED")));
    assert_eq!(failed["data"]["failure_code"], "USER_DECLINED_PAYMENT");
    assert_eq!(failed["data"]["id"], pending["data"]["id"]);
    assert_eq!(get(&bench, &path_of(&made)).await["status"], "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_needs_no_body_and_is_answered_as_pending() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "REF-1", &account("BNI", "ONE_TIME_USE")).await;
    let path = format!("{}/payments/simulate", path_of(&made));
    let said = answered(bench.unversioned(Method::POST, &path), 200).await;
    assert_eq!(said["status"], "PENDING");
    assert_eq!(get(&bench, &path_of(&made)).await["status"], "SUCCEEDED");
    answered(bench.unversioned(Method::POST, &path), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_accounts_are_paid_twice_wallets_and_cards_once() {
    let bench = Bench::new(quick()).await;
    for (reference, payment_method, twice) in [
        ("QR", qr(), true),
        ("VA", account("BRI", "ONE_TIME_USE"), true),
        ("DANA", wallet("DANA"), false),
        ("CARD", card(), false),
    ] {
        create(&bench, reference, &payment_method).await;
        bench.pay(reference).await;
        let again = json!({"provider": "xendit", "reference": reference});
        let answer = bench.try_control(Method::POST, "/pay", again).await;
        assert_eq!(answer.status(), if twice { 200 } else { 409 }, "{reference}");
        assert_eq!(bench.charge(reference).await["times_paid"], if twice { 2 } else { 1 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_can_be_taken_by_a_capture_of_its_own() {
    let bench = Bench::new(quick()).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    let mut asked = request("REF-1", &card());
    asked["capture_method"] = json!("MANUAL");
    let made = post(&bench, "/payment_requests", asked, 201).await;
    let authorized = post(&bench, &format!("{}/auth", path_of(&made)), json!({"auth_code": "123456"}), 200).await;
    assert_eq!(authorized["status"], "AWAITING_CAPTURE");
    assert_eq!(shop.wait_for(1).await[0].body["event"], "payment.awaiting_capture");
    assert_eq!(bench.charge("REF-1").await["times_paid"], 0);
    let captures = format!("{}/captures", path_of(&made));
    let refused = post(&bench, &captures, json!({"capture_amount": 33_001}), 400).await;
    assert_eq!(refused["error_code"], "EXCEEDS_CAPTURABLE_AMOUNT");
    let taken = post(&bench, &captures, json!({"capture_amount": 30_000}), 200).await;
    assert_eq!((&taken["captured_amount"], &taken["authorized_amount"]), (&json!(30_000), &json!(33_000)));
    assert_eq!(get(&bench, &captures).await["data"], json!([taken]));
    assert_eq!(get(&bench, &path_of(&made)).await["status"], "SUCCEEDED");
    let transactions = get(&bench, "/transactions?reference_id=REF-1").await;
    assert_eq!(transactions["data"][0]["amount"], 30_000);
    post(&bench, &captures, json!({"capture_amount": 1}), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_on_its_own_is_changed_paid_and_ended() {
    let bench = Bench::new(quick()).await;
    let made = post(&bench, "/v2/payment_methods", account("BCA", "MULTIPLE_USE"), 201).await;
    let path = format!("/v2/payment_methods/{}", made["id"].as_str().unwrap());
    assert_eq!((&made["status"], &made["reusability"]), (&json!("ACTIVE"), &json!("MULTIPLE_USE")));
    assert_eq!(get(&bench, &path).await, made);
    let change = json!({"description": "Table 7", "virtual_account": {"amount": 20_000}});
    let changed = answered(bench.unversioned(Method::PATCH, &path).json(&change), 200).await;
    assert_eq!(changed["virtual_account"]["amount"], 20_000);
    for amount in [20_000, 25_000] {
        post(&bench, &format!("{path}/payments/simulate"), json!({"amount": amount}), 200).await;
    }
    let payments = get(&bench, &format!("{path}/payments")).await;
    let amounts: Vec<&Value> = payments["data"].as_array().unwrap().iter().map(|row| &row["amount"]).collect();
    assert_eq!(amounts, [20_000, 25_000]);
    assert_eq!(get(&bench, "/v2/payment_methods?type=VIRTUAL_ACCOUNT").await["data"][0]["id"], made["id"]);
    assert_eq!(get(&bench, "/v2/payment_methods?type=QR_CODE").await["data"], json!([]));
    assert_eq!(answered(bench.unversioned(Method::POST, &format!("{path}/expire")), 200).await["status"], "EXPIRED");
    answered(bench.unversioned(Method::POST, &format!("{path}/expire")), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_made_before_serves_one_request_and_cannot_be_paid_by_itself() {
    let bench = Bench::new(quick()).await;
    let kept = post(&bench, "/v2/payment_methods", wallet("SHOPEEPAY"), 201).await;
    let by_itself = json!({"provider": "xendit", "id": kept["id"]});
    assert_eq!(bench.try_control(Method::POST, "/pay", by_itself).await.status(), 409);
    let body = json!({"reference_id": "REF-1", "currency": "IDR", "amount": 33_000, "payment_method_id": kept["id"]});
    let made = post(&bench, "/payment_requests", body.clone(), 201).await;
    assert_eq!((&made["payment_method"]["id"], &made["status"]), (&kept["id"], &json!("REQUIRES_ACTION")));
    bench.pay("REF-1").await;
    let path = format!("/v2/payment_methods/{}", kept["id"].as_str().unwrap());
    assert_eq!(get(&bench, &path).await["status"], "EXPIRED");
    assert_eq!(post(&bench, "/payment_requests", body, 400).await["error_code"], "INVALID_PAYMENT_METHOD");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_method_of_a_request_ends_the_request() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "REF-1", &qr()).await;
    let path = format!("/v2/payment_methods/{}/expire", made["payment_method"]["id"].as_str().unwrap());
    answered(bench.unversioned(Method::POST, &path), 200).await;
    assert_eq!(get(&bench, &path_of(&made)).await["status"], "EXPIRED");
    assert_eq!(bench.charge("REF-1").await["payable"], false);
    // What was photographed is paid all the same.
    bench.pay("REF-1").await;
    assert_eq!(get(&bench, &path_of(&made)).await["status"], "EXPIRED");
    assert_eq!(bench.charge("REF-1").await["times_paid"], 1);
}
