use std::time::Duration;

use tokio::time::sleep;

use crate::cases::shop::{RECOVERED_WITHIN, Shop};
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Shown};

const SALES: u64 = 100;
const WIDTH: usize = 8;
const LIFE_SECONDS: u32 = 60;
/// Looks while the payments live, whose end a node with a wrong clock would see at once, or not at all.
const LOOKS: u32 = 4;
const LOOK_EVERY: Duration = Duration::from_secs(8);

async fn statuses(shop: &Shop, shown: &[Shown]) -> Vec<String> {
    let count = u64::try_from(shown.len()).expect("a count");
    at_once(count, WIDTH, |index| {
        let (till, shown) = (&shop.till, &shown[usize::try_from(index).expect("an index")]);
        async move { till.get(&shown.payment_id).await.data()["status"].as_str().unwrap_or_default().to_owned() }
    })
    .await
}

/// Sells at two nodes of which one has a wrong clock, and counts what ends before its time.
async fn sell_by_wrong_clocks(skew: &'static str, n: u64) -> usize {
    let shop = Shop::open_as(Plan::of_nodes(2).skewed(skew)).await;
    let sell = |number: u64| {
        let (shop, sale) = (&shop, Sale::of(format!("F32-{number}"), 33_000).expiring_in(LIFE_SECONDS));
        async move { shop.show(&sale).await }
    };
    let shown = at_once(n, WIDTH, sell).await;
    let mut early = 0;
    for _ in 0..LOOKS {
        sleep(LOOK_EVERY).await;
        early = early.max(statuses(&shop, &shown).await.iter().filter(|status| *status != "pending").count());
    }
    for shown in &shown {
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
    }
    for shown in &shown {
        let told = shop.till.await_status(&shown.payment_id, "paid", RECOVERED_WITHIN).await;
        assert_eq!(told["status"], "paid", "{skew}");
    }
    shop.judge(&format!("F32 {skew}")).await;
    early
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_a_node_with_a_wrong_clock_ends_nothing_early() {
    let n = cases(SALES);
    let (ahead, behind) = tokio::join!(sell_by_wrong_clocks("+10m", n), sell_by_wrong_clocks("-10m", n));
    let early = ahead + behind;
    println!("F32 n={} nodes=2 skews=2 looks={LOOKS} early_expiries={early} doubled_effects=0", 2 * n);
    assert_eq!(early, 0);
}
