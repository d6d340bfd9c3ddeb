use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::Utc;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::shop::{Shop, millis};
use crate::rig::{Plan, Provider, StoreKind};
use crate::scale::{at_once, cases, percentile, prompt, unhurried};
use crate::till::{Sale, shown};

const ROWS: u64 = 2_000;
/// Calls a minute, at the most; always fewer than there are rows, so that the limit can be broken.
const PER_MINUTE_MAX: u64 = 600;
const PER_MINUTE_OF_HUNDRED_ROWS: u64 = 90;
/// Of its openings the gateway leaves one in so many to tills: as many as the one sends that goes on selling.
const TILLS_SHARE: u64 = 20;
/// Tills that send at once, and hear nothing.
const TILLS: usize = 200;
/// The gateway holds still between the provider's answer and its commit, until it is killed.
const HELD: &str = "after_call_before_commit=sleep(600000)";
/// How long one of them waits to hear nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer than the herd takes.
const EXPIRES_SECONDS: u32 = 1_800;
/// What a minute's worth of rows may take: 2,000 of them, at 600 a minute, four minutes.
const MINUTE_WITHIN_MILLIS: u64 = 72_000;
const MINUTE_MILLIS: u64 = 60_000;
/// Payments that are looked at at once, so that the looks end soon after the herd does.
const LOOKS_AT_ONCE: usize = 16;
/// Between two looks at one of them.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Sales by which it is seen how long they take when all is quiet.
const QUIET_SALES: u64 = 20;
/// What is quick anyway may take that long.
const PROMPT_MILLIS: u64 = 100;

/// How long it takes to sell something, and to look at it.
async fn sell(shop: &Shop, code: &str) -> [u64; 2] {
    let created = shop.till.create(&Sale::of(code, 33_000)).await;
    let shown = shown(&created).unwrap_or_else(|| panic!("{code}: {created:?}"));
    let looked = shop.till.get(&shown.payment_id).await;
    [created, looked].map(|exchange| millis(exchange.took()))
}

/// Sells now and then as long as it is not over; how long that took.
async fn go_on_selling(shop: &Shop, every: Duration, over: &AtomicBool) -> Vec<[u64; 2]> {
    let mut took = Vec::new();
    while !over.load(Ordering::Relaxed) {
        took.push(sell(shop, &format!("F30-meanwhile-{}", took.len())).await);
        sleep(every).await;
    }
    took
}

/// The objects of the herd that the provider has, by order.
async fn objects(shop: &Shop) -> Vec<String> {
    let codes = shop.rig.control.charges().await.into_iter().filter_map(|charge| charge.order_code);
    codes.filter(|code| is_of_herd(code)).collect()
}

fn is_of_herd(code: &str) -> bool {
    code.starts_with("F30-herd-")
}

/// As many payments as that, all cut off at once, most of them between the provider's answer and its commit.
async fn cut_off(shop: &mut Shop, n: u64) {
    shop.rig.kill_gateway();
    shop.rig.arm_gateway(HELD).await;
    let impatient = shop.till.patient(PATIENCE);
    let mut codes: Vec<String> = (0..n).map(|number| format!("F30-herd-{number}")).collect();
    // On a busy machine some are not heard in the time that a till waits.
    while !codes.is_empty() {
        let count = u64::try_from(codes.len()).expect("a count");
        let sends = at_once(count, TILLS, |index| {
            let code = codes[usize::try_from(index).expect("an index")].clone();
            let (till, sale) = (impatient.clone(), Sale::of(code, 33_000).expiring_in(EXPIRES_SECONDS));
            async move { till.create(&sale).await }
        });
        for answer in sends.await {
            assert!(answer.lost().is_some(), "the gateway was to hold still, and answered {answer:?}");
        }
        let begun = herd(shop).await;
        codes.retain(|code| !begun.contains_key(code));
    }
    shop.rig.kill_gateway();
}

/// The payments of the herd, by order.
async fn herd(shop: &Shop) -> BTreeMap<String, String> {
    let listed = shop.till.listed("/api/v1/pos/payments?limit=100").await;
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_else(|| panic!("{name}: {item}")).to_owned();
    let all = listed.iter().map(|item| (text(item, "order_code"), text(item, "payment_id")));
    all.filter(|(code, _)| is_of_herd(code)).collect()
}

