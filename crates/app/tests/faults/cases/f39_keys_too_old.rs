use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::shop::{SALE_WITHIN, Shop};
use crate::rig::{Pay, Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const SALES: u64 = 100;
/// Midtrans' clock runs so many times faster: the five minutes for which it keeps a key are five seconds.
const TIME_SCALE: &str = "60";
const KEYS_GONE_AFTER: Duration = Duration::from_secs(6);
/// A day of Midtrans' is 24 minutes of the run.
const LONG: u32 = 24 * 60 * 60;
/// Midtrans leaves a longer one aside.
const KEY_CHARS_MAX: usize = 46;

#[tokio::test(flavor = "multi_thread")]
async fn f39_what_was_made_under_a_key_that_midtrans_has_forgotten_is_not_made_again() {
    let mut plan = Plan::over(StoreKind::of_run()).selling_at(&[Provider::Midtrans]);
    plan.sandbox_args.extend(["--time-scale", TIME_SCALE].map(str::to_owned));
    let shop = Shop::open_as(plan).await;
    let n = cases(SALES);
    let control = &shop.rig.control;
    let untold = shop.rule("webhook", "drop");
    let mut lost = shop.rule("open", "disconnect_after");
    let code = |number: u64| format!("F39-{number}");
    let mut rules: Vec<_> = (0..n)
        .map(|number| {
            (lost["reference"], lost["times"]) = (json!(code(number)), json!(1));
            lost.clone()
        })
        .collect();
    // Until the keys are gone, nobody gets through.
    rules.extend(["open", "inquire"].map(|operation| shop.rule(operation, "disconnect_before")));
    rules.push(untold.clone());
    control.faults(&json!(rules)).await;
    let selling = at_once(n, usize::try_from(n).expect("a width"), |number| {
        let till = &shop.till;
        async move { till.sell(&Sale::of(code(number), 33_000).by("va_bni").expiring_in(LONG), SALE_WITHIN).await.ok() }
    });
    let healing = async {
        sleep(KEYS_GONE_AFTER).await;
        control.faults(&json!([untold])).await;
    };
    let (sold, ()) = tokio::join!(selling, healing);
    let objects = control.charges().await;
    let too_long =
        objects.iter().filter(|object| object.idempotency_key.as_deref().map_or(0, str::len) > KEY_CHARS_MAX);
    let too_long = too_long.count();
    // Nobody got through before the keys were gone.
    let asked_again = control.calls().await.into_iter().filter(|call| call.opens() && call.was_answered()).count();
    control.faults(&json!([])).await;
    let mut unpaid = n;
    for shown in sold.iter().flatten() {
        let object = control.scan(&shown.reference, &shown.qr).await;
        control.pay(&object, &Pay::default()).await;
        let told = shop.till.await_status(&shown.payment_id, "paid", SALE_WITHIN).await;
        unpaid -= u64::from(told["status"] == "paid");
    }
    shop.judge("F39").await;
    println!("F39 n={n} objects={} keys_too_long={too_long} opened_again={asked_again} unpaid={unpaid}", objects.len());
    assert_eq!((u64::try_from(objects.len()), too_long), (Ok(n), 0), "one object an order, under keys that count");
    assert_eq!(u64::try_from(asked_again), Ok(n), "each order is opened again under a key that is forgotten");
    assert_eq!(unpaid, 0, "sold and paid");
}
