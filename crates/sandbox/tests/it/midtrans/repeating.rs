use reqwest::Method;
use serde_json::{Value, json};

use super::{call, check, order, refused, status};
use crate::support::{Bench, answered, quick, scaled};

async fn keyed(bench: &Bench, key: &str, path: &str, body: &Value) -> Value {
    answered(call(bench, Method::POST, path).header("Idempotency-Key", key).json(body), 200).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gets_its_first_answer_again_whatever_the_body_and_wherever() {
    let bench = Bench::new(quick()).await;
    let first = keyed(&bench, "key-1", "/v2/charge", &order("ORDER-1", 33_000)).await;
    assert_eq!(keyed(&bench, "key-1", "/v2/charge", &order("ORDER-2", 1_000)).await, first);
    // A cancel under the charge's key is no cancel.
    assert_eq!(keyed(&bench, "key-1", "/v2/ORDER-1/cancel", &Value::Null).await, first);
    check(&status(&bench, "ORDER-1").await, "201", "pending");
    check(&keyed(&bench, "key-1-c", "/v2/ORDER-1/cancel", &Value::Null).await, "200", "cancel");
    assert_eq!(bench.charges().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_uses_up_no_key() {
    let bench = Bench::new(quick()).await;
    let none = keyed(&bench, "key-1", "/v2/ORDER-1/cancel", &Value::Null).await;
    refused(&none, "404");
    check(&keyed(&bench, "key-1", "/v2/charge", &order("ORDER-1", 33_000)).await, "201", "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_47_characters_is_ignored() {
    let bench = Bench::new(quick()).await;
    let key = "k".repeat(47);
    check(&keyed(&bench, &key, "/v2/charge", &order("ORDER-1", 33_000)).await, "201", "pending");
    refused(&keyed(&bench, &key, "/v2/charge", &order("ORDER-1", 33_000)).await, "406");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_forgotten_after_five_minutes() {
    // Five minutes in three tenths of a second.
    let bench = Bench::new(scaled(1_000)).await;
    keyed(&bench, "key-1", "/v2/charge", &order("ORDER-1", 33_000)).await;
    tokio::time::sleep(std::time::Duration::from_millis(320)).await;
    refused(&keyed(&bench, "key-1", "/v2/charge", &order("ORDER-1", 33_000)).await, "406");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_while_the_first_is_under_way_is_told_to_wait() {
    let bench = Bench::new(quick()).await;
    let rule = json!([{"provider": "midtrans", "operation": "open", "effect": "timeout_before", "times": 1}]);
    bench.control(Method::PUT, "/faults", rule).await;
    let body = order("ORDER-1", 33_000);
    let hanging = call(&bench, Method::POST, "/v2/charge").header("Idempotency-Key", "key-1").json(&body);
    let hanging = tokio_util::task::TaskTracker::new().spawn(hanging.send());
    crate::support::eventually("the first call", || async {
        let received = bench.control(Method::GET, "/requests", Value::Null).await;
        (received != json!([])).then_some(())
    })
    .await;
    refused(&keyed(&bench, "key-1", "/v2/charge", &body).await, "202");
    hanging.abort();
    crate::support::eventually("the key to be free again", || async {
        let third = keyed(&bench, "key-1", "/v2/charge", &body).await;
        (third["status_code"] == "201").then_some(())
    })
    .await;
}
