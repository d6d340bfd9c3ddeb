use std::time::Duration;

use serde_json::{Value, json};

use super::shop::Shop;
use crate::rig::Provider;
use crate::scale::{at_once, cases};
use crate::till::{Sale, shown};

const SALES: u64 = 200;
const OTHERS: [&str; 4] = ["qris", "gopay", "dana", "va_bca"];
/// Of so many sales one is by the method that is down.
const DOWN_OF: u64 = 3;

/// What a metric says of a line.
async fn level(shop: &Shop, method: &str) -> Option<String> {
    let metrics = shop.till.read("/metrics").await;
    let text = metrics.answer().map(|answer| answer.body.clone()).unwrap_or_default();
    let line = text.lines().find(|line| {
        let names = ["mstore_pay_breaker_level{", "operation=\"open\"", "provider=\"xendit\""];
        names.iter().all(|name| line.contains(name)) && line.contains(&format!("method=\"{method}\""))
    });
    line.and_then(|line| line.rsplit(' ').next().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn f26_a_method_that_is_down_takes_no_other_with_it() {
    let shop = Shop::open().await;
    let n = cases(SALES);
    let mut down: Value = shop.rule("open", "timeout_before");
    down["method"] = json!("ovo");
    shop.rig.control.faults(&json!([down])).await;
    let sold = at_once(n * DOWN_OF, 12, |number| {
        let shop = &shop;
        async move {
            if number.is_multiple_of(DOWN_OF) {
                shop.till.create(&Sale::of(format!("F26-ovo-{number}"), 33_000).by("ovo")).await;
                return None;
            }
            let method = OTHERS[usize::try_from(number).expect("an index") % OTHERS.len()];
            let sale = Sale::of(format!("F26-{method}-{number}"), 33_000).by(method);
            Some(shown(&shop.till.create(&sale).await).is_some())
        }
    })
    .await;
    let others: Vec<bool> = sold.into_iter().flatten().collect();
    let unsold = others.iter().filter(|sold| !**sold).count();
    let (ovo, qris) = (shop.breaker(Provider::Xendit, "ovo").await, shop.breaker(Provider::Xendit, "qris").await);
    // Gauges are brought up to date every five seconds.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let levels = (level(&shop, "ovo").await, level(&shop, "qris").await);
    shop.rig.control.faults(&json!([])).await;
    // Pushes of which nobody knows are looked for before the judge comes.
    tokio::time::sleep(Duration::from_secs(80)).await;
    shop.judge("F26").await;
    println!("F26 n={} sales by other methods, unsold={unsold} ovo={ovo} qris={qris} levels={levels:?}", others.len());
    assert_eq!(unsold, 0, "sales by other methods that failed");
    assert!(ovo != "closed" && qris == "closed", "operators are told ovo {ovo:?}, qris {qris:?}");
    assert!(levels.0.is_some_and(|level| level != "0"), "no metric tells of the line that is down");
    assert_eq!(levels.1.as_deref(), Some("0"), "the metric of a line that is well");
}
