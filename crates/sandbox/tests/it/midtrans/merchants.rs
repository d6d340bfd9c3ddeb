use mstore_pay_sandbox::{MidtransMerchant, SandboxConfig};
use reqwest::Method;
use serde_json::json;

use super::{call, charge, check, order, refused};
use crate::support::{Bench, answered, quick};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_known_key_is_turned_away() {
    let bench = Bench::new(quick()).await;
    let url = format!("{}/v2/ORDER-1/status", bench.sandbox.midtrans_base_url());
    refused(&answered(bench.client.get(&url), 401).await, "401");
    refused(&answered(bench.client.get(&url).basic_auth("SB-Mid-server-nobody", Some("")), 401).await, "401");
}

#[tokio::test(flavor = "multi_thread")]
async fn order_ids_are_each_merchants_own() {
    let other = MidtransMerchant::other("G2");
    let config = SandboxConfig { midtrans_merchants: vec![MidtransMerchant::main(), other.clone()], ..quick() };
    let bench = Bench::new(config).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    let theirs = |method, path: &str| {
        let url = format!("{}{path}", bench.sandbox.midtrans_base_url());
        bench.client.request(method, url).basic_auth(&other.server_key, Some(""))
    };
    refused(&answered(theirs(Method::GET, "/v2/ORDER-1/status"), 200).await, "404");
    let made = answered(theirs(Method::POST, "/v2/charge").json(&order("ORDER-1", 33_000)), 200).await;
    check(&made, "201", "pending");
    assert_eq!(made["merchant_id"], "G2");
    let accounts: Vec<_> = bench.charges().await.iter().map(|row| row["account"].clone()).collect();
    assert_eq!(accounts, [json!("main"), json!("G2")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_at_midtrans_is_none_at_xendit() {
    let bench = Bench::new(quick()).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    super::pay(&bench, "ORDER-1").await;
    let listed = answered(bench.xendit(Method::GET, "/transactions"), 200).await;
    assert_eq!(listed["data"], json!([]));
    refused(&answered(call(&bench, Method::GET, "/v2/none/nothing"), 404).await, "404");
}
