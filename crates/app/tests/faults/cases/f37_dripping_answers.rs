use std::time::Duration;

use serde_json::json;

use super::shop::{Shop, millis};
use crate::rig::Provider;
use crate::scale::{at_once, cases, percentile};
use crate::till::Sale;

const DRIPS: u64 = 20;
/// A byte a second: the connection is never idle for long, and an answer takes a quarter of an hour.
const DRIP_MS: u64 = 1_000;
const CALL_MAX: Duration = Duration::from_millis(10_500);

#[tokio::test(flavor = "multi_thread")]
async fn f37_an_answer_that_drips_is_given_up_by_the_whole_time_it_takes() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f37_an_answer_of_midtrans_that_drips_is_given_up_by_the_whole_time_it_takes() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(DRIPS);
    let till = shop.till.patient(Duration::from_mins(1));
    let rules = ["open", "inquire", "cancel", "sweep"].map(
        |operation| json!({"provider": provider.word(), "operation": operation, "effect": "drip", "delay_ms": DRIP_MS}),
    );
    // First answers that are whole, for something to cancel.
    let shown = at_once(n, 8, |number| {
        let shop = &shop;
        async move { shop.show(&Sale::of(format!("F37-cancelled-{number}"), 33_000)).await }
    })
    .await;
    shop.rig.control.faults(&json!(rules)).await;
    let creates = at_once(n, 8, |number| {
        let till = &till;
        async move { till.create(&Sale::of(format!("F37-{number}"), 33_000)).await }
    })
    .await;
    let cancels = at_once(n, 8, |index| {
        let (till, shown) = (&till, &shown[usize::try_from(index).expect("an index")]);
        async move { till.cancel(&shown.payment_id).await }
    })
    .await;
    shop.rig.control.faults(&json!([])).await;
    let took = |exchanges: &[crate::till::Exchange]| {
        percentile(exchanges.iter().map(|exchange| millis(exchange.took())).collect(), 100)
    };
    let (create_max, cancel_max) = (took(&creates), took(&cancels));
    // Nobody knows what came of it, or the provider is not called any more.
    let unexpected = creates.iter().chain(&cancels).filter(|exchange| ![202, 503].contains(&exchange.status())).count();
    for number in 0..n {
        shop.show(&Sale::of(format!("F37-{number}"), 33_000)).await;
    }
    shop.judge("F37").await;
    println!(
        "F37 at {} n={n} create_max={create_max}ms cancel_max={cancel_max}ms unexpected={unexpected}",
        provider.word()
    );
    assert!(create_max.max(cancel_max) <= millis(CALL_MAX), "calls that never ended: {create_max}, {cancel_max}");
    assert_eq!(unexpected, 0, "answers that cannot be known");
}
