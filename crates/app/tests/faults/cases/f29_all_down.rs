use std::time::Duration;

use tokio::time::sleep;

use super::shop::{Shop, millis};
use crate::rig::Provider;
use crate::scale::{at_once, cases, percentile, prompt};
use crate::till::{Exchange, Sale};

const CREATES: u64 = 500;
/// Until both are known to be down.
const BEFORE: u64 = 20;
const TILLS: usize = 8;
const REFUSED_P99_MAX_MILLIS: u64 = 100;
/// What was queued would be there by then.
const QUEUED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn f29_while_both_providers_are_down_tills_are_told_at_once_and_nothing_is_queued() {
    let mut shop = Shop::open_at(&Provider::ALL).await;
    let n = cases(CREATES);
    shop.show(&Sale::of("F29-before", 33_000)).await;
    shop.rig.kill_sandbox();
    let create = |name: &'static str| {
        let till = shop.till.clone();
        move |number: u64| {
            let till = till.clone();
            async move { till.create(&Sale::of(format!("F29-{name}-{number}"), 33_000)).await }
        }
    };
    at_once(BEFORE, TILLS, create("first")).await;
    let answers: Vec<Exchange> = at_once(n, TILLS, create("down")).await;
    let taken: Vec<u64> = answers.iter().map(|exchange| millis(exchange.took())).collect();
    let (p50, p99) = (percentile(taken.clone(), 50), percentile(taken, 99));
    let is_told = |exchange: &&Exchange| {
        let answer = exchange.answer();
        exchange.error_code() == "provider_unavailable" && answer.is_some_and(|told| told.retry_after.is_some())
    };
    let told = answers.iter().filter(is_told).count();
    shop.rig.restart_sandbox();
    sleep(QUEUED_WITHIN).await;
    let queued = shop.rig.control.charges().await.len() - 1;
    for number in 0..TILLS {
        shop.show(&Sale::of(format!("F29-down-{number}"), 33_000)).await;
    }
    shop.judge("F29").await;
    println!("F29 n={n} told={told} p50={p50}ms p99={p99}ms queued={queued}");
    assert_eq!(u64::try_from(told), Ok(n), "told that nobody is available, and when to come back");
    assert_eq!(queued, 0, "opened afterwards although the till was told that nothing was");
    assert!(p99 < prompt(REFUSED_P99_MAX_MILLIS), "told after {p99} ms");
}
