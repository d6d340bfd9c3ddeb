use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::shop::{Shop, millis};
use crate::rig::Provider;
use crate::rig::ledger::ProviderCall;
use crate::scale::{at_once, cases, percentile, prompt};
use crate::till::{Exchange, Sale};

const HANGS_FOR_SECONDS: u64 = 60;
/// At the least: the provider's own time must pass before anybody knows.
const HANGS_FOR_SECONDS_MIN: u64 = 20;
const TILLS: usize = 8;
/// Between two tries of a till meanwhile.
const TRY_EVERY: Duration = Duration::from_millis(250);
const CALLS_UNTIL_OPEN_MAX: usize = 20;
const REFUSED_P99_MAX_MILLIS: u64 = 50;
const CLOSED_WITHIN: Duration = Duration::from_secs(5);
/// One call in this time finds out, less what a busy machine is late by.
const PROBE_EVERY: Duration = Duration::from_millis(1_900);

/// Sells until told to stop.
async fn till(shop: &Shop, number: u64, over: &AtomicBool) -> Vec<Exchange> {
    let mut heard = Vec::new();
    while !over.load(Ordering::Relaxed) {
        heard.push(shop.till.create(&Sale::of(format!("F25-{number}-{}", heard.len()), 33_000)).await);
        sleep(TRY_EVERY).await;
    }
    heard
}

/// Those answered 503 for whose orders the provider was never called: the open breaker ended them, however long it
/// took.
fn refused<'a>(heard: &'a [Exchange], calls: &[ProviderCall]) -> Vec<&'a Exchange> {
    let called: BTreeSet<&str> = calls.iter().filter(|call| call.opens()).map(ProviderCall::order_code).collect();
    let is_called = |exchange: &Exchange| {
        let sent: Option<Value> = exchange.sent.as_deref().and_then(|body| serde_json::from_str(body).ok());
        sent.is_some_and(|body| body["order_code"].as_str().is_some_and(|code| called.contains(code)))
    };
    heard.iter().filter(|exchange| exchange.status() == 503 && !is_called(exchange)).collect()
}

/// Of calls that find out, those that came before an interval had passed.
fn early(mut at: Vec<DateTime<Utc>>) -> usize {
    at.sort_unstable();
    at.windows(2).filter(|pair| (pair[1] - pair[0]).to_std().unwrap_or_default() < PROBE_EVERY).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn f25_a_provider_that_hangs_is_soon_left_alone_and_found_out_when_it_is_well() {
    let shop = Shop::open().await;
    let hangs_for = Duration::from_secs(cases(HANGS_FOR_SECONDS).max(HANGS_FOR_SECONDS_MIN));
    shop.rig.control.faults(&json!([shop.rule("open", "timeout_before")])).await;
    let over = Arc::new(AtomicBool::new(false));
    let hanging = async {
        sleep(hangs_for).await;
        over.store(true, Ordering::Relaxed);
    };
    let (heard, ()) = tokio::join!(
        at_once(u64::try_from(TILLS).expect("a count"), TILLS, |number| till(&shop, number, &over)),
        hanging
    );
    let heard: Vec<Exchange> = heard.into_iter().flatten().collect();
    let (breaker, calls) = (shop.breaker(Provider::Xendit, "qris").await, shop.rig.control.calls().await);
    let refused = refused(&heard, &calls);
    let first = refused.iter().map(|exchange| exchange.sent_at).min().expect("creates that were refused");
    let opened: Vec<DateTime<Utc>> = calls.iter().filter(|call| call.opens()).map(|call| call.at).collect();
    let until_open = opened.iter().filter(|at| **at < first).count();
    let probes: Vec<DateTime<Utc>> = opened.into_iter().filter(|at| *at >= first).collect();
    let (found_out, early) = (probes.len(), early(probes));
    let p99 = percentile(refused.iter().map(|exchange| millis(exchange.took())).collect(), 99);
    let silent = refused.iter().filter(|refused| refused.answer().and_then(|told| told.retry_after).is_none()).count();
    let refused = refused.len();

    shop.rig.control.faults(&json!([])).await;
    let healed = Instant::now();
    while shop.till.create(&Sale::of("F25-healed", 33_000)).await.status() != 200 {
        assert!(healed.elapsed() < 4 * CLOSED_WITHIN, "it never closes");
        sleep(Duration::from_millis(100)).await;
    }
    let closed_after = healed.elapsed();
    shop.judge("F25").await;
    println!(
        "F25 hung_for={}s calls_until_open={until_open} refused={refused} p99={p99}ms without_retry_after={silent} \
         probes={found_out} early_probes={early} closed_after={}ms",
        hangs_for.as_secs(),
        millis(closed_after),
    );
    assert!(breaker == "open" || breaker == "half_open", "operators are told {breaker:?}");
    assert!(until_open <= CALLS_UNTIL_OPEN_MAX, "{until_open} calls until it opened");
    assert_eq!((silent, early), (0, 0), "refused without a time to come back, probes before their time");
    assert!(p99 <= prompt(REFUSED_P99_MAX_MILLIS), "refused after {p99} ms");
    assert!(closed_after <= CLOSED_WITHIN, "closed after {closed_after:?}");
}
