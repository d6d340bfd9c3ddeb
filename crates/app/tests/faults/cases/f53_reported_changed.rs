use super::offline::{Kept, cash_of, report, successes, sum};
use super::shop::Shop;
use crate::scale::cases;

const ITEMS: u64 = 500;
const CHANGED: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn f53_a_changed_report_is_a_conflict_and_what_is_known_stays() {
    let shop = Shop::open().await;
    let (n, altered) = (cases(ITEMS), cases(CHANGED));
    let items = cash_of("DEV1", "F53", n);
    assert_eq!(successes(&report(&shop.till, "DEV1", &items).await), n);
    let orders = || (0..n).map(|n| format!("F53-{n}"));
    let before = Kept::of(&shop, &["DEV1"], orders()).await;
    let mut changed = items.clone();
    for item in changed.iter_mut().take(usize::try_from(altered).expect("few")) {
        item["amount"] = (item["amount"].as_i64().expect("an amount") + 1).into();
    }
    let told: Vec<_> = [report(&shop.till, "DEV1", &changed).await, report(&shop.till, "DEV1", &changed).await].into();
    let mismatches = |data: &serde_json::Value| {
        let conflicts = data["conflicts"].as_array().expect("conflicts");
        u64::try_from(conflicts.iter().filter(|one| one["conflict_type"] == "data_mismatch").count()).expect("a count")
    };
    let after = Kept::of(&shop, &["DEV1"], orders()).await;
    let is_changed = after.entries != before.entries || after.tenders != before.tenders;
    let conflicts = u64::try_from(after.conflicts.len()).expect("a count");
    let off = after.rupiah() - sum(&items);
    for told in &told {
        assert_eq!((mismatches(&told.data()), successes(told)), (altered, n - altered));
    }
    shop.judge("F53").await;
    println!("F53 changed={altered} of n={n} conflicts={conflicts} known_changed={is_changed} rupiah_off={off}");
    assert_eq!((conflicts, is_changed, off), (altered, false, 0));
}
