use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::shop::Shop;
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::Sale;

/// Of each kind, for openings and for questions.
const HUGE: u64 = 25;
const RSS_GROWTH_KIB_MAX: u64 = 64 * 1024;
const WARM_UP: u64 = 20;

async fn sell(shop: &Shop, code: &str) -> bool {
    let shown = shop.show(&Sale::of(code, 33_000)).await;
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    shop.rig.control.pay(&object, &Pay::default()).await;
    shop.till.await_status(&shown.payment_id, "paid", Duration::from_secs(30)).await["status"] == "paid"
}

#[tokio::test(flavor = "multi_thread")]
async fn f35_answers_of_a_hundred_megabytes_and_gzip_bombs_are_not_read_to_their_end() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f35_huge_answers_and_gzip_bombs_of_midtrans_are_not_read_to_their_end() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(HUGE);
    at_once(WARM_UP, 8, |number| {
        let shop = &shop;
        async move { sell(shop, &format!("F35-warm-{number}")).await }
    })
    .await;
    let before_kib = shop.rig.memory_kib();
    let kinds = [("open", "huge_body"), ("open", "gzip_bomb"), ("inquire", "huge_body"), ("inquire", "gzip_bomb")];
    let code = |kind: usize, number: u64| format!("F35-{kind}-{number}");
    let rules: Vec<Value> = kinds
        .iter()
        .enumerate()
        .flat_map(|(kind, (operation, effect))| {
            (0..n).map(move |number| {
                json!({"provider": provider.word(), "operation": operation, "effect": effect,
                    "reference": code(kind, number), "times": 1})
            })
        })
        .collect();
    shop.rig.control.faults(&json!(rules)).await;
    let over = Arc::new(AtomicBool::new(false));
    let highest = async {
        let mut highest = before_kib;
        while !over.load(Ordering::Relaxed) {
            highest = highest.max(shop.rig.memory_kib());
            sleep(Duration::from_millis(20)).await;
        }
        highest
    };
    let sales = async {
        let sold = at_once(4 * n, 8, |index| {
            let (shop, code) = (&shop, code(usize::try_from(index % 4).expect("an index"), index / 4));
            async move { sell(shop, &code).await }
        });
        let sold = sold.await;
        over.store(true, Ordering::Relaxed);
        sold
    };
    let (highest_kib, sold) = tokio::join!(highest, sales);
    let unpaid = sold.iter().filter(|paid| !**paid).count();
    let grown_kib = highest_kib.saturating_sub(before_kib);
    shop.judge("F35").await;
    println!(
        "F35 at {} n={} huge answers, unpaid={unpaid} rss_growth_max={grown_kib}KiB of {RSS_GROWTH_KIB_MAX}KiB",
        provider.word(),
        4 * n
    );
    assert_eq!(unpaid, 0, "paid, and nobody was told");
    assert!(grown_kib < RSS_GROWTH_KIB_MAX, "the gateway grew by {grown_kib} KiB");
}
