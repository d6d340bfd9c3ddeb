//! The provider says what nobody here knows: the cashier notices nothing, the timeline and the metrics do.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";

async fn fault(house: &House, operation: &str, effect: &str, more: Value) {
    let mut rule = json!({"provider": "xendit", "operation": operation, "effect": effect});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    house.control(Method::PUT, "faults", &json!([rule])).await;
}

/// What of it is in a payment's timeline, as `kind what`.
async fn drift(house: &House, id: &Value) -> Vec<String> {
    let timeline = house.get(&format!("{PAYMENTS}/{}/timeline", id.as_str().unwrap())).send().await.data();
    let items = timeline["items"].as_array().unwrap().clone();
    let drifted = items.into_iter().filter(|item| item["kind"] == "provider_drifted");
    drifted
        .flat_map(|item| {
            let detail = item["detail"].as_object().unwrap().clone();
            let told = detail.into_iter().filter(|(name, _)| name != "charge");
            told.map(|(kind, what)| format!("{kind} {}", what.as_str().unwrap())).collect::<Vec<_>>()
        })
        .collect()
}

async fn until_drift(house: &House, id: &Value, want: &[&str]) {
    for _ in 0..100 {
        if drift(house, id).await == want {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(drift(house, id).await, want);
}

/// Whether that drift is counted.
async fn is_counted(house: &House, operation: &str, kind: &str) -> bool {
    let metrics = String::from_utf8(house.bare(Method::GET, "/metrics").send().await.bytes).unwrap();
    metrics.lines().any(|line| {
        line.starts_with("mstore_pay_provider_drift_total{")
            && line.contains(&format!("operation=\"{operation}\""))
            && line.contains(&format!("kind=\"{kind}\""))
    })
}

fn once() -> Value {
    json!({"times": 1})
}

/// An opening whose answer has that effect: the cashier gets a QR code.
async fn check_opening(effect: &str, more: Value, kind: &str, want: &str) {
    let house = House::open().await;
    fault(&house, "open", effect, more).await;
    let answer = house.post(PAYMENTS).json(&qris("TRX-1", 33_000)).send().await;
    answer.expect_status(200);
    let payment = answer.data();
    assert!(payment["qr_string"].is_string(), "{payment}");
    let told = drift(&house, &payment["payment_id"]).await;
    assert!(told.iter().any(|told| told.starts_with(want)), "{effect}: {told:?}");
    assert!(is_counted(&house, "open", kind).await, "{effect} is counted");
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_answer_to_an_opening_says_the_cashier_gets_a_qr_code() {
    check_opening("extra_fields", once(), "field", "field sandbox_extra").await;
    check_opening("unknown_enum", once(), "status", "status SANDBOX_UNHEARD_OF").await;
    check_opening("empty_body", once(), "shape", "shape could not read the answer").await;
    check_opening("html_error", json!({"times": 1, "status": 200}), "shape", "shape could not read the answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_answer_to_a_question_says_the_payment_goes_on_and_it_is_recorded_once() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let id = &payment["payment_id"];
    for (effect, kind) in [("unknown_enum", "status"), ("extra_fields", "field"), ("empty_body", "shape")] {
        fault(&house, "inquire", effect, json!({})).await;
        // Each of them has the provider asked.
        for number in 0..3 {
            let word = json!({"id": payment["reference_id"], "external_id": "TRX-1", "status": "EXPIRED",
                "amount": 33_000, "said": format!("{effect} {number}")});
            house.xendit_calls(&word).send().await.expect_status(200);
        }
        for _ in 0..100 {
            if is_counted(&house, "inquire", kind).await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(is_counted(&house, "inquire", kind).await, "{effect} is counted");
        house.payment(id).await;
    }
    let told = drift(&house, id).await;
    assert_eq!(told.iter().filter(|told| *told == "status SANDBOX_UNHEARD_OF").count(), 1, "{told:?}");
    house.control(Method::PUT, "faults", &json!([])).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(id, "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_with_a_word_of_tomorrow_is_acknowledged_and_recorded() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let told = json!({"id": payment["reference_id"], "external_id": "TRX-1", "status": "EVAPORATED", "amount": 33_000});
    house.xendit_calls(&told).send().await.expect_status(200);
    until_drift(&house, &payment["payment_id"], &["webhook status: EVAPORATED"]).await;
    assert!(is_counted(&house, "webhook", "webhook").await);
    assert_eq!(house.payment(&payment["payment_id"]).await["status"], "pending");
}
