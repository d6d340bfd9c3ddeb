use std::collections::BTreeSet;

use serde_json::Value;

use super::offline::{Kept, paid, reference, report};
use super::shop::Shop;
use crate::scale::{at_once, cases};

const REFERENCES: u64 = 100;
/// References in one batch: both tills are at the same ones at the same time.
const AT_A_TIME: u64 = 5;

/// What a till sold under each reference: every other one is the other till's own sale.
fn sold(device: &str, from: u64, to: u64) -> Vec<Value> {
    let item = |n: u64| {
        let order = if n.is_multiple_of(2) { format!("F54-{n}") } else { format!("F54-{device}-{n}") };
        paid(&reference("DEV", n), &order, "cash", 20_000)
    };
    (from..to).map(item).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn f54_of_two_tills_under_one_reference_one_is_kept_and_the_other_is_a_conflict() {
    let shop = Shop::open().await;
    let n = cases(REFERENCES);
    for from in (0..n).step_by(usize::try_from(AT_A_TIME).expect("few")) {
        let to = (from + AT_A_TIME).min(n);
        at_once(2, 2, |till| {
            let device = if till == 0 { "DEV1" } else { "DEV2" };
            let shop = &shop;
            async move {
                let answer = report(&shop.till, device, &sold(device, from, to)).await;
                assert_eq!(answer.status(), 200, "{:?}", answer.outcome);
            }
        })
        .await;
    }
    let orders: BTreeSet<String> = ["DEV1", "DEV2"]
        .iter()
        .flat_map(|device| sold(device, 0, n))
        .filter_map(|item| item["order_code"].as_str().map(str::to_owned))
        .collect();
    let kept = Kept::of(&shop, &["DEV1", "DEV2"], orders.into_iter()).await;
    let count = |number: usize| u64::try_from(number).expect("a count");
    let (rows, conflicts, tenders) =
        (count(kept.entries.len()), count(kept.conflicts.len()), count(kept.tenders.len()));
    shop.judge("F54").await;
    println!("F54 n=2 x {n} rows={rows} conflicts={conflicts} tenders={tenders}");
    assert_eq!((rows, conflicts, tenders), (n, n, n));
}
