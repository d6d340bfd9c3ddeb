use mstore_pay_sandbox::SandboxConfig;
use reqwest::Method;
use serde_json::Value;

use crate::support::{Bench, eventually, quick};

async fn ids(bench: &Bench, query: &str) -> Vec<String> {
    let page = bench.get(&format!("/transactions{query}")).await;
    page["data"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|row| row["reference_id"].as_str().expect("a reference").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_names_the_payment_and_the_request_and_is_neither() {
    let bench = Bench::new(quick()).await;
    let made = bench.create("REF-1", 33_000).await;
    assert!(ids(&bench, "").await.is_empty(), "what is not paid is not listed");
    let paid = bench.pay("REF-1").await;
    let page = bench.get("/transactions?types=PAYMENT&statuses=SUCCESS").await;
    let row = &page["data"][0];
    assert_eq!(row["product_id"], paid["payment_id"]);
    assert_eq!(row["product_data"]["payment_request_id"], made["payment_request_id"]);
    assert!(row["id"].as_str().is_some_and(|id| id.starts_with("txn_")));
    assert_eq!(row["amount"], 33_000);
    assert_eq!(row["fee"]["xendit_fee"], 231);
    assert_eq!(row["net_amount"], 33_000 - 231 - 25);
    assert_eq!(row["cashflow"], "MONEY_IN");
    assert_eq!(row["settlement_status"], "PENDING");
    assert_eq!(row["channel_category"], "QR_CODE");
    assert_eq!(page["has_more"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_keep_what_fits() {
    let bench = Bench::new(quick()).await;
    let mut times = Vec::new();
    for reference in ["A", "AB", "B"] {
        bench.create(reference, 33_000).await;
        times.push(bench.pay(reference).await["paid_at"].as_str().unwrap().to_owned());
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    assert_eq!(ids(&bench, "").await, ["B", "AB", "A"], "newest first");
    assert_eq!(ids(&bench, "?reference_id=A").await, ["A"], "exact, not by prefix");
    assert!(ids(&bench, "?types=DISBURSEMENT").await.is_empty());
    assert!(ids(&bench, "?statuses=FAILED&statuses=PENDING").await.is_empty());
    assert_eq!(ids(&bench, "?types=REFUND&types=PAYMENT").await.len(), 3);
    assert_eq!(ids(&bench, &format!("?updated[gte]={}", times[1])).await, ["B", "AB"]);
    assert_eq!(ids(&bench, &format!("?updated%5Blte%5D={}", times[1])).await, ["AB", "A"]);
    assert_eq!(ids(&bench, "?amount=33000").await.len(), 3);
    assert!(ids(&bench, "?amount=1").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let bench = Bench::new(quick()).await;
    for n in 0..7 {
        bench.create(&format!("REF-{n}"), 1_000).await;
        bench.pay(&format!("REF-{n}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/transactions?types=PAYMENT&limit=3".to_owned();
    loop {
        let page = bench.get(&path).await;
        let rows = page["data"].as_array().expect("an array");
        seen.extend(rows.iter().map(|row| row["reference_id"].clone()));
        if page["has_more"] == false {
            break;
        }
        path = page["links"][0]["href"].as_str().expect("a link").to_owned();
    }
    let expected: Vec<Value> = (0..7).rev().map(|n| Value::from(format!("REF-{n}"))).collect();
    assert_eq!(seen, expected);

    let last = bench.get("/transactions?limit=50").await["data"][6]["id"].clone();
    let before = ids(&bench, &format!("?limit=2&before_id={}", last.as_str().unwrap())).await;
    assert_eq!(before, ["REF-2", "REF-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_filters_are_refused() {
    let bench = Bench::new(quick()).await;
    for query in ["limit=0", "limit=51", "limit=x", "updated[gte]=yesterday", "amount=1e9"] {
        let path = format!("/transactions?{query}");
        let response = bench.xendit(Method::GET, &path).send().await.expect("an answer");
        assert_eq!(response.status(), 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arrived_money_is_listed_after_the_lag_while_the_payment_itself_is_known_at_once() {
    let bench = Bench::new(SandboxConfig { sweep_lag_ms: 150, ..quick() }).await;
    bench.create("REF-1", 33_000).await;
    let paid = bench.pay("REF-1").await;
    assert!(ids(&bench, "").await.is_empty());
    let payment = format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap());
    assert_eq!(bench.get(&payment).await["status"], "SUCCEEDED");
    eventually("the listing", || async { (!ids(&bench, "").await.is_empty()).then_some(()) }).await;
}
