use super::offline::{Kept, cash_of, report, successes, sum};
use super::shop::Shop;
use crate::scale::cases;

const ITEMS: u64 = 500;
const TIMES: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn f52_a_batch_sent_again_unchanged_gets_the_same_answers_and_adds_nothing() {
    let shop = Shop::open().await;
    let n = cases(ITEMS);
    let mut items = cash_of("DEV1", "F52", n);
    for item in items.iter_mut().skip(1).step_by(5) {
        item["method"] = "qris".into();
    }
    let mut answers = Vec::new();
    for _ in 0..TIMES {
        let answer = report(&shop.till, "DEV1", &items).await;
        assert_eq!(successes(&answer), n);
        answers.push(answer.data()["results"].clone());
    }
    let changed = answers.iter().filter(|answer| **answer != answers[0]).count();
    let kept = Kept::of(&shop, &["DEV1"], (0..n).map(|n| format!("F52-{n}"))).await;
    let cash: Vec<_> = items.iter().filter(|item| item["method"] == "cash").cloned().collect();
    let (rows, conflicts, off) = (kept.entries.len(), kept.conflicts.len(), kept.rupiah() - sum(&cash));
    shop.judge("F52").await;
    println!("F52 n={n} x {TIMES} rows={rows} answers_changed={changed} conflicts={conflicts} rupiah_off={off}");
    assert_eq!((u64::try_from(rows).expect("a count"), changed, conflicts, off), (n, 0, 0, 0));
}
