use std::time::Duration;

use serde_json::json;

use super::f03_lost_pushes::{Push, push};
use super::shop::Shop;
use crate::rig::{Pay, Secrets};
use crate::scale::{at_once, cases};

const PAYMENTS: u64 = 200;
const PAID_WITHIN: Duration = Duration::from_secs(15);

/// Webhooks are kept as they come, and Xendit writes the token into them: here none comes, and what is left is ours.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_cards_token_is_in_no_record_of_ours() {
    let shop = Shop::open().await;
    let n = cases(PAYMENTS);
    // Answers are recorded as well when they make no sense.
    let faults = json!([
        {"provider": "xendit", "operation": "webhook", "effect": "drop"},
        {"provider": "xendit", "operation": "open", "effect": "status_after", "probability": 0.1, "seed": 41},
        {"provider": "xendit", "operation": "open", "effect": "extra_fields", "probability": 0.1, "seed": 42},
    ]);
    shop.rig.control.faults(&faults).await;
    let unpaid: Vec<String> = at_once(n, 8, |number| {
        let (shop, sale) = (&shop, Push::CardToken.sale(&format!("S21-{number}")));
        async move {
            let (payment_id, _) = push(&shop.till, &sale).await;
            shop.rig.control.approve(&sale.order_code, &Pay::default()).await;
            let told = shop.till.await_status(&payment_id, "paid", PAID_WITHIN).await;
            (told["status"] != "paid").then(|| format!("{}: {told}", sale.order_code))
        }
    })
    .await
    .into_iter()
    .flatten()
    .collect();
    let sent = shop.rig.control.calls().await;
    let with_token = sent
        .iter()
        .filter(|call| call.method == "POST" && call.body.to_string().contains(Secrets::CARD_TOKENS))
        .count();
    let judged = shop.judge("S21").await;
    println!("S21 n={n} tokens_sent={with_token} secrets_told={} unpaid={}", judged.broken("I12"), unpaid.len());
    assert!(unpaid.is_empty(), "not paid:\n{}", unpaid.join("\n"));
    assert!(u64::try_from(with_token).expect("a count") >= n, "the tokens never went to the provider");
}
