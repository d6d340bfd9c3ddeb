use reqwest::Method;
use serde_json::{Value, json};

use super::{bench_with_shop, call, charge, check, order, pay, refused, status};
use crate::support::shop::Shop;
use crate::support::{Bench, answered, quick, scaled};

async fn paid() -> (Bench, Shop) {
    let (bench, shop) = bench_with_shop(scaled(100)).await;
    charge(&bench, &order("ORDER-1", 12_000)).await;
    pay(&bench, "ORDER-1").await;
    shop.wait_for(2).await;
    (bench, shop)
}

async fn refund(bench: &Bench, body: Value) -> Value {
    answered(call(bench, Method::POST, "/v2/ORDER-1/refund").json(&body), 200).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_told_twice_with_one_signature() {
    let (bench, shop) = paid().await;
    let made = refund(&bench, json!({"refund_key": "R1", "amount": 5_000, "reason": "cold"})).await;
    check(&made, "200", "partial_refund");
    assert_eq!(made["refund_amount"], "5000.00");
    let received = shop.wait_for(4).await;
    let told: Vec<&Value> =
        received.iter().map(|notice| &notice.body).filter(|body| body["refunds"].is_array()).collect();
    for notice in &told {
        check(notice, "200", "partial_refund");
        assert_eq!(notice["refunds"][0]["refund_key"], "R1");
        assert_eq!(notice["signature_key"], super::signature(notice));
    }
    let confirmed = told.iter().filter(|notice| notice["refunds"][0]["bank_confirmed_at"].is_string()).count();
    assert_eq!((told.len(), confirmed), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_add_up_to_all_of_the_money_and_no_more() {
    let (bench, shop) = paid().await;
    refund(&bench, json!({"refund_key": "R1", "amount": 5_000})).await;
    refused(&refund(&bench, json!({"refund_key": "R2", "amount": 7_001})).await, "414");
    check(&refund(&bench, json!({"refund_key": "R2", "amount": 7_000})).await, "200", "refund");
    let asked = status(&bench, "ORDER-1").await;
    check(&asked, "200", "refund");
    assert_eq!((&asked["refund_amount"], asked["refunds"].as_array().map(Vec::len)), (&json!("12000.00"), Some(2)));
    refused(&refund(&bench, json!({"refund_key": "R3"})).await, "412");
    assert_eq!(shop.wait_for(6).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_key_stands_for_one_refund() {
    let (bench, _shop) = paid().await;
    let body = json!({"refund_key": "R1", "amount": 5_000});
    let first = refund(&bench, body.clone()).await;
    assert_eq!(refund(&bench, body).await, first);
    refused(&refund(&bench, json!({"refund_key": "R1", "amount": 6_000})).await, "406");
    assert_eq!(status(&bench, "ORDER-1").await["refund_amount"], "5000.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_money_that_came_goes_back() {
    let bench = Bench::new(quick()).await;
    charge(&bench, &order("ORDER-1", 12_000)).await;
    refused(&refund(&bench, json!({})).await, "412");
    let mut bill = order("ORDER-2", 12_000);
    bill["payment_type"] = json!("echannel");
    charge(&bench, &bill).await;
    pay(&bench, "ORDER-2").await;
    let request = call(&bench, Method::POST, "/v2/ORDER-2/refund").json(&json!({}));
    refused(&answered(request, 200).await, "412");
}
