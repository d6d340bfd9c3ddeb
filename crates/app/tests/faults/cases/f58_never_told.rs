use std::time::{Duration, Instant};

use super::shop::{Shop, millis};
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases, percentile, unhurried};
use crate::till::Sale;

const SALES: u64 = 500;
const AT_ONCE: usize = 16;

/// A sweep and its look, with what a machine that is busy adds; where there is none to sweep, a question and the next.
fn told_within(provider: Provider) -> Duration {
    unhurried(match provider {
        Provider::Xendit => Duration::from_secs(5),
        Provider::Midtrans => Duration::from_secs(25),
    })
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(SALES);
    let waits = at_once(n, AT_ONCE, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F58-{number}"), 33_000)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &Pay { silent: true, ..Pay::default() }).await;
            let paid = Instant::now();
            let told = shop.till.await_status(&shown.payment_id, "paid", told_within(provider)).await;
            (told["status"] == "paid").then(|| millis(paid.elapsed()))
        }
    })
    .await;
    let unpaid = waits.iter().filter(|wait| wait.is_none()).count();
    let waits: Vec<u64> = waits.into_iter().flatten().collect();
    let of = |percent: usize| percentile(waits.clone(), percent);
    let (p50, p95, p99) = (of(50), of(95), of(99));
    shop.judge("F58").await;
    println!("F58 at {} n={n} unpaid={unpaid} p50={p50}ms p95={p95}ms p99={p99}ms", provider.word());
    assert_eq!(unpaid, 0, "paid, and it still says pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn f58_money_that_nobody_tells_of_is_found_by_the_sweep() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f58_money_that_midtrans_never_tells_of_is_found_by_asking() {
    check(Provider::Midtrans).await;
}
