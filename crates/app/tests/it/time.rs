//! A calendar that runs faster than the world's: payments age by it, tokens do not.

use std::time::{Duration, Instant};

use mstore_pay_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::house::{House, config, now};

/// What a QRIS code lives.
const LIFE: Duration = Duration::from_mins(5);

fn time(of: &Value, field: &str) -> Timestamp {
    Timestamp::parse_rfc3339(of[field].as_str().unwrap_or_default()).expect(field)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_expires_in_its_own_time_and_the_token_does_not() {
    let house = House::open_with(&["--time-scale=200"]).await;
    let since = Instant::now();
    let token = house.token("M1", "L0_CASHIER");
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.until_status(&payment["payment_id"], "expired").await;
    assert!(since.elapsed() >= LIFE / 200 && since.elapsed() < Duration::from_secs(9), "{:?}", since.elapsed());
    // By the calendar of payments its ten minutes are over then.
    tokio::time::sleep(Duration::from_secs(3).saturating_sub(since.elapsed())).await;
    let path = format!("/api/v1/pos/payments/{}", payment["payment_id"].as_str().unwrap());
    house.bare(reqwest::Method::GET, &path).bearer(&token).check(200, "").await;
    assert_eq!(house.charges_of("TRX-1").await[0]["payable"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_page_counts_the_seconds_that_the_customer_has() {
    let house = House::open_with(&["--time-scale=10"]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let page = payment["pay_page_url"].as_str().unwrap().trim_start_matches(&house.base);
    let page = house.bare(reqwest::Method::GET, page).check(200, "").await;
    let page = String::from_utf8_lossy(&page.bytes).into_owned();
    let left = page.split_once("data-left=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(left, _)| left);
    let left: u64 = left.and_then(|left| left.parse().ok()).expect("seconds that are left");
    assert!((20..=30).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_arrives_unannounced_is_found_within_its_time() {
    let house = House::open_with(&["--time-scale=20"]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", false).await;
    let paid = house.until_status(&payment["payment_id"], "paid").await;
    let arrived = time(&paid, "paid_at");
    let dies = time(&payment, "expires_at");
    assert!(arrived > dies.minus(LIFE) && arrived < dies, "{paid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_does_not_set_the_calendar_back() {
    let house = House::open_with(&["--time-scale=1000"]).await;
    house.pay_by_qris("TRX-1", 33_000).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    // At real speed again, and still ahead.
    let house = house.reopen().await;
    let payment = house.pay_by_qris("TRX-2", 33_000).await;
    let ahead = time(&payment, "expires_at").since(now());
    assert!(ahead > LIFE + Duration::from_mins(15), "{ahead:?}");
}

#[test]
fn a_faster_calendar_without_a_sandbox_needs_its_origin() {
    let elsewhere = ["--xendit-base-url=http://127.0.0.1:1/xendit", "--time-scale=100"];
    let faults = config(&elsewhere).map_err(|error| error.faults).unwrap_err();
    assert!(faults.len() == 1 && faults[0].contains("TIME_ORIGIN"), "{faults:?}");
    let agreed = [&elsewhere[..], &["--time-origin=2026-01-01T00:00:00Z"]].concat();
    assert_eq!(config(&agreed).unwrap().time_scale(), 100);
}
