//! What the dashboard, the alert rules and the page of metrics name is there, once something has happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use crate::house::{House, SOON};

const DASHBOARD: &str = include_str!("../../../../docs/grafana/dashboard.json");
const ALERTS: &str = include_str!("../../../../docs/grafana/alerts.yml");
const PAGE: &str = include_str!("../../../../docs/metrics.md");

/// A metric's name, without what the series of a histogram have behind it.
fn bare(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

/// Every metric of ours that a text names.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words.filter(|word| word.starts_with("mstore_pay_")).map(bare).collect()
}

/// Every metric that is shown, with the labels of its series.
fn shown(metrics: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in metrics.lines().filter(|line| line.starts_with("mstore_pay_")) {
        let (name, rest) = line.split_once(['{', ' ']).unwrap();
        let labels = rest.rsplit_once('}').map_or("", |(labels, _)| labels);
        let names = labels.split("\",").filter_map(|label| label.split_once("=\"")).map(|(name, _)| name.to_owned());
        shown.entry(bare(name).to_owned()).or_default().extend(names.filter(|name| name != "le"));
    }
    shown
}

/// What the page says of the labels of each metric.
fn page() -> BTreeMap<&'static str, BTreeSet<String>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `mstore_pay_"));
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let labels = cells[3].split(", ").map(|label| label.trim_matches('`').to_owned());
        (cells[1].trim_matches('`'), labels.filter(|label| !label.is_empty()).collect())
    };
    rows.map(row).collect()
}

/// Sells to customers who pay: one whose webhook comes, and one whose webhook is lost; and somebody forges one.
async fn some_business(house: &House) {
    for (order, webhook) in [("TRX-1", true), ("TRX-2", false)] {
        let payment = house.pay_by_qris(order, 33_000).await;
        house.customer_pays(order, webhook).await;
        house.until_status(&payment["payment_id"], "paid").await;
    }
    house.bare(Method::POST, "/api/v1/webhook/xendit").json(&json!({})).check(401, "invalid_webhook_credential").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_looked_at_is_there_after_some_business() {
    let house = House::open().await;
    some_business(&house).await;
    let looked_at: BTreeSet<&str> = named(DASHBOARD).into_iter().chain(named(ALERTS)).collect();
    assert!(looked_at.len() > 15, "{looked_at:?}");
    let deadline = Instant::now() + SOON;
    let metrics = loop {
        let metrics = String::from_utf8(house.bare(Method::GET, "/metrics").send().await.bytes).unwrap();
        let there = shown(&metrics);
        let missing: Vec<_> = looked_at.iter().filter(|name| !there.contains_key(**name)).collect();
        if missing.is_empty() {
            break metrics;
        }
        assert!(Instant::now() < deadline, "{missing:?} are missing in\n{metrics}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    let page = page();
    for (name, labels) in shown(&metrics) {
        assert_eq!(page.get(name.as_str()), Some(&labels), "{name} and its labels in docs/metrics.md");
    }
    let brought = |by: &str| {
        metrics.contains(&format!("mstore_pay_time_to_truth_seconds_count{{provider=\"xendit\",by=\"{by}\"}}"))
    };
    assert!(brought("webhook") && ["sweep", "check", "look"].into_iter().any(brought), "{metrics}");
    for nobody in ["TRX-1", "M1"] {
        assert!(!metrics.contains(nobody), "{nobody} is in\n{metrics}");
    }
}
