use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::shop::{PATIENCE, Shop, millis};
use crate::rig::Pay;
use crate::scale::{is_in_full, percentile, prompt, repeats};
use crate::till::{Sale, Till, shown};

const SECONDS: u64 = 180;
/// No run is shorter, however small the scale.
const SECONDS_MIN: u64 = 18;
/// Tills, each of which sells, looks and is paid twice a second: fifty requests a second together.
const TILLS: u64 = 10;
const SALE_EVERY: Duration = Duration::from_millis(400);
/// A till that warms the gateway up sells as fast as it is served, and no faster than that: what a gateway keeps at hand, such
/// as SQLite's pages (2 MB a connection), is full before it is judged.
const WARMING_EVERY: Duration = Duration::from_millis(20);
/// A run is so many stretches of load, each followed by a rest in which memory is read.
const STRETCHES: usize = 9;
/// The first of them are for warming up; the others are judged, the later half against the earlier.
const WARMING: usize = 3;
const HALF: usize = 3;
/// What is under way ends, and workers look at nothing new.
const REST: Duration = Duration::from_secs(2);
/// Readings at rest, of which the least counts: what somebody holds for a moment is no growth.
const READINGS: u64 = 5;
const KIB_IN_MIB: u64 = 1_024;
const SECONDS_IN_HOUR: u64 = 3_600;
/// What may be added in an hour.
const KIB_AN_HOUR_MAX: u64 = KIB_IN_MIB;
/// By as much differ readings at rest of a gateway that holds still: a leak of 0.7 KiB a sale is more in three minutes,
/// and in two hours any leak is that costs a MiB an hour.
const NOISE_KIB: u64 = KIB_IN_MIB;
/// The same of a run that is over before everything is warm.
const NOISE_OF_A_SHORT_RUN_KIB: u64 = 6 * KIB_IN_MIB;
/// What is quick anyway may take that long.
const QUICK_MILLIS: u64 = 100;
/// Descriptors of connections that came and went.
const DESCRIPTORS_SPARE: u64 = 40;

/// What one stretch of load came to.
struct Stretch {
    /// How long each create took.
    took: Vec<u64>,
    /// How many of them ended with a QR code.
    shown: usize,
    /// What the gateway held at rest afterwards, without its files' pages.
    held_kib: u64,
}

/// Sells at that pace until then; how long its creates took, and how many of them ended with a QR code.
async fn sell_on(shop: &Shop, till: &Till, name: &str, every: Duration, until: Instant) -> (Vec<u64>, usize) {
    let (mut pace, mut took, mut sold) = (interval(every), Vec::new(), 0);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for sale in 0.. {
        pace.tick().await;
        if Instant::now() >= until {
            break;
        }
        let created = till.create(&Sale::of(format!("F62-{name}-{sale}"), 33_000)).await;
        took.push(millis(created.took()));
        let Some(shown) = shown(&created) else { continue };
        sold += 1;
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
        till.get(&shown.payment_id).await;
    }
    (took, sold)
}

/// A sale at each till every so often for so long, then a rest.
async fn stretch(shop: &Shop, till: &Till, nth: usize, every: Duration, length: Duration) -> Stretch {
    let until = Instant::now() + length;
    let names: Vec<String> = (0..TILLS).map(|number| format!("{nth}-{number}")).collect();
    let sold = join_all(names.iter().map(|name| sell_on(shop, till, name, every, until))).await;
    let mut held_kib = u64::MAX;
    for _ in 0..READINGS {
        sleep(REST / u32::try_from(READINGS).expect("a few")).await;
        held_kib = held_kib.min(shop.rig.holdings()[0].1.anonymous_kib);
    }
    let shown = sold.iter().map(|(_, shown)| shown).sum();
    Stretch { took: sold.into_iter().flat_map(|(took, _)| took).collect(), shown, held_kib }
}

/// What was held, and how long the slowest creates took, in these stretches.
fn of(stretches: &[Stretch]) -> (u64, u64) {
    let held = percentile(stretches.iter().map(|one| one.held_kib).collect(), 50);
    (held, percentile(stretches.iter().flat_map(|one| one.took.clone()).collect(), 99))
}

/// One of ten things that a provider does goes wrong, all the while.
#[tokio::test(flavor = "multi_thread")]
async fn f62_a_gateway_that_sells_on_and_on_grows_no_larger_and_no_slower() {
    let shop = Shop::open().await;
    let seconds = repeats(SECONDS).max(SECONDS_MIN);
    let faults = json!([
        {"provider": "xendit", "operation": "open", "effect": "status_before", "status": 503, "probability": 0.03, "seed": 1},
        {"provider": "xendit", "operation": "open", "effect": "delay", "delay_ms": 300, "probability": 0.03, "seed": 2},
        {"provider": "xendit", "operation": "webhook", "effect": "drop", "probability": 0.04, "seed": 3},
    ]);
    shop.rig.control.faults(&faults).await;
    let till = shop.till.patient(PATIENCE);
    let length = Duration::from_secs(seconds) / u32::try_from(STRETCHES).expect("a few");
    let (mut began, mut before, mut stretches) = (Instant::now(), 0, Vec::new());
    for nth in 0..STRETCHES {
        if nth == WARMING {
            (began, before) = (Instant::now(), shop.log.all().len());
        }
        let every = if nth < WARMING { WARMING_EVERY } else { SALE_EVERY };
        stretches.push(stretch(&shop, &till, nth, every, length).await);
    }
    let judged = began.elapsed();
    let apart = judged / 2;
    shop.rig.control.faults(&json!([])).await;
    let ((early_kib, early), (late_kib, late)) =
        (of(&stretches[WARMING..WARMING + HALF]), of(&stretches[WARMING + HALF..]));
    let grown = late_kib.saturating_sub(early_kib);
    let [creates, shown] =
        [stretches.iter().map(|one| one.took.len()).sum(), stretches.iter().map(|one| one.shown).sum::<usize>()];
    let sold_apart: usize = stretches[WARMING + HALF..].iter().map(|one| one.shown).sum();
    let held: Vec<String> = stretches.iter().map(|one| one.held_kib.to_string()).collect();
    let requests = shop.log.all().len() - before;
    let warm: usize = stretches[..WARMING].iter().map(|one| one.shown).sum();
    sleep(Duration::from_secs(16)).await;
    let (fresh, now) = shop.rig.holdings()[0];
    shop.judge("F62").await;
    println!(
        "F62 seconds={seconds} warmed_by={warm} sales, then requests={requests} per_second={}, in all creates={creates} \
         shown={shown} held_at_rest={}KiB grown={grown}KiB in {}s and {sold_apart} sales, an_hour={}KiB create_p99={early}ms,{late}ms descriptors={}->{}",
        requests / usize::try_from(judged.as_secs().max(1)).expect("a few"),
        held.join(","),
        apart.as_secs(),
        grown * SECONDS_IN_HOUR / apart.as_secs().max(1),
        fresh.descriptors,
        now.descriptors,
    );
    let noise = if is_in_full() { NOISE_KIB } else { NOISE_OF_A_SHORT_RUN_KIB };
    let may_grow = noise + KIB_AN_HOUR_MAX * apart.as_secs() / SECONDS_IN_HOUR;
    assert!(grown <= may_grow, "memory grew by {grown} KiB under the same load, and by {may_grow} KiB it may");
    assert!(late <= 2 * early.max(prompt(QUICK_MILLIS)), "creates took {early} ms, then {late} ms");
    assert!(now.descriptors <= fresh.descriptors + DESCRIPTORS_SPARE, "descriptors are not given back");
}
