use reqwest::Method;
use serde_json::json;

use super::{bench_with_shop, call, charge, check, order, pay, told};
use crate::support::shop::Shop;
use crate::support::{answered, quick, scaled};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_send_its_notices_elsewhere_or_to_more_than_one() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let elsewhere = Shop::open();
    let open = |id: &str, header: &str| {
        let request = call(&bench, Method::POST, "/v2/charge").header(header, &elsewhere.url);
        answered(request.json(&order(id, 33_000)), 200)
    };
    open("INSTEAD", "X-Override-Notification").await;
    open("BESIDE", "X-Append-Notification").await;
    let of = |received: Vec<crate::support::shop::Received>| -> Vec<String> {
        received.iter().map(|notice| notice.body["order_id"].as_str().unwrap().to_owned()).collect()
    };
    let mut there = of(elsewhere.wait_for(2).await);
    there.sort();
    assert_eq!(there, ["BESIDE", "INSTEAD"]);
    assert_eq!(of(shop.wait_for(1).await), ["BESIDE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_of_retries_hangs_on_the_answer() {
    // Six hours of retries in about a second; the virtual account lives four times as long.
    for (answer, attempts) in [(500, 2), (404, 3), (503, 5), (401, 6), (302, 1)] {
        let (bench, shop) = bench_with_shop(scaled(20_000)).await;
        shop.answers(answer);
        let mut body = order("ORDER-1", 33_000);
        body["payment_type"] = json!("bank_transfer");
        body["bank_transfer"] = json!({"bank": "bni"});
        charge(&bench, &body).await;
        shop.wait_for(attempts).await;
        // Longer than the gap to the next attempt, were there one.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let pending = shop.received().iter().filter(|notice| notice.body["transaction_status"] == "pending").count();
        assert_eq!(pending, attempts, "after {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_spoil_notices_while_the_ledger_keeps_the_truth() {
    let (bench, shop) = bench_with_shop(quick()).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    shop.wait_for(1).await;
    let rules = json!([{"provider": "midtrans", "operation": "webhook", "effect": "bad_signature"}]);
    bench.control(Method::PUT, "/faults", rules).await;
    pay(&bench, "ORDER-1").await;
    let told = told(&shop, 2, "settlement").await;
    check(&told, "200", "settlement");
    assert_ne!(told["signature_key"], super::signature(&told));
    let rules = json!([{"provider": "midtrans", "operation": "webhook", "effect": "wrong_amount"}]);
    bench.control(Method::PUT, "/faults", rules).await;
    charge(&bench, &order("ORDER-2", 33_000)).await;
    let told = shop.wait_for(3).await[2].body.clone();
    assert_eq!(told["gross_amount"], "33001.00");
    assert_eq!(told["signature_key"], super::signature(&told), "a lie that is signed");
    assert_eq!(bench.charge("ORDER-2").await["amount"], 33_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_in_a_wallet_is_a_deny() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let mut body = order("ORDER-1", 33_000);
    body["payment_type"] = json!("gopay");
    charge(&bench, &body).await;
    bench.control(Method::POST, "/fail", json!({"provider": "midtrans", "reference": "ORDER-1"})).await;
    check(&told(&shop, 2, "deny").await, "202", "deny");
}
