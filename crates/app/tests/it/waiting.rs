//! Waiting for a payment, and following it.

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::Method;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_told_at_once() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}?wait=30", payment["payment_id"].as_str().unwrap());
    let waiting = house.get(&path).send();
    let paying = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        house.customer_pays("TRX-1", true).await;
        Instant::now()
    };
    let (answer, paid) = tokio::join!(waiting, paying);
    assert_eq!(answer.data()["status"], "paid");
    assert!(paid.elapsed() < Duration::from_secs(5), "{:?}", paid.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_found_though_every_webhook_is_lost() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", false).await;
    house.until_status(&payment["payment_id"], "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_saves_the_body_and_a_new_one_ends_the_wait() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}", payment["payment_id"].as_str().unwrap());
    let first = house.get(&path).send().await;
    let tag = first.header("etag").to_owned();
    assert!(!tag.is_empty());
    let same = house.get(&path).header("if-none-match", &tag).send().await;
    same.expect_status(304);
    assert!(same.bytes.is_empty());
    assert_eq!(same.header("etag"), tag);
    let waited = house.get(&format!("{path}?wait=1")).header("if-none-match", &tag).send().await;
    waited.expect_status(304);
    let other = house.get(&format!("{path}?wait=30")).header("if-none-match", "\"0\"").send().await;
    other.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_has_its_limits() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    for wait in ["0", "31", "-1", "x", "", "1.5"] {
        let path = format!("/api/v1/pos/payments/{}?wait={wait}", payment["payment_id"].as_str().unwrap());
        house.get(&path).check(422, "invalid_field").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_the_state_and_its_changes_and_end_with_the_last() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let url = format!("{}/api/v1/pos/payments/{}/events", house.base, payment["payment_id"].as_str().unwrap());
    let token = house.token("M1", "L0_VIEWER");
    let response = house.client.request(Method::GET, url).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let first = String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.starts_with("event: payment\nid: ") && first.contains(r#""status":"pending""#), "{first}");
    house.customer_pays("TRX-1", true).await;
    let mut rest = String::new();
    while let Some(chunk) = stream.next().await {
        rest.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    assert!(rest.contains(r#""status":"paid""#), "{rest}");
}
