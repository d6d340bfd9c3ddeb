use std::collections::BTreeSet;
use std::time::Duration;

use mstore_pay_domain::ports::{CrashPoint, InboxCounts};
use tokio::time::{Instant, sleep};

use crate::cases::f02_failpoints::strikes;
use crate::cases::shop::Shop;
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Shown};

const WEBHOOKS: u64 = 20;
/// Where it is held: the provider has borne out what came, and nothing of that is written.
const HELD_AT: CrashPoint = CrashPoint::ReconcileAfterLookup;
/// For longer than it takes to tell it all, and not as long as it is frozen: when it is thawed it goes on at once.
const HELD_MILLIS: u64 = 20_000;
const HELD_WITHIN: Duration = Duration::from_secs(5);
/// Longer than a webhook that was just taken in is held.
const FROZEN_FOR: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// What it wanted to write and was not let, because its lease had passed on.
const REFUSED: &str = r#"mstore_pay_work_total{what="settling a webhook",result="overtaken"}"#;
const REFUSED_WITHIN: Duration = Duration::from_secs(10);

/// Webhooks by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Inbox {
    waiting: InboxCounts,
    settled: u64,
}

async fn inbox(shop: &Shop) -> Inbox {
    let waiting = shop.rig.store_to_read().await.counts().await.expect("inbox counts");
    Inbox { waiting, settled: shop.rig.count("SELECT count(*) AS count FROM webhook_inbox WHERE state = 'done'") }
}

/// Everything that settling a webhook writes: what became of it, the money, and what is on record of both.
fn written(shop: &Shop) -> BTreeSet<String> {
    let mut written = BTreeSet::new();
    for table in ["webhook_inbox", "receipts", "payment_events"] {
        let rows = shop.rig.sql(&format!("SELECT '{table} ' || t::text FROM {table} t"));
        written.extend(rows.lines().map(str::to_owned));
    }
    written
}

/// Customers pay, and the first node is told; it is frozen when it knows everything and has written nothing.
async fn freeze_at_work(shop: &mut Shop, shown: &[Shown]) {
    shop.rig.kill_node(0);
    let held = format!("{}=sleep({HELD_MILLIS})", HELD_AT.word());
    shop.rig.start_node(0, Some(&held)).await.expect("a node");
    shop.rig.tell_webhooks_to(0).await;
    for shown in shown {
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
    }
    let deadline = Instant::now() + HELD_WITHIN;
    while strikes(shop, HELD_AT) < shown.len() && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
    }
    // A payment that is due to be looked at may be held as well.
    let struck = strikes(shop, HELD_AT);
    assert!(struck >= shown.len(), "the first node is held {struck} times, of {} webhooks", shown.len());
    sleep(Duration::from_millis(500)).await;
    shop.rig.freeze_node(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn f48_a_worker_that_wakes_after_its_lease_changes_nothing() {
    let mut shop = Shop::open_as(Plan::of_nodes(2).listing_after(3_600_000)).await;
    let n = cases(WEBHOOKS);
    let shown: Vec<Shown> = at_once(n, 8, |number| {
        let shop = &shop;
        async move { shop.show(&Sale::of(format!("F48-{number}"), 33_000)).await }
    })
    .await;
    freeze_at_work(&mut shop, &shown).await;
    let frozen = inbox(&shop).await;
    sleep(FROZEN_FOR).await;
    let (meanwhile, before) = (inbox(&shop).await, written(&shop));
    shop.rig.thaw_node(0);
    let deadline = Instant::now() + REFUSED_WITHIN;
    while shop.rig.counted(0, REFUSED).await < n && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
    }
    let refused = shop.rig.counted(0, REFUSED).await;
    let stale = written(&shop).symmetric_difference(&before).count();
    let after = inbox(&shop).await;
    shop.judge("F48").await;
    println!(
        "F48 n={n} frozen={}s held={} settled_by_the_other={} settled_in_all={} refused={refused} stale_writes={stale}",
        FROZEN_FOR.as_secs(),
        frozen.waiting.open,
        meanwhile.settled,
        after.settled,
    );
    assert_eq!((frozen.waiting.open, frozen.settled), (n, 0), "held when it was frozen, and settled by then");
    assert_eq!(meanwhile.settled, n, "the other node settles what the frozen one held");
    assert_eq!(refused, n, "the frozen one tries to write all of it, and is refused");
    assert_eq!((after, stale), (meanwhile, 0), "the frozen one adds nothing");
}
