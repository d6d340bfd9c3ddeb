use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, answered, eventually, quick, scaled};

/// A paid wallet charge of v2; the id of its payment request.
async fn paid_wallet(bench: &Bench, reference: &str) -> String {
    let properties = json!({"success_return_url": "https://shop.test/ok"});
    let ewallet = json!({"channel_code": "DANA", "channel_properties": properties});
    paid(bench, reference, json!({"type": "EWALLET", "reusability": "ONE_TIME_USE", "ewallet": ewallet})).await
}

async fn paid(bench: &Bench, reference: &str, payment_method: Value) -> String {
    let body = json!({
        "reference_id": reference,
        "currency": "IDR",
        "amount": 100_000,
        "payment_method": payment_method,
    });
    let made = answered(bench.unversioned(Method::POST, "/payment_requests").json(&body), 201).await;
    bench.pay(reference).await;
    made["id"].as_str().expect("an id").to_owned()
}

async fn refund(bench: &Bench, request: &str, more: Value, status: u16) -> Value {
    let mut body = json!({"payment_request_id": request, "reason": "REQUESTED_BY_CUSTOMER"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    answered(bench.unversioned(Method::POST, "/refunds").json(&body), status).await
}

async fn get(bench: &Bench, refund: &Value) -> Value {
    let path = format!("/refunds/{}", refund["id"].as_str().expect("an id"));
    answered(bench.unversioned(Method::GET, &path), 200).await
}

async fn settled(bench: &Bench, refund: &Value) -> Value {
    eventually("the end of the refund", || async {
        let now = get(bench, refund).await;
        (now["status"] != "PENDING").then_some(now)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallets_refund_is_pending_then_settled_and_told() {
    let bench = Bench::new(scaled(100)).await;
    let shop = Shop::open();
    let request = paid_wallet(&bench, "REF-1").await;
    bench.target(&shop.url).await;
    let asked = refund(&bench, &request, json!({"amount": 40_000, "reference_id": "R-1"}), 200).await;
    assert_eq!((&asked["status"], &asked["amount"]), (&json!("PENDING"), &json!(40_000)));
    assert_eq!((&asked["payment_method_type"], &asked["channel_code"]), (&json!("EWALLET"), &json!("DANA")));
    assert!(asked["id"].as_str().is_some_and(|id| id.starts_with("rfd-") && id.len() == 40), "{asked}");
    assert_eq!(settled(&bench, &asked).await["status"], "SUCCEEDED");
    let told = shop.wait_for(1).await[0].body.clone();
    assert_eq!((&told["event"], &told["data"]["id"]), (&json!("refund.succeeded"), &asked["id"]));
    assert_eq!(told["data"]["status"], "SUCCEEDED");

    let too_much = refund(&bench, &request, json!({"amount": 60_001}), 400).await;
    assert_eq!(too_much["error_code"], "REFUND_AMOUNT_EXCEEDED");
    let rest = refund(&bench, &request, json!({}), 200).await;
    assert_eq!(rest["amount"], 60_000, "without an amount all that is left");
    settled(&bench, &rest).await;
    let nothing = refund(&bench, &request, json!({}), 400).await;
    assert_eq!(nothing["error_code"], "MAXIMUM_REFUND_AMOUNT_REACHED");
    let list = answered(bench.unversioned(Method::GET, &format!("/refunds?payment_request_id={request}")), 200).await;
    let ids: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, [&rest["id"], &asked["id"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_under_way_is_alone_and_can_be_called_back() {
    let bench = Bench::new(quick()).await;
    let request = paid_wallet(&bench, "REF-1").await;
    let asked = refund(&bench, &request, json!({"amount": 1_000}), 200).await;
    let second = refund(&bench, &request, json!({"amount": 1_000}), 400).await;
    assert_eq!(second["error_code"], "REFUND_IN_PROGRESS");
    let path = format!("/refunds/{}/cancel", asked["id"].as_str().unwrap());
    assert_eq!(answered(bench.unversioned(Method::POST, &path), 200).await["status"], "CANCELLED");
    answered(bench.unversioned(Method::POST, &path), 400).await;
    assert_eq!(refund(&bench, &request, json!({}), 200).await["amount"], 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_refunds_once_and_a_reference_is_unique() {
    let bench = Bench::new(quick()).await;
    let request = paid_wallet(&bench, "REF-1").await;
    let body = json!({"payment_request_id": request, "reason": "OTHERS", "amount": 1_000, "reference_id": "R-1"});
    let ask = |key: &str| bench.unversioned(Method::POST, "/refunds").header("idempotency-key", key).json(&body);
    let first = answered(ask("KEY-1"), 200).await;
    assert_eq!(answered(ask("KEY-1"), 200).await, first);
    assert_eq!(answered(ask("KEY-2"), 409).await["error_code"], "DUPLICATE_ERROR");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_channel_has_its_rule() {
    let bench = Bench::new(quick()).await;
    let properties = json!({"customer_name": "MSTORE"});
    let account = json!({"channel_code": "BCA", "channel_properties": properties});
    let va = json!({"type": "VIRTUAL_ACCOUNT", "reusability": "ONE_TIME_USE", "virtual_account": account});
    let va = paid(&bench, "VA", va).await;
    assert_eq!(refund(&bench, &va, json!({}), 403).await["error_code"], "REFUND_NOT_SUPPORTED");

    for (issuer, status, code) in [("GOPAY", 200, None), ("LINKAJA", 403, Some("REFUND_NOT_SUPPORTED"))] {
        let made = bench.create(issuer, 100_000).await;
        let body = json!({"provider": "xendit", "reference": issuer, "issuer_name": issuer});
        bench.control(Method::POST, "/pay", body).await;
        let answer = refund(&bench, made["payment_request_id"].as_str().unwrap(), json!({}), status).await;
        assert_eq!(answer.get("error_code").and_then(Value::as_str), code, "{issuer}");
    }

    let card = json!({"type": "CARD", "reusability": "ONE_TIME_USE", "card": {"channel_properties": {}}});
    let card = paid(&bench, "CARD", card).await;
    assert_eq!(refund(&bench, &card, json!({"amount": 5}), 200).await["status"], "SUCCEEDED");
    let unpaid = bench.create("UNPAID", 100_000).await;
    let answer = refund(&bench, unpaid["payment_request_id"].as_str().unwrap(), json!({}), 400).await;
    assert_eq!(answer["error_code"], "INELIGIBLE_TRANSACTION");
    assert_eq!(refund(&bench, "pr-none", json!({}), 404).await["error_code"], "DATA_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_given_back_in_ten_parts_at_most() {
    let bench = Bench::new(quick()).await;
    let card = json!({"type": "CARD", "reusability": "ONE_TIME_USE", "card": {"channel_properties": {}}});
    let card = paid(&bench, "CARD", card).await;
    for _ in 0..10 {
        refund(&bench, &card, json!({"amount": 5}), 200).await;
    }
    let answer = refund(&bench, &card, json!({"amount": 5}), 400).await;
    assert_eq!(answer["error_code"], "PARTIAL_REFUND_COUNTS_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn magic_amounts_are_refused_or_fail_later() {
    let bench = Bench::new(scaled(100)).await;
    let shop = Shop::open();
    let request = paid_wallet(&bench, "REF-1").await;
    bench.target(&shop.url).await;
    for (amount, status, code) in [
        (10_300, 400, "MAXIMUM_REFUND_AMOUNT_REACHED"),
        (10_301, 400, "PARTIAL_REFUND_NOT_SUPPORTED"),
        (10_303, 400, "REFUND_NOT_SUPPORTED"),
        (10_304, 400, "REFUND_IN_PROGRESS"),
        (10_305, 403, "INELIGIBLE_TRANSACTION"),
    ] {
        assert_eq!(refund(&bench, &request, json!({"amount": amount}), status).await["error_code"], code);
    }
    let asked = refund(&bench, &request, json!({"amount": 20_301}), 200).await;
    let ended = settled(&bench, &asked).await;
    assert_eq!((&ended["status"], &ended["failure_code"]), (&json!("FAILED"), &json!("INSUFFICIENT_BALANCE")));
    assert_eq!(shop.wait_for(1).await[0].body["event"], "refund.failed");
    assert_eq!(refund(&bench, &request, json!({}), 200).await["amount"], 100_000, "what failed is still there");
}
