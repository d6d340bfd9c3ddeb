use std::time::{Duration, Instant};

use chrono::Utc;

use super::shop::{Shop, millis};
use crate::rig::{Pay, Plan, Provider, StoreKind};
use crate::scale::{at_once, cases, unhurried};
use crate::till::Sale;

const SALES: u64 = 200;
/// How many times faster the calendar runs, here and at the provider: a second is an hour.
const TIME_SCALE: u32 = 3_600;
/// The longest a till may have something paid.
const EXPIRES_IN_SECONDS: u32 = 86_400;
/// One round of questions about everything that is due, after the start.
const REPAIRED_WITHIN: Duration = Duration::from_secs(10);

/// Longer than that provider goes on trying to tell: half a day and a little, and a day.
const fn outage(provider: Provider) -> Duration {
    match provider {
        Provider::Xendit => Duration::from_secs(25),
        Provider::Midtrans => Duration::from_secs(6),
    }
}

async fn check(provider: Provider) {
    let (faster, origin) = (TIME_SCALE.to_string(), Utc::now().to_rfc3339());
    let plan = Plan::over(StoreKind::of_run()).selling_at(&[provider]);
    let mut plan = plan.with("TIME_SCALE", faster.clone()).with("TIME_ORIGIN", origin.clone());
    plan.sandbox_args = ["--time-scale", &faster, "--time-origin", &origin].map(str::to_owned).to_vec();
    let mut shop = Shop::open_as(plan).await;
    let n = cases(SALES);
    let sold = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let sale = Sale::of(format!("F57-{number}"), 33_000).expiring_in(EXPIRES_IN_SECONDS);
            let shown = shop.show(&sale).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            (shown.payment_id, object)
        }
    })
    .await;
    shop.rig.kill_gateway();
    at_once(n, 16, |index| {
        let (control, (_, object)) = (&shop.rig.control, &sold[usize::try_from(index).expect("an index")]);
        async move { control.pay(object, &Pay { silent: true, ..Pay::default() }).await }
    })
    .await;
    tokio::time::sleep(outage(provider)).await;
    shop.rig.start_gateway().await;
    let began = Instant::now();
    let mut unpaid = 0;
    for (payment_id, _) in &sold {
        let left = unhurried(REPAIRED_WITHIN).saturating_sub(began.elapsed());
        unpaid += u32::from(shop.till.await_status(payment_id, "paid", left).await["status"] != "paid");
    }
    let repaired = millis(began.elapsed());
    shop.judge("F57").await;
    println!(
        "F57 at {} n={n} hours_away={} unpaid_but_paid={unpaid} repaired_in={repaired}ms",
        provider.word(),
        outage(provider).as_secs()
    );
    assert_eq!(unpaid, 0, "the provider has the money, and has given up telling");
}

#[tokio::test(flavor = "multi_thread")]
async fn f57_what_was_paid_while_nobody_listened_for_longer_than_webhooks_are_sent_is_found() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f57_what_midtrans_gave_up_telling_is_found() {
    check(Provider::Midtrans).await;
}
