use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tokio::time::{Instant, interval, sleep};

use super::shop::{PATIENCE, Shop, millis};
use crate::rig::Pay;
use crate::scale::{percentile, prompt, repeats};
use crate::till::{Sale, Till, shown};

const SECONDS: u64 = 180;
/// No run is shorter, however small the scale.
const SECONDS_MIN: u64 = 15;
/// Tills, each of which sells, looks and is paid twice a second: fifty requests a second together.
const TILLS: u64 = 10;
const SALE_EVERY: Duration = Duration::from_millis(400);
const KIB_IN_MIB: u64 = 1_024;
const SECONDS_IN_HOUR: u64 = 3_600;
/// The memory of a process that holds still differs by as much from one third of a short run to the next.
const NOISE_KIB: u64 = 6 * KIB_IN_MIB;
/// What is quick anyway may take that long.
const QUICK_MILLIS: u64 = 100;
/// Descriptors of connections that came and went.
const DESCRIPTORS_SPARE: u64 = 40;

/// Sells at its pace until it is over; how long its creates took, and how many of them ended with a QR code.
async fn sell_on(shop: &Shop, till: &Till, number: u64, over: &AtomicBool) -> (Vec<u64>, usize) {
    let (mut pace, mut took, mut sold) = (interval(SALE_EVERY), Vec::new(), 0);
    for sale in 0.. {
        pace.tick().await;
        if over.load(Ordering::Relaxed) {
            break;
        }
        let created = till.create(&Sale::of(format!("F62-{number}-{sale}"), 33_000)).await;
        took.push(millis(created.took()));
        let Some(shown) = shown(&created) else { continue };
        sold += 1;
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
        till.get(&shown.payment_id).await;
    }
    (took, sold)
}

/// What the gateway holds, second by second, for so long.
async fn watch(shop: &Shop, seconds: u64) -> Vec<u64> {
    let mut held = Vec::new();
    for _ in 0..seconds {
        sleep(Duration::from_secs(1)).await;
        held.push(shop.rig.memory_kib());
    }
    held
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
    let over = AtomicBool::new(false);
    let till = shop.till.patient(PATIENCE);
    let selling = join_all((0..TILLS).map(|number| sell_on(&shop, &till, number, &over)));
    let watching = async {
        let held = watch(&shop, seconds).await;
        over.store(true, Ordering::Relaxed);
        held
    };
    let began = Instant::now();
    let (sold, held) = tokio::join!(selling, watching);
    let took = began.elapsed();
    shop.rig.control.faults(&json!([])).await;
    let requests = u64::try_from(shop.log.all().len()).expect("a count");
    let third = held.len() / 3;
    let [first, second, last] = [0, 1, 2].map(|part| percentile(held[part * third..][..third].to_vec(), 50));
    // From the middle of the second third to the middle of the last; the first is for warming up.
    let grown = last.saturating_sub(second);
    let an_hour = grown * SECONDS_IN_HOUR / u64::try_from(third).expect("a count").max(1);
    let creates: Vec<u64> = sold.iter().flat_map(|(took, _)| took.clone()).collect();
    let of_tills = |part: usize| {
        let of_till = |took: &Vec<u64>| took[part * took.len() / 3..(part + 1) * took.len() / 3].to_vec();
        percentile(sold.iter().flat_map(|(took, _)| of_till(took)).collect(), 99)
    };
    let (early, late) = (of_tills(1), of_tills(2));
    let shown: usize = sold.iter().map(|(_, shown)| shown).sum();
    sleep(Duration::from_secs(16)).await;
    let (fresh, now) = shop.rig.holdings()[0];
    shop.judge("F62").await;
    println!(
        "F62 seconds={seconds} requests={requests} per_second={} creates={} shown={shown} memory={first}KiB,{second}KiB,{last}KiB \
         grown_an_hour={}MiB create_p99={early}ms,{late}ms descriptors={}->{}",
        requests * 1_000 / millis(took).max(1),
        creates.len(),
        an_hour / KIB_IN_MIB,
        fresh.descriptors,
        now.descriptors,
    );
    assert!(grown <= NOISE_KIB, "memory grew by {grown} KiB from one third to the next");
    assert!(late <= 2 * early.max(prompt(QUICK_MILLIS)), "creates took {early} ms, then {late} ms");
    assert!(now.descriptors <= fresh.descriptors + DESCRIPTORS_SPARE, "descriptors are not given back");
}
