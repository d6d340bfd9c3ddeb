//! Keys.

use serde_json::json;

use crate::house::{Call, House, qris};

fn create(house: &House, key: &str) -> Call {
    house.post("/api/v1/pos/payments").header("idempotency-key", key)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gets_the_same_bytes() {
    let house = House::open().await;
    let first = create(&house, "k1").json(&qris("TRX-1", 33_000)).send().await;
    first.expect_status(200);
    assert_eq!(first.header("idempotent-replayed"), "");
    let spaced = r#"{ "currency":"IDR", "amount":33000.00, "method":"qris","order_code":"TRX-1" }"#;
    let again = create(&house, "k1").body("application/json", spaced).send().await;
    again.expect_status(200);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(house.charges_of("TRX-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_request() {
    let house = House::open().await;
    create(&house, "k1").json(&qris("TRX-1", 33_000)).send().await.expect_status(200);
    let with = |field: &str| {
        let mut body = qris("TRX-1", 33_000);
        body[field] = json!("https://pos.example.com/other");
        body
    };
    for body in [qris("TRX-1", 33_001), qris("TRX-2", 33_000), with("success_url"), with("of_no_meaning_to_us")] {
        create(&house, "k1").json(&body).check(422, "idempotency_key_reused").await;
    }
    assert_eq!(house.charges_of("TRX-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_for_a_payment_under_way_gets_that_payment() {
    let house = House::open().await;
    let first = create(&house, "k1").json(&qris("TRX-1", 33_000)).send().await.data();
    for _ in 0..2 {
        let joined = create(&house, "k2").json(&qris("TRX-1", 33_000)).send().await.data();
        assert_eq!(joined["payment_id"], first["payment_id"]);
    }
    assert_eq!(house.charges_of("TRX-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_keys_are_refused() {
    let house = House::open().await;
    let long = "x".repeat(256);
    for key in ["", "a b", "a\tb", &long] {
        create(&house, key).json(&qris("TRX-1", 1_000)).check(400, "invalid_idempotency_key").await;
    }
    let twice = create(&house, "a").header("idempotency-key", "b").json(&qris("TRX-1", 1_000));
    twice.check(400, "invalid_idempotency_key").await;
    assert!(house.charges_of("TRX-1").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_outlives_a_restart() {
    let house = House::open_with(&["--public-base-url=https://pay.example.com"]).await;
    let first = create(&house, "k1").json(&qris("TRX-1", 33_000)).send().await;
    let house = house.reopen().await;
    let again = create(&house, "k1").json(&qris("TRX-1", 33_000)).send().await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_one_payment() {
    let house = House::open().await;
    let calls = (0..16).map(|n| {
        let call = if n % 2 == 0 { create(&house, "k1") } else { house.post("/api/v1/pos/payments") };
        call.json(&qris("TRX-1", 33_000)).send()
    });
    let answers = futures::future::join_all(calls).await;
    let mut ids: Vec<String> = answers
        .iter()
        .filter(|answer| answer.status.is_success())
        .map(|answer| answer.data()["payment_id"].to_string())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{answers:?}");
    for answer in &answers {
        assert!(matches!(answer.status.as_u16(), 200 | 202 | 409), "{answer:?}");
    }
    assert_eq!(house.charges_of("TRX-1").await.len(), 1);
}
