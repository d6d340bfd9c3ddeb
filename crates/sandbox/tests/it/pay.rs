use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, quick};

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_pays_what_is_asked() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    let paid = bench.pay("REF-1").await;
    assert_eq!(paid["charge_id"], made["payment_request_id"]);
    assert_eq!(paid["amount"].to_string(), "33000");
    let charge = bench.charge("REF-1").await;
    assert_eq!(charge["status"], "SUCCEEDED");
    assert_eq!(charge["times_paid"], 1);
    assert_eq!(charge["paid_at"], paid["paid_at"]);
    assert_eq!(charge["payments"][0]["id"], paid["payment_id"]);
    assert_eq!(charge["payable"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_field_of_a_charge_is_there() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    let charge = bench.charge("REF-1").await;
    assert_eq!(charge["provider"], "xendit");
    assert_eq!(charge["account"], "main");
    assert_eq!(charge["order_code"], "ORDER-REF-1");
    assert_eq!(charge["method"], "qris");
    assert_eq!(charge["payable"], true);
    for field in [
        "id",
        "reference",
        "idempotency_key",
        "amount",
        "status",
        "times_paid",
        "payable_until",
        "created_at",
        "paid_at",
    ] {
        assert!(charge.get(field).is_some(), "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_is_found_by_any_of_its_names() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    for selector in [
        json!({"provider": "xendit", "id": made["payment_request_id"]}),
        json!({"provider": "xendit", "reference": "REF-1"}),
        json!({"provider": "xendit", "order_code": "ORDER-REF-1"}),
    ] {
        let paid = bench.control(Method::POST, "/pay", selector).await;
        assert_eq!(paid["charge_id"], made["payment_request_id"]);
    }
    for (selector, status) in [
        (json!({"provider": "xendit", "reference": "REF-2"}), 404),
        (json!({"provider": "xendit", "id": "REF-1"}), 404),
        (json!({"provider": "xendit"}), 400),
        (json!({"provider": "nobody", "reference": "REF-1"}), 400),
        (json!({"provider": "xendit", "reference": "REF-1", "amount": "much"}), 400),
    ] {
        let answer = bench.try_control(Method::POST, "/pay", selector.clone()).await;
        assert_eq!(answer.status(), status, "{selector}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_charges_of_an_order_the_open_one_is_paid() {
    let bench = Bench::new(quick()).await;
    let first = bench.create("REF-1", 33_000).await;
    let second = bench.create("REF-1", 33_000).await;
    let path = format!("/v3/payment_requests/{}/cancel", second["payment_request_id"].as_str().unwrap());
    bench.xendit(Method::POST, &path).send().await.expect("an answer");
    assert_eq!(bench.pay("REF-1").await["charge_id"], first["payment_request_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_can_be_paid_twice_each_time_with_its_own_payment() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    let first = bench.pay("REF-1").await;
    let second = bench.pay("REF-1").await;
    assert_ne!(first["payment_id"], second["payment_id"]);
    let charge = bench.charge("REF-1").await;
    assert_eq!(charge["times_paid"], 2);
    assert_eq!(charge["paid_at"], first["paid_at"], "the first money counts");
    for paid in [&first, &second] {
        let path = format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap());
        assert_eq!(bench.get(&path).await["status"], "SUCCEEDED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_and_currency_show_in_the_payment_not_in_the_request() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    let body = json!({"provider": "xendit", "reference": "REF-1", "amount": 32_999.5, "currency": "USD", "payer_name": "BUDI", "issuer_name": "DANA"});
    let paid = bench.control(Method::POST, "/pay", body).await;
    let payment = bench.get(&format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap())).await;
    assert_eq!(payment["captures"][0]["capture_amount"].to_string(), "32999.5");
    assert_eq!(payment["request_amount"], 33_000);
    assert_eq!(payment["currency"], "USD");
    assert_eq!(payment["payment_details"]["payer_name"], "BUDI");
    assert_eq!(payment["payment_details"]["issuer_name"], "DANA");
    let request = bench.get(&format!("/v3/payment_requests/{}", made["payment_request_id"].as_str().unwrap())).await;
    assert_eq!(request["currency"], "IDR");
}

/// Money that comes after `ending` leaves the request's status as it was.
async fn paid_late(ending: &str, status: &str) {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    let request = format!("/v3/payment_requests/{}", made["payment_request_id"].as_str().unwrap());
    if ending == "cancel" {
        bench.xendit(Method::POST, &format!("{request}/cancel")).send().await.expect("an answer");
    } else {
        let body = json!({"provider": "xendit", "reference": "REF-1"});
        bench.control(Method::POST, "/expire", body).await;
    }
    let inquired_at = made["created"].clone();
    let body = json!({"provider": "xendit", "reference": "REF-1", "inquired_at": inquired_at});
    let paid = bench.control(Method::POST, "/pay", body).await;
    let after = bench.get(&request).await;
    assert_eq!(after["status"], status);
    assert_eq!(after["latest_payment_id"], paid["payment_id"]);
    let payment = bench.get(&format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap())).await;
    assert_eq!(payment["status"], "SUCCEEDED");
    let charge = bench.charge("REF-1").await;
    assert_eq!((&charge["times_paid"], &charge["status"]), (&json!(1), &json!(status)));
    assert!(charge["payments"][0]["inquired_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_request_stays_cancelled_although_money_came() {
    paid_late("cancel", "CANCELED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_request_stays_expired_although_money_came() {
    paid_late("expire", "EXPIRED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_leaves_a_payment_without_money_and_may_be_followed_by_a_good_one() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    let body = json!({"provider": "xendit", "reference": "REF-1", "failure_code": "INSUFFICIENT_BALANCE"});
    let failed = bench.control(Method::POST, "/fail", body).await;
    let payment = bench.get(&format!("/v3/payments/{}", failed["payment_id"].as_str().unwrap())).await;
    assert_eq!(payment["status"], "FAILED");
    assert_eq!(payment["failure_code"], "INSUFFICIENT_BALANCE");
    assert!(payment.get("captures").is_none());
    let charge = bench.charge("REF-1").await;
    assert_eq!((&charge["status"], &charge["times_paid"]), (&json!("FAILED"), &json!(0)));
    bench.pay("REF-1").await;
    assert_eq!(bench.charge("REF-1").await["status"], "SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_empties_the_books() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    bench.pay("REF-1").await;
    bench.control(Method::POST, "/reset", Value::Null).await;
    assert!(bench.charges().await.is_empty());
    let log = bench.control(Method::GET, "/requests", Value::Null).await;
    assert_eq!(log, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_happen_is_refused() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    for amount in [json!(0), json!(-1)] {
        let body = json!({"provider": "xendit", "reference": "REF-1", "amount": amount});
        let answer = bench.try_control(Method::POST, "/pay", body).await;
        assert_eq!(answer.status(), 400, "{amount}");
    }
    bench.pay("REF-1").await;
    let body = json!({"provider": "xendit", "reference": "REF-1"});
    let answer = bench.try_control(Method::POST, "/expire", body).await;
    assert_eq!(answer.status(), 409, "what is paid does not expire");
}
