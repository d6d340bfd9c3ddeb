use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::shop::{Shop, millis};
use crate::rig::ledger::Delivery;
use crate::rig::{Pay, Provider};
use crate::scale::{Draws, at_once, cases, percentile};
use crate::till::{Messenger, Sale};

const WEBHOOKS: u64 = 1_000;
const COPIES: usize = 20;
/// Copies of each webhook that a provider gone wild sends at the same time.
const STORM_COPIES: u64 = 100;
/// How long the gateway keeps a connection on which nothing comes, and a little.
const KEPT_ALIVE: Duration = Duration::from_secs(20);
/// For a sale whose webhook comes in a storm.
const CALM_WITHIN: Duration = Duration::from_secs(30);
const CONNECTIONS: usize = 8;
/// For the provider to write down what it kept back.
const KEPT_BACK_WITHIN: Duration = Duration::from_secs(5);
/// For the last webhook to be settled after it was acknowledged.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);
/// Different webhooks: those that the provider sends itself never leave it, so the copies are all there is.
const ROWS: &str = "SELECT count(*) AS count FROM webhook_inbox";
/// How often they came.
const DELIVERIES: &str = "SELECT CAST(sum(deliveries) AS BIGINT) AS count FROM webhook_inbox";
/// What they did: money put on record.
const RECEIPTS: &str = "SELECT count(*) AS count FROM receipts";

#[tokio::test(flavor = "multi_thread")]
async fn f07_twenty_copies_of_a_webhook_have_one_effect() {
    check(Provider::Xendit, "payment.capture").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_twenty_copies_of_a_notification_of_midtrans_have_one_effect() {
    check(Provider::Midtrans, "settlement").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_storms_of_a_hundred_copies_of_a_webhook_have_one_effect_each() {
    check_storm(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_storms_of_a_hundred_copies_of_a_notification_of_midtrans_have_one_effect_each() {
    check_storm(Provider::Midtrans).await;
}

async fn check_storm(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(WEBHOOKS);
    let mut storm = shop.rule("webhook", "storm");
    storm["times"] = json!(STORM_COPIES);
    shop.rig.control.faults(&json!([storm])).await;
    let waits = at_once(n, 4, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F07-STORM-{number}"), 33_000)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &Pay::default()).await;
            let paid = Instant::now();
            let told = shop.till.await_status(&shown.payment_id, "paid", CALM_WITHIN).await;
            assert_eq!(told["status"], "paid", "{told}");
            millis(paid.elapsed())
        }
    })
    .await;
    // The provider's connections, a hundred for each storm, stay open for the next; by then it has every answer.
    sleep(KEPT_ALIVE).await;
    shop.rig.control.faults(&json!([])).await;
    let mut statuses: BTreeMap<Option<u16>, usize> = BTreeMap::new();
    for delivery in shop.rig.control.deliveries().await {
        *statuses.entry(delivery.answer).or_default() += 1;
    }
    let effects = receipts(&shop, n).await;
    let short = shop.rig.count(&format!("{ROWS} WHERE deliveries < {STORM_COPIES}"));
    let deliveries = shop.rig.count(DELIVERIES);
    shop.judge("F07").await;
    println!(
        "F07 storm at {} n={n} copies={STORM_COPIES} deliveries={deliveries} answers={statuses:?} effects={effects} \
         told_p99={}ms",
        provider.word(),
        percentile(waits, 99)
    );
    assert!(statuses.keys().eq([&Some(200)]), "every copy is acknowledged: {statuses:?}");
    assert_eq!((effects, short), (n, 0), "effects, webhooks of which not every copy came");
}

/// The webhooks of that event that the provider kept to itself, as soon as there are so many: it writes them down after it
/// said that money came.
async fn kept_back(shop: &Shop, event: &str, count: u64) -> Vec<Delivery> {
    let deadline = Instant::now() + KEPT_BACK_WITHIN;
    loop {
        let mut kept = shop.rig.control.deliveries().await;
        kept.retain(|delivery| delivery.event == event);
        if u64::try_from(kept.len()) == Ok(count) {
            return kept;
        }
        assert!(Instant::now() < deadline, "every payment has a webhook that was kept back: {} of {count}", kept.len());
        sleep(Duration::from_millis(100)).await;
    }
}

/// How much money is on record, once it is so much, or once that has been waited for.
async fn receipts(shop: &Shop, expected: u64) -> u64 {
    let deadline = Instant::now() + SETTLED_WITHIN;
    loop {
        let receipts = shop.rig.count(RECEIPTS);
        if receipts >= expected || Instant::now() >= deadline {
            return receipts;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// `event` is what the provider tells of money.
async fn check(provider: Provider, event: &str) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(WEBHOOKS);
    // The provider keeps its webhooks to itself: the copies come from here, over eight connections.
    shop.rig.control.faults(&json!([shop.rule("webhook", "drop")])).await;
    at_once(n, 16, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F07-{number}"), 33_000)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &Pay::default()).await;
        }
    })
    .await;
    let kept = kept_back(&shop, event, n).await;
    let mut copies: Vec<&Delivery> = kept.iter().flat_map(|delivery| std::iter::repeat_n(delivery, COPIES)).collect();
    let mut draws = Draws::seeded(7);
    for index in (1..copies.len()).rev() {
        let other = draws.below(u64::try_from(index + 1).expect("an index"));
        copies.swap(index, usize::try_from(other).expect("an index"));
    }
    let memory_kib = shop.rig.memory_kib();
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let count = u64::try_from(copies.len()).expect("a count");
    let answers = at_once(count, CONNECTIONS, |index| {
        let body = copies[usize::try_from(index).expect("an index")].body.get();
        messenger.deliver(body)
    })
    .await;
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for exchange in &answers {
        *statuses.entry(exchange.status()).or_default() += 1;
    }
    let grown_kib = shop.rig.memory_kib().saturating_sub(memory_kib);
    let effects = receipts(&shop, n).await;
    let (rows, deliveries) = (shop.rig.count(ROWS), shop.rig.count(DELIVERIES));
    shop.judge("F07").await;
    println!(
        "F07 at {} n={n} copies={COPIES} rows={rows} deliveries={deliveries} answers={statuses:?} effects={effects} \
         rss_growth={grown_kib}KiB",
        provider.word()
    );
    assert_eq!(statuses.get(&200), Some(&answers.len()), "every copy is acknowledged");
    assert_eq!((rows, deliveries, effects), (n, count, n), "rows of the inbox, how often they came, effects");
}
