use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, interval, sleep};

use super::shop::{PATIENCE, Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::{Plan, StoreKind};
use crate::scale::{cases, percentile, prompt};
use crate::till::{Exchange, Sale, Till};

const SALES: u64 = 200;
/// From one sale of the merchant that behaves to its next.
const SALE_EVERY: Duration = Duration::from_millis(250);
/// How many times as often the other one asks.
const FIFTYFOLD: u32 = 50;
/// Tills that send again and again what they were not answered, each an order of its own.
const STORMING: u32 = 10;
/// What a merchant may ask in a minute: as much as the one that behaves does.
const PER_MINUTE: u32 = 240;
/// In which the storm has used up what a merchant may ask at once, on a slow machine.
const USED_UP_WITHIN: Duration = Duration::from_secs(30);
const SECONDS_IN_MINUTE: u64 = 60;
/// What is quick anyway may take that long.
const QUICK_MILLIS: u64 = 50;

/// Sells at an even pace; how long each took.
async fn sell(till: &Till, name: &str, n: u64) -> Vec<u64> {
    let (mut pace, mut took) = (interval(SALE_EVERY), Vec::new());
    for number in 0..n {
        pace.tick().await;
        let sold = till.create(&Sale::of(format!("F31-{name}-{number}"), 33_000)).await;
        assert_eq!(sold.status(), 200, "{name} {number}: {sold:?}");
        took.push(millis(sold.took()));
    }
    took
}

/// One till of many that sends the same request again at once, until it is over; what it heard.
async fn storm(till: &Till, number: u32, over: &AtomicBool) -> Vec<Exchange> {
    let (mut pace, mut heard) = (interval(SALE_EVERY * STORMING / FIFTYFOLD), Vec::new());
    while !over.load(Ordering::Relaxed) {
        pace.tick().await;
        heard.push(till.create(&Sale::of(format!("F31-storm-{number}"), 33_000)).await);
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn f31_a_merchant_that_storms_is_told_to_wait_and_no_other_notices() {
    let plan = Plan::over(StoreKind::of_run()).with("MERCHANT_RATE_LIMIT", PER_MINUTE.to_string());
    let mut shop = Shop::open_as(plan).await;
    let n = cases(SALES);
    let behaved = Till::new(&shop.rig, "M2", "L0_CASHIER", PATIENCE, &shop.log);
    sell(&behaved, "warm", n / 4).await;
    let alone = percentile(sell(&behaved, "alone", n).await, 99);
    let over = AtomicBool::new(false);
    let began = Instant::now();
    let storming = join_all((0..STORMING).map(|number| storm(&shop.till, number, &over)));
    let beside = async {
        while !shop.log.all().iter().any(|exchange| exchange.status() == 429) {
            assert!(began.elapsed() < USED_UP_WITHIN, "nobody is told to wait");
            sleep(Duration::from_millis(100)).await;
        }
        let took = sell(&behaved, "beside", n).await;
        over.store(true, Ordering::Relaxed);
        percentile(took, 99)
    };
    let (stormed, beside) = tokio::join!(storming, beside);
    let took = began.elapsed();
    let heard: Vec<Exchange> = stormed.into_iter().flatten().collect();
    let told: Vec<&Exchange> = heard.iter().filter(|exchange| exchange.status() == 429).collect();
    let without_when = told.iter().filter(|exchange| exchange.answer().is_none_or(|told| told.retry_after.is_none()));
    let without_when = without_when.count();
    // Whoever still has a request free is not behind another: both come to rest before they are judged.
    sleep(Duration::from_secs(1)).await;
    let codes: Vec<String> = shop.rig.control.charges().await.into_iter().filter_map(|it| it.order_code).collect();
    let objects = codes.iter().filter(|code| code.starts_with("F31-storm-")).count();
    let tills = [shop.till.clone(), behaved];
    checker::judge("F31", &mut shop.rig, &shop.log, &tills, Licence::default()).await;
    println!(
        "F31 n={n} stormed={} in={}ms told_to_wait={} without_when={without_when} objects={objects} of {STORMING} \
         p99_alone={alone}ms p99_beside={beside}ms",
        heard.len(),
        millis(took),
        told.len(),
    );
    let let_in = u64::try_from(heard.len() - told.len()).expect("a count");
    let may_be = u64::from(PER_MINUTE) + u64::from(PER_MINUTE) * (took.as_secs() + 1) / SECONDS_IN_MINUTE;
    assert!(let_in <= may_be, "{let_in} of the storm were let in, of {may_be} that may be");
    assert_eq!((without_when, u32::try_from(objects)), (0, Ok(STORMING)), "answers without a time, objects");
    assert!(beside * 2 <= (alone * 3).max(2 * prompt(QUICK_MILLIS)), "{beside} ms beside the storm, {alone} ms alone");
}
