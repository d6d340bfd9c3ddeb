use std::time::Duration;

use serde_json::{Value, json};

use super::shop::Shop;
use crate::rig::Provider;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const EARLY: u64 = 1_000;
/// By so many milliseconds the answer to the create comes after its webhook.
const HEAD_STARTS_MS: [u64; 5] = [0, 50, 120, 250, 500];

#[tokio::test(flavor = "multi_thread")]
async fn f06_a_webhook_that_overtakes_the_answer_to_its_create_is_matched() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_a_notification_of_midtrans_that_overtakes_the_answer_to_its_create_is_matched() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(EARLY);
    let rules: Vec<Value> = HEAD_STARTS_MS
        .iter()
        .rev()
        .enumerate()
        .map(|(index, head_start)| {
            // The last rule takes all that the others left.
            let probability = if index + 1 == HEAD_STARTS_MS.len() { json!(1) } else { json!(0.25) };
            json!({"provider": provider.word(), "operation": "webhook", "effect": "before_response",
                "delay_ms": head_start, "probability": probability, "seed": 60 + index})
        })
        .collect();
    shop.rig.control.faults(&json!(rules)).await;
    let paid = at_once(n, 16, |number| {
        let shop = &shop;
        async move {
            let sale = Sale::of(format!("F06-{number}"), 33_000);
            let create = shop.till.create(&sale).await;
            let payment_id = create.data()["payment_id"].as_str().map(str::to_owned);
            let payment_id = payment_id.unwrap_or_else(|| panic!("no payment: {create:?}"));
            let told = shop.till.await_status(&payment_id, "paid", Duration::from_secs(10)).await;
            told["status"] == "paid"
        }
    })
    .await;
    let unpaid = paid.iter().filter(|paid| !**paid).count();
    let early = shop.rig.control.deliveries().await;
    let acknowledged = early.iter().filter(|delivery| delivery.answer == Some(200)).count();
    let objects = u64::try_from(shop.rig.control.charges().await.len()).expect("a count");
    let judged = shop.judge("F06").await;
    let dead_letters = judged.dead_letters;
    println!(
        "F06 at {} n={n} acknowledged={acknowledged} unpaid={unpaid} objects={objects} dead_letters={dead_letters}",
        provider.word()
    );
    assert_eq!(unpaid, 0, "paid before the create was answered, and never counted as paid");
    assert_eq!(objects, n, "no answer was lost, so nothing is opened twice");
}
