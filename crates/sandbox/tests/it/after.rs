use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, answered, create_body, quick};

async fn create(bench: &Bench, reference: &str, change: Value) -> Value {
    let mut body = create_body(reference, 100_000);
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    answered(bench.xendit(Method::POST, "/v3/payment_requests").json(&body), 201).await
}

fn account() -> Value {
    json!({"channel_code": "BNI_VIRTUAL_ACCOUNT", "channel_properties": {"display_name": "MSTORE"}})
}

fn path_of(made: &Value) -> String {
    format!("/v3/payment_requests/{}", made["payment_request_id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_account_can_be_changed_and_nothing_else() {
    let bench = Bench::new(quick()).await;
    let made = create(&bench, "VA", account()).await;
    let change = json!({
        "request_amount": 50_000,
        "description": "Table 7",
        "channel_properties": {"display_name": "MSTORE", "expires_at": "2099-01-01T00:00:00Z"},
    });
    let changed = answered(bench.xendit(Method::PATCH, &path_of(&made)).json(&change), 200).await;
    assert_eq!((&changed["request_amount"], &changed["description"]), (&json!(50_000), &json!("Table 7")));
    assert!(bench.charge("VA").await["payable_until"].as_str().is_some_and(|until| until.starts_with("2099-01-01")));
    assert_eq!(bench.pay("VA").await["amount"], 50_000);
    answered(bench.xendit(Method::PATCH, &path_of(&made)).json(&change), 400).await;
    let code = create(&bench, "QR", json!({})).await;
    let refused = answered(bench.xendit(Method::PATCH, &path_of(&code)).json(&change), 400).await;
    assert_eq!(refused["error_code"], "INACTIVE_PAYMENT_REQUEST");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reusable_number_takes_money_again_and_again() {
    let bench = Bench::new(quick()).await;
    let change = json!({
        "type": "REUSABLE_PAYMENT_CODE",
        "channel_code": "BRI_VIRTUAL_ACCOUNT",
        "request_amount": null,
    });
    let made = create(&bench, "VA", change).await;
    assert_eq!((&made["type"], &made["status"]), (&json!("REUSABLE_PAYMENT_CODE"), &json!("ACCEPTING_PAYMENTS")));
    assert!(made.get("request_amount").is_none(), "{made}");
    for amount in [10_000, 20_000] {
        let simulate = format!("{}/simulate", path_of(&made));
        answered(bench.xendit(Method::POST, &simulate).json(&json!({"amount": amount})), 200).await;
    }
    assert_eq!(bench.get(&path_of(&made)).await["status"], "ACCEPTING_PAYMENTS");
    assert_eq!(bench.charge("VA").await["times_paid"], 2);
    let mut refused = create_body("QR", 100_000);
    refused["type"] = json!("REUSABLE_PAYMENT_CODE");
    answered(bench.xendit(Method::POST, "/v3/payment_requests").json(&refused), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_set_aside_then_taken_or_given_back() {
    let bench = Bench::new(quick()).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    for (reference, taken) in [("TAKEN", true), ("GIVEN-BACK", false)] {
        let card = json!({"channel_code": "CARDS", "payment_token_id": "pt-1", "capture_method": "MANUAL"});
        let made = create(&bench, reference, card).await;
        let paid = bench.pay(reference).await;
        let payment = format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap());
        assert_eq!(bench.get(&path_of(&made)).await["status"], "AUTHORIZED");
        assert_eq!(bench.get(&payment).await["status"], "AUTHORIZED");
        assert_eq!(bench.charge(reference).await["times_paid"], 0);
        let verb = if taken { "capture" } else { "cancel" };
        let call = || bench.xendit(Method::POST, &format!("{payment}/{verb}")).json(&json!({"capture_amount": 90_000}));
        let after = answered(call(), 200).await;
        assert_eq!(after["status"], if taken { "SUCCEEDED" } else { "CANCELED" });
        if taken {
            assert_eq!(after["captures"][0]["capture_amount"], 90_000);
        }
        assert_eq!(bench.get(&path_of(&made)).await["status"], if taken { "SUCCEEDED" } else { "CANCELED" });
        answered(call(), 400).await;
    }
    // In any order: each webhook travels by itself.
    let mut events: Vec<String> = shop.wait_for(3).await.iter().map(|told| told.body["event"].to_string()).collect();
    events.sort();
    assert_eq!(events, [r#""payment.authorization""#, r#""payment.authorization""#, r#""payment.capture""#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_of_test_mode_fail_wallets_and_cards_by_webhook() {
    let bench = Bench::new(quick()).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    let wallet = json!({
        "channel_code": "DANA",
        "channel_properties": {"success_return_url": "https://shop.test/ok"},
        "request_amount": 20_105,
    });
    let card = json!({"channel_code": "CARDS", "payment_token_id": "pt-1", "request_amount": 10_054});
    for (n, (change, code)) in
        [(wallet, "USER_DECLINED_PAYMENT"), (card, "INSUFFICIENT_BALANCE")].into_iter().enumerate()
    {
        let made = create(&bench, code, change).await;
        answered(bench.xendit(Method::POST, &format!("{}/simulate", path_of(&made))), 200).await;
        let told = shop.wait_for(n + 1).await[n].body.clone();
        assert_eq!((&told["event"], &told["data"]["failure_code"]), (&json!("payment.failure"), &json!(code)));
        assert_eq!(bench.get(&path_of(&made)).await["status"], "FAILED");
    }
}
