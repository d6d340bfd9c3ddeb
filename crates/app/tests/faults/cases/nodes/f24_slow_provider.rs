use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::cases::shop::{Shop, millis};
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases, percentile, prompt_but_for};
use crate::till::{Messenger, Sale, Shown};

const CREATES: u64 = 200;
/// Of the gateway to its database.
const CONNECTIONS: usize = 10;
/// From the creates that are looked at to the first measure: what they left to do is done.
const QUIET_AFTER: Duration = Duration::from_secs(5);
/// What the provider takes for an answer.
const SLOW_MILLIS: u64 = 10_000;
/// Looks, and webhooks, each time that is measured: as many as there is time for while the provider is slow, so that the
/// burst of creates at its beginning is not all that they see.
const LOOKS: u64 = 500;
/// Below this a busy machine says more than the gateway.
const P99_FLOOR_MILLIS: u64 = 50;
/// What a smaller run adds to that: its 99th percentile is the slowest of few looks, beside other runs. A look that waits
/// for a connection which a call holds waits four times as long, and gets none.
const BUSY_MILLIS: u64 = 450;

/// The 99th percentiles of looks and of webhooks, in milliseconds.
#[derive(Debug)]
struct Measured {
    look: u64,
    webhook: u64,
}

/// What was seen beside creates that came at once.
struct Beside {
    measured: Measured,
    took: Duration,
    answers: BTreeMap<u16, usize>,
    /// Creates that found no connection to the store.
    starved: usize,
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

/// Brings that many creates at once, and looks and webhooks meanwhile.
async fn measure_beside(shop: &Shop, (name, creates): (&str, u64), shown: &[Shown], bodies: &[String]) -> Beside {
    let busy = shop.till.patient(Duration::from_millis(2 * SLOW_MILLIS));
    let width = usize::try_from(creates).expect("a count");
    let creating = at_once(creates, width, |number| {
        let busy = &busy;
        async move { busy.create(&Sale::of(format!("F24-{name}-{number}"), 33_000)).await }
    });
    let measuring = async {
        sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        let measured = measure(shop, shown, bodies).await;
        (measured, began.elapsed())
    };
    let (answered, (measured, took)) = tokio::join!(creating, measuring);
    let starved = answered.iter().filter(|exchange| exchange.error_code() == "store_unavailable").count();
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for exchange in &answered {
        *answers.entry(exchange.status()).or_default() += 1;
    }
    Beside { measured, took, answers, starved }
}

/// The mark is set by the same creates at a provider that answers at once: they are work for this machine's processors as
/// well, and no connection is held for long.
#[tokio::test(flavor = "multi_thread")]
async fn f24_a_slow_provider_takes_no_connection_of_the_pool() {
    let plan = Plan::of_nodes(1).listing_after(3_600_000).with("DATABASE_CONNECTIONS", CONNECTIONS.to_string());
    let shop = Shop::open_as(plan).await;
    let (creates, looks) = (cases(CREATES), cases(LOOKS));
    shop.rig.control.faults(&json!([{"provider": "xendit", "operation": "webhook", "effect": "drop"}])).await;
    let shown = at_once(3 * looks, 8, |number| {
        let shop = &shop;
        async move { shop.show(&Sale::of(format!("F24-{number}"), 33_000)).await }
    })
    .await;
    let bodies = kept_back(&shop, &shown).await;
    let third = shown.len() / 3;
    let part = |number: usize| (&shown[number * third..][..third], &bodies[number * third..][..third]);
    sleep(QUIET_AFTER).await;
    let quiet = measure(&shop, part(0).0, part(0).1).await;
    let sound = measure_beside(&shop, ("SOUND", creates), part(1).0, part(1).1).await;
    let slow = json!({"provider": "xendit", "operation": "open", "effect": "delay", "delay_ms": SLOW_MILLIS});
    shop.rig.control.faults(&json!([slow])).await;
    let slow = measure_beside(&shop, ("SLOW", creates), part(2).0, part(2).1).await;
    shop.rig.control.faults(&json!([])).await;
    shop.judge("F24").await;
    println!(
        "F24 n={creates} looks={looks} get_p99={}ms sound={}ms quiet={}ms webhook_p99={}ms sound={}ms quiet={}ms \
         measured_in={}ms answers={:?} sound={:?} pool_timeouts={}",
        slow.measured.look,
        sound.measured.look,
        quiet.look,
        slow.measured.webhook,
        sound.measured.webhook,
        quiet.webhook,
        millis(slow.took),
        slow.answers,
        sound.answers,
        slow.starved + sound.starved,
    );
    assert_eq!(slow.starved + sound.starved, 0, "creates that found no connection");
    let within = |slow: u64, sound: u64| slow <= (2 * sound).max(prompt_but_for(P99_FLOOR_MILLIS, BUSY_MILLIS));
    let (slow, sound) = (&slow.measured, &sound.measured);
    assert!(within(slow.look, sound.look) && within(slow.webhook, sound.webhook), "{slow:?}, sound {sound:?}");
}
