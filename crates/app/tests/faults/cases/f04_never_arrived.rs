use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::shop::{Shop, millis};
use crate::rig::Provider;
use crate::scale::{at_once, cases, percentile};
use crate::till::Sale;

const CREATES: u64 = 500;
/// One of ten meets a provider that does not even listen.
const REFUSED_OF: u64 = 10;
/// How long the faults stay.
const FAULTY_FOR: Duration = Duration::from_secs(4);

async fn sell_all(shop: &Shop, name: &str, n: u64, failed: &AtomicU64) -> Vec<u64> {
    let fault_ends = tokio::time::Instant::now() + FAULTY_FOR;
    at_once(n, 8, |number| async move {
        let sale = Sale::of(format!("{name}-{number}"), 33_000).with_key(format!("key-{name}-{number}"));
        let first = shop.till.create(&sale).await;
        if first.status() != 200 {
            failed.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep_until(fault_ends).await;
        let began = tokio::time::Instant::now();
        shop.show(&sale).await;
        millis(began.elapsed())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_never_arrived_is_not_there_and_the_same_request_makes_it_once() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_never_arrived_at_midtrans_is_not_there_and_the_same_request_makes_it_once() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let mut shop = Shop::open_at(&[provider]).await;
    let n = cases(CREATES);
    let refused = (n / REFUSED_OF).max(1);
    let failed = AtomicU64::new(0);
    let rule = |effect: &str, probability: &str| {
        let probability: serde_json::Number = probability.parse().expect("a number");
        json!({"provider": provider.word(), "operation": "open", "effect": effect, "probability": probability, "seed": 4})
    };
    shop.rig.control.faults(&json!([rule("disconnect_before", "0.5"), rule("reset", "1")])).await;
    let control = shop.rig.control.clone();
    let heal = async {
        sleep(FAULTY_FOR).await;
        control.faults(&json!([])).await;
    };
    let (mut delays, ()) = tokio::join!(sell_all(&shop, "F04-cut", n - refused, &failed), heal);
    shop.rig.kill_sandbox();
    let unreachable: Vec<Sale> = (0..refused).map(|number| Sale::of(format!("F04-refused-{number}"), 33_000)).collect();
    for sale in &unreachable {
        if shop.till.create(sale).await.status() != 200 {
            failed.fetch_add(1, Ordering::Relaxed);
        }
    }
    shop.rig.restart_sandbox();
    for sale in &unreachable {
        let began = tokio::time::Instant::now();
        shop.show(sale).await;
        delays.push(millis(began.elapsed()));
    }
    let mut objects: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for charge in shop.rig.control.charges().await {
        *objects.entry(charge.order_code).or_default() += 1;
    }
    let orders = u64::try_from(objects.len()).expect("a count");
    let doubled = objects.values().filter(|count| **count != 1).count();
    shop.judge("F04").await;
    println!(
        "F04 at {} n={n} failed_while_faulty={} objects_not_one={doubled} qr_after_healing_p50={}ms max={}ms",
        provider.word(),
        failed.into_inner(),
        percentile(delays.clone(), 50),
        percentile(delays, 100),
    );
    assert_eq!((orders, doubled), (n, 0), "every order has exactly one object");
}