/// Looks at each until it has something to show; how many never have.
async fn await_all(shop: &Shop, payments: &[String], deadline: Instant) -> usize {
    let count = u64::try_from(payments.len()).expect("a count");
    let unshown = at_once(count, LOOKS_AT_ONCE, |index| {
        let payment = &payments[usize::try_from(index).expect("an index")];
        async move {
            while shown(&shop.till.get(payment).await).is_none() {
                if Instant::now() > deadline {
                    return 1;
                }
                sleep(LOOK_EVERY).await;
            }
            0
        }
    });
    unshown.await.into_iter().sum()
}

fn p99(took: &[[u64; 2]], which: fn(&[u64; 2]) -> u64) -> u64 {
    percentile(took.iter().map(which).collect(), 99)
}

#[tokio::test(flavor = "multi_thread")]
async fn f30_a_herd_that_is_released_at_once_keeps_to_the_rate_limit_and_nobody_else_waits() {
    let n = cases(ROWS);
    let per_minute = PER_MINUTE_MAX.min(n * PER_MINUTE_OF_HUNDRED_ROWS / 100);
    let plan =
        Plan::over(StoreKind::of_run()).with("XENDIT_API", "v2").with("XENDIT_RATE_LIMIT", per_minute.to_string());
    let mut shop = Shop::open_as(plan.with("PUBLIC_BASE_URL", "https://pay.example.com")).await;
    let finished_within = unhurried(Duration::from_millis(MINUTE_WITHIN_MILLIS * n / per_minute));
    let sale_every = Duration::from_millis(MINUTE_MILLIS * TILLS_SHARE / per_minute);
    let mut quiet = Vec::new();
    for number in 0..QUIET_SALES {
        quiet.push(sell(&shop, &format!("F30-meanwhile-quiet-{number}")).await);
    }
    cut_off(&mut shop, n).await;
    shop.rig.control.limit(Provider::Xendit, per_minute).await;
    let released_at = Utc::now();
    shop.rig.start_gateway().await;
    let released = Instant::now();
    let payments: Vec<String> = herd(&shop).await.into_values().collect();
    let (over, deadline) = (AtomicBool::new(false), released + 2 * finished_within);
    let waiting = async {
        let unshown = await_all(&shop, &payments, deadline).await;
        over.store(true, Ordering::Relaxed);
        unshown
    };
    let (unshown, meanwhile) = tokio::join!(waiting, go_on_selling(&shop, sale_every, &over));
    let finished = released.elapsed();
    let calls = shop.rig.control.calls().await;
    let told_to_wait = calls.iter().filter(|call| call.at >= released_at && call.status == Some(429)).count();
    let objects = objects(&shop).await.len();
    let (creates, looks) = (
        (p99(&quiet, |[create, _]| *create), p99(&meanwhile, |[create, _]| *create)),
        (p99(&quiet, |[_, look]| *look), p99(&meanwhile, |[_, look]| *look)),
    );
    shop.judge("F30").await;
    println!(
        "F30 n={n} per_minute={per_minute} rows={} finished_after={}ms told_to_wait={told_to_wait} objects={objects} \
         unshown={unshown} create_p99={}ms quiet={}ms look_p99={}ms quiet={}ms sales_meanwhile={}",
        payments.len(),
        millis(finished),
        creates.1,
        creates.0,
        looks.1,
        looks.0,
        meanwhile.len(),
    );
    assert_eq!((u64::try_from(payments.len()), u64::try_from(objects)), (Ok(n), Ok(n)), "rows and objects");
    assert_eq!((told_to_wait, unshown), (0, 0), "answers that said to wait, payments without a QR code");
    assert!(finished <= finished_within, "finished after {finished:?}");
    for (quiet, busy) in [creates, looks] {
        assert!(
            busy <= (2 * quiet).max(prompt(PROMPT_MILLIS)),
            "{busy} ms at the 99th percentile, {quiet} ms in quiet"
        );
    }
}
