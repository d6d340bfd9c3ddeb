use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::cases::shop::{Shop, millis};
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases, percentile};
use crate::till::{Messenger, Sale, Shown};

const CREATES: u64 = 200;
/// What the provider takes for an answer.
const SLOW_MILLIS: u64 = 10_000;
/// Looks, and webhooks, each time that is measured.
const LOOKS: u64 = 100;
/// Below this a busy machine says more than the gateway.
const P99_FLOOR_MILLIS: u64 = 500;

/// The 99th percentiles of looks and of webhooks, in milliseconds.
#[derive(Debug)]
struct Measured {
    look: u64,
    webhook: u64,
}

/// Looks at payments and brings webhooks about them, one after the other.
async fn measure(shop: &Shop, shown: &[Shown], bodies: &[String]) -> Measured {
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let (mut looks, mut webhooks) = (Vec::new(), Vec::new());
    for (shown, body) in shown.iter().zip(bodies) {
        let look = shop.till.get(&shown.payment_id).await;
        let webhook = messenger.deliver(body).await;
        assert_eq!((look.status(), webhook.status()), (200, 200), "{look:?} {webhook:?}");
        looks.push(millis(look.took()));
        webhooks.push(millis(webhook.took()));
    }
    Measured { look: percentile(looks, 99), webhook: percentile(webhooks, 99) }
}

/// Webhooks that the provider kept to itself, about these payments.
async fn kept_back(shop: &Shop, shown: &[Shown]) -> Vec<String> {
    for shown in shown {
        shop.rig.control.pay(&shown.reference, &Pay::default()).await;
    }
    let deliveries = shop.rig.control.deliveries().await;
    let body_of = |shown: &Shown| {
        let delivery = deliveries.iter().find(|delivery| delivery.charge_id == shown.reference);
        delivery.expect("a webhook that was kept back").body.get().to_owned()
    };
    shown.iter().map(body_of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn f24_a_slow_provider_takes_no_connection_of_the_pool() {
    let shop = Shop::open_as(Plan::of_nodes(1).listing_after(3_600_000)).await;
    let (creates, looks) = (cases(CREATES), cases(LOOKS));
    shop.rig.control.faults(&json!([{"provider": "xendit", "operation": "webhook", "effect": "drop"}])).await;
    let shown = at_once(2 * looks, 8, |number| {
        let shop = &shop;
        async move { shop.show(&Sale::of(format!("F24-{number}"), 33_000)).await }
    })
    .await;
    let bodies = kept_back(&shop, &shown).await;
    let half = shown.len() / 2;
    let quiet = measure(&shop, &shown[..half], &bodies[..half]).await;
    let slow = json!({"provider": "xendit", "operation": "open", "effect": "delay", "delay_ms": SLOW_MILLIS});
    shop.rig.control.faults(&json!([slow])).await;
    let busy = shop.till.patient(Duration::from_millis(2 * SLOW_MILLIS));
    let width = usize::try_from(creates).expect("a count");
    let waiting = at_once(creates, width, |number| {
        let busy = &busy;
        async move { busy.create(&Sale::of(format!("F24-SLOW-{number}"), 33_000)).await }
    });
    let measured = async {
        sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        let measured = measure(&shop, &shown[half..], &bodies[half..]).await;
        (measured, began.elapsed())
    };
    let (answered, (loaded, took)) = tokio::join!(waiting, measured);
    let starved = answered.iter().filter(|exchange| exchange.error_code() == "store_unavailable").count();
    shop.rig.control.faults(&json!([])).await;
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for exchange in &answered {
        *answers.entry(exchange.status()).or_default() += 1;
    }
    // Its connections go with it.
    drop(busy);
    shop.judge("F24").await;
    println!(
        "F24 n={creates} looks={looks} get_p99={}ms quiet={}ms webhook_p99={}ms quiet={}ms measured_in={}ms \
         answers={answers:?} pool_timeouts={starved}",
        loaded.look,
        quiet.look,
        loaded.webhook,
        quiet.webhook,
        millis(took),
    );
    assert_eq!(starved, 0, "creates that found no connection");
    let within = |now: u64, quiet: u64| now <= (2 * quiet).max(P99_FLOOR_MILLIS);
    assert!(within(loaded.look, quiet.look) && within(loaded.webhook, quiet.webhook), "{loaded:?}, quiet {quiet:?}");
}
