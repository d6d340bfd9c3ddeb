use mstore_pay_sandbox::{Provider, XENDIT_BUSINESS_ID_DEFAULT, XENDIT_CALLBACK_TOKEN_DEFAULT};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, eventually, quick, scaled};

async fn bench_with_shop() -> (Bench, Shop) {
    let (bench, shop) = (Bench::new(quick()).await, Shop::open());
    bench.target(&shop.url).await;
    (bench, shop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_told_with_the_payment_object() {
    let (bench, shop) = bench_with_shop().await;
    bench.create("REF-1", 33_000).await;
    let paid = bench.pay("REF-1").await;
    let webhook = &shop.wait_for(1).await[0];
    assert_eq!(webhook.token, XENDIT_CALLBACK_TOKEN_DEFAULT);
    assert!(!webhook.webhook_id.is_empty());
    assert_eq!(webhook.body["event"], "payment.capture");
    assert_eq!(webhook.body["business_id"], XENDIT_BUSINESS_ID_DEFAULT);
    assert_eq!(webhook.body["api_version"], "v3");
    assert!(webhook.body["created"].is_string());
    let path = format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap());
    assert_eq!(webhook.body["data"], bench.get(&path).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedder_directs_webhooks_without_http() {
    let (bench, shop) = (Bench::new(quick()).await, Shop::open());
    let url = shop.url.parse().expect("a URL");
    let directed = bench.sandbox.direct_webhooks(Provider::Xendit, None, &url).await;
    directed.expect("the main account is there");
    let nobody = bench.sandbox.direct_webhooks(Provider::Xendit, Some("nobody"), &url).await;
    assert!(nobody.is_err());
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    shop.wait_for(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_and_expiry_are_told_by_their_own_events() {
    let (bench, shop) = bench_with_shop().await;
    bench.create("REF-1", 33_000).await;
    let body = json!({"provider": "xendit", "reference": "REF-1"});
    bench.control(Method::POST, "/fail", body.clone()).await;
    let failed = shop.wait_for(1).await[0].body.clone();
    assert_eq!(failed["event"], "payment.failure");
    assert_eq!(failed["data"]["failure_code"], "USER_DECLINED_PAYMENT");
    bench.control(Method::POST, "/expire", body).await;
    let expired = shop.wait_for(2).await[1].body.clone();
    assert_eq!(expired["event"], "payment_request.expiry");
    assert_eq!(expired["data"]["status"], "EXPIRED");
    assert_eq!(expired["data"]["reference_id"], "REF-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_may_happen_without_a_word() {
    let (bench, shop) = bench_with_shop().await;
    for reference in ["SILENT", "TOLD"] {
        bench.create(reference, 33_000).await;
    }
    let body = json!({"provider": "xendit", "reference": "SILENT", "webhook": "drop"});
    bench.control(Method::POST, "/pay", body).await;
    bench.pay("TOLD").await;
    let received = shop.wait_for(1).await;
    assert_eq!(received[0].body["data"]["reference_id"], "TOLD");
    assert_eq!(bench.charge("SILENT").await["times_paid"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_webhook_is_tried_seven_times_on_xendits_schedule() {
    // A day of retries in four seconds.
    let bench = Bench::new(scaled(20_000)).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    shop.answers(500);
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    let received = shop.wait_for(7).await;
    assert!(received.iter().all(|webhook| webhook.webhook_id == received[0].webhook_id));
    let created: Vec<chrono::DateTime<chrono::Utc>> =
        received.iter().map(|webhook| webhook.body["created"].as_str().unwrap().parse().unwrap()).collect();
    let gaps: Vec<i64> = created.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).collect();
    for (gap, planned) in gaps.iter().zip([15, 45, 120, 180, 360, 720]) {
        // A real millisecond is twenty seconds here.
        assert!((planned..planned + 60).contains(gap), "{gaps:?}");
    }
    let rows = eventually("the log of the last attempt", || async {
        let rows = bench.control(Method::GET, "/webhooks", Value::Null).await;
        (rows.as_array().map(Vec::len) == Some(7)).then_some(rows)
    })
    .await;
    assert_eq!((&rows[0]["attempt"], &rows[6]["attempt"]), (&json!(1), &json!(7)));
    assert_eq!(rows[0]["answer"], 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_was_taken_is_not_sent_again_unless_asked() {
    let (bench, shop) = bench_with_shop().await;
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    shop.wait_for(1).await;
    let rows = eventually("the log of the attempt", || async {
        let rows = bench.control(Method::GET, "/webhooks", Value::Null).await;
        (rows != json!([])).then_some(rows)
    })
    .await;
    assert_eq!(rows[0]["answer"], 200);
    assert_eq!(rows[0]["headers"]["x-callback-token"], XENDIT_CALLBACK_TOKEN_DEFAULT);
    assert_eq!(rows[0]["body"]["event"], "payment.capture");
    assert!(rows[0]["latency_ms"].is_u64());
    let path = format!("/webhooks/{}/resend", rows[0]["id"].as_str().unwrap());
    bench.control(Method::POST, &path, Value::Null).await;
    assert_eq!(shop.received().len(), 2);
    let unknown = bench.try_control(Method::POST, "/webhooks/none/resend", Value::Null).await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_target_a_webhook_is_lost_and_the_log_says_so() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    let row = eventually("the log of the attempt", || async {
        let rows = bench.control(Method::GET, "/webhooks", Value::Null).await;
        rows.get(0).cloned()
    })
    .await;
    assert_eq!((&row["answer"], &row["url"]), (&Value::Null, &Value::Null));
    assert!(row["error"].as_str().is_some_and(|why| why.contains("target")));
}

/// Puts `rule` in force for webhooks, pays one charge, and waits for `n` webhooks.
async fn spoiled(rule: Value, n: usize) -> (Bench, Vec<Value>, Vec<String>) {
    let (bench, shop) = bench_with_shop().await;
    let mut rule = rule;
    rule["operation"] = json!("webhook");
    bench.fault(rule).await;
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    let received = shop.wait_for(n).await;
    let tokens = received.iter().map(|webhook| webhook.token.clone()).collect();
    (bench, received.into_iter().map(|webhook| webhook.body).collect(), tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_and_storms_are_the_same_bytes_many_times() {
    let (_bench, bodies, _) = spoiled(json!({"effect": "duplicate", "times": 20}), 20).await;
    assert_eq!(bodies.len(), 20);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let (_bench, bodies, _) = spoiled(json!({"effect": "storm"}), 100).await;
    assert_eq!(bodies.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_signature_is_not_the_accounts_token() {
    let (_bench, _, tokens) = spoiled(json!({"effect": "bad_signature"}), 1).await;
    assert_ne!(tokens[0], XENDIT_CALLBACK_TOKEN_DEFAULT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_amount_is_told_while_the_ledger_keeps_the_right_one() {
    let (bench, bodies, _) = spoiled(json!({"effect": "wrong_amount"}), 1).await;
    assert_eq!(bodies[0]["data"]["captures"][0]["capture_amount"], 33_001);
    assert_eq!(bench.charge("REF-1").await["payments"][0]["amount"], 33_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_webhook_is_noted_and_never_comes() {
    let (bench, shop) = bench_with_shop().await;
    bench.fault(json!({"operation": "webhook", "effect": "drop", "times": 1})).await;
    for reference in ["FIRST", "SECOND"] {
        bench.create(reference, 33_000).await;
        bench.pay(reference).await;
    }
    let received = shop.wait_for(1).await;
    assert_eq!(received[0].body["data"]["reference_id"], "SECOND");
    let rows = bench.control(Method::GET, "/webhooks", Value::Null).await;
    let dropped = rows.as_array().unwrap().iter().find(|row| row["reference"] == "FIRST");
    assert_eq!(dropped.unwrap()["error"], "dropped by a rule");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reordered_webhook_comes_after_the_next_one() {
    let (bench, shop) = bench_with_shop().await;
    bench.fault(json!({"operation": "webhook", "effect": "reorder", "times": 1})).await;
    for reference in ["FIRST", "SECOND"] {
        bench.create(reference, 33_000).await;
        bench.pay(reference).await;
    }
    let order: Vec<Value> =
        shop.wait_for(2).await.into_iter().map(|webhook| webhook.body["data"]["reference_id"].clone()).collect();
    assert_eq!(order, ["SECOND", "FIRST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reordered_webhook_with_no_follower_comes_all_the_same() {
    let rule = json!({"effect": "reorder", "delay_ms": 30});
    let (_bench, bodies, _) = spoiled(rule, 1).await;
    assert_eq!(bodies.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_webhook_is_overtaken() {
    let (bench, shop) = bench_with_shop().await;
    bench.fault(json!({"operation": "webhook", "effect": "delay", "delay_ms": 200, "reference": "SLOW"})).await;
    for reference in ["SLOW", "FAST"] {
        bench.create(reference, 33_000).await;
        bench.pay(reference).await;
    }
    let received = shop.wait_for(2).await;
    assert_eq!(received[1].body["data"]["reference_id"], "SLOW");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lie_is_corrected_days_later() {
    // Three days in a little over a second.
    let bench = Bench::new(scaled(200_000)).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    bench.fault(json!({"operation": "webhook", "effect": "corrected_later"})).await;
    bench.create("REF-1", 33_000).await;
    let paid = bench.pay("REF-1").await;
    let received = shop.wait_for(2).await;
    let events: Vec<&Value> = received.iter().map(|webhook| &webhook.body["event"]).collect();
    assert_eq!(events, ["payment.failure", "payment.capture"]);
    assert_eq!(received[0].body["data"]["payment_id"], paid["payment_id"]);
    assert_eq!(received[0].body["data"]["status"], "FAILED");
    let told =
        |n: usize| -> chrono::DateTime<chrono::Utc> { received[n].body["created"].as_str().unwrap().parse().unwrap() };
    assert!((told(1) - told(0)).num_days() >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_can_come_before_the_answer() {
    let (bench, shop) = bench_with_shop().await;
    bench.fault(json!({"operation": "webhook", "effect": "before_response", "delay_ms": 20})).await;
    let made = bench.create("REF-1", 33_000).await;
    let received = shop.received();
    assert_eq!(received.len(), 1, "it was there before the answer");
    assert_eq!(received[0].body["data"]["payment_request_id"], made["payment_request_id"]);
    assert_eq!(made["status"], "REQUIRES_ACTION");
    assert_eq!(bench.charge("REF-1").await["times_paid"], 1);
}
