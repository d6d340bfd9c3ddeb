use mstore_pay_sandbox::MIDTRANS_CLIENT_KEY_DEFAULT;
use reqwest::Method;
use serde_json::{Value, json};

use super::{act, bench_with_shop, call, charge, check, refused, status, told};
use crate::support::{Bench, answered, quick, scaled};

pub(super) async fn token(bench: &Bench, number: &str) -> String {
    let path = format!(
        "/v2/token?client_key={MIDTRANS_CLIENT_KEY_DEFAULT}&card_number={number}&card_exp_month=12&card_exp_year=2030"
    );
    let url = format!("{}{path}&card_cvv=123", bench.sandbox.midtrans_base_url());
    let made = answered(bench.client.get(url), 200).await;
    assert_eq!(made["status_code"], "200");
    made["token_id"].as_str().unwrap().to_owned()
}

async fn by_card(bench: &Bench, number: &str, more: Value) -> Value {
    let mut card = json!({"token_id": token(bench, number).await});
    for (name, value) in more.as_object().unwrap() {
        card[name] = value.clone();
    }
    let details = json!({"order_id": "ORDER-1", "gross_amount": 33_000});
    charge(bench, &json!({"payment_type": "credit_card", "transaction_details": details, "credit_card": card})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_card_is_captured_and_may_be_cancelled_before_it_settles() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let made = by_card(&bench, "4811111111111114", json!({})).await;
    check(&made, "200", "capture");
    assert_eq!((&made["masked_card"], &made["fraud_status"]), (&json!("481111-1114"), &json!("accept")));
    check(&act(&bench, "ORDER-1", "cancel").await, "200", "cancel");
    check(&told(&shop, 2, "capture").await, "200", "capture");
    check(&told(&shop, 2, "cancel").await, "202", "cancel");
    assert_eq!(bench.charge("ORDER-1").await["times_paid"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_card_settles_the_next_day_and_says_so() {
    // A day in less than two seconds.
    let (bench, shop) = bench_with_shop(scaled(50_000)).await;
    by_card(&bench, "4811111111111114", json!({})).await;
    let told = told(&shop, 2, "settlement").await;
    check(&told, "200", "settlement");
    check(&status(&bench, "ORDER-1").await, "200", "settlement");
    assert!(told["settlement_time"].as_str().is_some_and(|at| at.ends_with("16:00:00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_pays_once() {
    let bench = Bench::new(quick()).await;
    let token = token(&bench, "4811111111111114").await;
    let body = |order: &str| {
        json!({
            "payment_type": "credit_card",
            "transaction_details": {"order_id": order, "gross_amount": 33_000},
            "credit_card": {"token_id": token},
        })
    };
    check(&charge(&bench, &body("ORDER-1")).await, "200", "capture");
    refused(&charge(&bench, &body("ORDER-2")).await, "411");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_may_deny() {
    let (bench, shop) = bench_with_shop(quick()).await;
    check(&by_card(&bench, "4911111111111113", json!({})).await, "202", "deny");
    check(&status(&bench, "ORDER-1").await, "202", "deny");
    check(&shop.wait_for(1).await[0].body, "202", "deny");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenged_card_waits_for_the_merchants_word() {
    for (word, code, state) in [("approve", "200", "capture"), ("deny", "200", "cancel")] {
        let bench = Bench::new(quick()).await;
        let made = by_card(&bench, "5510111111111115", json!({})).await;
        check(&made, "201", "capture");
        assert_eq!(made["fraud_status"], "challenge");
        let decided = act(&bench, "ORDER-1", word).await;
        check(&decided, code, state);
        assert_eq!(decided["fraud_status"], if word == "approve" { "accept" } else { "deny" });
        refused(&act(&bench, "ORDER-1", word).await, "412");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorised_card_is_captured_by_a_call() {
    let bench = Bench::new(quick()).await;
    let made = by_card(&bench, "4811111111111114", json!({"type": "authorize"})).await;
    check(&made, "200", "authorize");
    let capture = json!({"transaction_id": made["transaction_id"], "gross_amount": 30_000});
    let captured = answered(call(&bench, Method::POST, "/v2/capture").json(&capture), 200).await;
    check(&captured, "200", "capture");
    assert_eq!(captured["gross_amount"], "30000.00");
    let again = answered(call(&bench, Method::POST, "/v2/capture").json(&capture), 200).await;
    refused(&again, "412");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_to_be_authenticated_waits_on_its_page() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let made = by_card(&bench, "4811111111111114", json!({"authentication": true})).await;
    check(&made, "201", "pending");
    let page = made["redirect_url"].as_str().unwrap();
    let clicked = bench.client.post(format!("{page}/pay")).send().await.unwrap();
    assert_eq!(clicked.status(), 303);
    check(&status(&bench, "ORDER-1").await, "200", "capture");
    check(&told(&shop, 2, "capture").await, "200", "capture");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_needs_the_client_key_and_a_card() {
    let bench = Bench::new(quick()).await;
    let get = |query: &str| bench.client.get(format!("{}/v2/token?{query}", bench.sandbox.midtrans_base_url()));
    refused(&answered(get("client_key=nobody"), 401).await, "401");
    let wrong = format!(
        "client_key={MIDTRANS_CLIENT_KEY_DEFAULT}&card_number=4811111111111115&card_exp_month=1&card_exp_year=2030"
    );
    refused(&answered(get(&wrong), 400).await, "400");
}
