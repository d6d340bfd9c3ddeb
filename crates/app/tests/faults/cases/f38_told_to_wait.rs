use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::time::sleep;

use super::shop::{SALE_WITHIN, Shop};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const SALES: u64 = 50;
/// What the sandbox says with a 429, as Xendit does.
const TOLD_SECONDS: i64 = 60;
/// Between two tries of a till meanwhile.
const TRY_EVERY: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn f38_a_provider_that_says_when_to_come_back_is_left_alone_until_then() {
    let shop = Shop::open().await;
    let n = cases(SALES);
    let rule =
        json!({"provider": "xendit", "operation": "open", "effect": "rate_limited", "method": "qris", "times": 1});
    shop.rig.control.faults(&json!([rule])).await;
    let first = shop.till.create(&Sale::of("F38-first", 33_000).with_key("key-F38-first")).await;
    assert_eq!(first.status(), 503, "{first:?}");
    let calls = shop.rig.control.calls().await;
    let refused = calls.iter().find(|call| call.opens() && call.status == Some(429)).expect("the rule has fired");
    let due: DateTime<Utc> = refused.at + TimeDelta::seconds(TOLD_SECONDS);
    let sale = |number: u64| Sale::of(format!("F38-{number}"), 33_000).with_key(format!("key-F38-{number}"));
    let told_at_once = at_once(n, 8, |number| {
        let (till, sale) = (shop.till.clone(), sale(number));
        async move {
            let mut slowest = Duration::ZERO;
            // Until a moment before it is due.
            while Utc::now() + TimeDelta::seconds(6) < due {
                let answer = till.create(&sale).await;
                assert_eq!(answer.error_code(), "provider_unavailable", "{answer:?}");
                slowest = slowest.max(answer.took());
                sleep(TRY_EVERY).await;
            }
            slowest
        }
    })
    .await;
    let slowest = told_at_once.into_iter().max().unwrap_or_default();
    let early = shop.rig.control.calls().await;
    let early = early.iter().filter(|call| call.opens() && call.at > refused.at && call.at < due).count();
    sleep((due - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(500)).await;
    let sold = at_once(n, 8, |number| {
        let (till, sale) = (shop.till.clone(), sale(number));
        async move { till.sell(&sale, SALE_WITHIN).await.is_ok() }
    })
    .await;
    let unsold = sold.iter().filter(|sold| !**sold).count();
    shop.judge("F38").await;
    println!("F38 n={n} calls_before_due={early} told_within={}ms unsold_afterwards={unsold}", slowest.as_millis());
    assert_eq!((early, unsold), (0, 0), "calls before they were due, sales that never came");
}
