use std::time::Duration;

use tokio::time::sleep;

use crate::cases::shop::Shop;
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Shown};

const WEBHOOKS: u64 = 20;
/// Longer than a webhook that was just taken in is held.
const FROZEN_FOR: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn f48_a_worker_that_wakes_after_its_lease_changes_nothing() {
    let mut shop = Shop::open_as(Plan::of_nodes(2).listing_after(3_600_000)).await;
    let n = cases(WEBHOOKS);
    let shown: Vec<Shown> = at_once(n, 8, |number| {
        let shop = &shop;
        async move { shop.show(&Sale::of(format!("F48-{number}"), 33_000)).await }
    })
    .await;
    // The first node takes every webhook in, and is held still with all it decided and nothing of it written.
    shop.rig.kill_node(0);
    shop.rig.start_node(0, Some("worker_after_apply_before_done=sleep(3000)")).await.expect("a node");
    shop.rig.tell_webhooks_to(0).await;
    for shown in &shown {
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
    }
    sleep(Duration::from_millis(500)).await;
    shop.rig.freeze_node(0);
    sleep(FROZEN_FOR).await;
    let store = shop.rig.store_to_read().await;
    let meanwhile = store.counts().await.expect("inbox counts");
    drop(store);
    shop.rig.thaw_node(0);
    sleep(Duration::from_secs(5)).await;
    let store = shop.rig.store_to_read().await;
    let after = store.counts().await.expect("inbox counts");
    drop(store);
    shop.judge("F48").await;
    println!(
        "F48 n={n} frozen={}s settled_by_the_other={} settled_in_all={} stale_writes={}",
        FROZEN_FOR.as_secs(),
        meanwhile.done,
        after.done,
        after.done.abs_diff(meanwhile.done)
    );
    assert_eq!(meanwhile.done, n, "the other node settles what the frozen one held");
    assert_eq!(after, meanwhile, "the frozen one adds nothing");
}
