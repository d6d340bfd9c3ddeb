use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::shop::Shop;
use crate::support::{Bench, eventually, scaled};

#[tokio::test(flavor = "multi_thread")]
async fn a_qris_code_expires_after_two_days_by_itself_and_the_shop_is_told() {
    // Two days in under half a second.
    let bench = Bench::new(scaled(400_000)).await;
    let shop = Shop::open();
    bench.target(&shop.url).await;
    let made = bench.create("REF-1", 33_000).await;
    let webhook = shop.wait_for(1).await[0].body.clone();
    assert_eq!(webhook["event"], "payment_request.expiry");
    assert_eq!(webhook["data"]["payment_request_id"], made["payment_request_id"]);
    let charge = bench.charge("REF-1").await;
    assert_eq!((&charge["status"], &charge["payable"]), (&json!("EXPIRED"), &json!(false)));
    let time = |field: &str| -> chrono::DateTime<chrono::Utc> { charge[field].as_str().unwrap().parse().unwrap() };
    assert_eq!((time("payable_until") - time("created_at")).num_hours(), 48);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_code_does_not_expire_as_well() {
    // Two days in nearly two seconds: time enough to cancel.
    let bench = Bench::new(scaled(100_000)).await;
    let made = bench.create("GONE", 33_000).await;
    let path = format!("/v3/payment_requests/{}/cancel", made["payment_request_id"].as_str().unwrap());
    let cancelled = bench.xendit(Method::POST, &path).send().await.unwrap();
    assert_eq!(cancelled.status(), 200);
    bench.create("LATER", 33_000).await;
    eventually("the later one expires", || async {
        (bench.charge("LATER").await["status"] == "EXPIRED").then_some(())
    })
    .await;
    assert_eq!(bench.charge("GONE").await["status"], "CANCELED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_sandbox_stops_at_once() {
    let bench = Bench::new(scaled(1)).await;
    bench.create("REF-1", 33_000).await;
    tokio::time::timeout(Duration::from_secs(4), bench.sandbox.stop()).await.expect("it stops");
}
