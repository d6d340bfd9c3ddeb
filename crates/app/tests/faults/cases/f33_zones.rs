use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::shop::Shop;
use crate::rig::{Pay, Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const SALES_PER_ZONE: u64 = 50;
/// Where a gateway may stand: Midtrans' own zone, none, one behind it, and one with half an hour.
const ZONES: [&str; 4] = ["Asia/Jakarta", "UTC", "America/New_York", "Asia/Kolkata"];

fn seconds(time: &Value) -> Option<i64> {
    let time: DateTime<Utc> = time.as_str()?.parse().ok()?;
    Some(time.timestamp())
}

#[tokio::test(flavor = "multi_thread")]
async fn f33_times_of_midtrans_are_those_of_western_indonesia_wherever_the_gateway_stands() {
    let (mut wrong, mut all) = (0, 0);
    for zone in ZONES {
        let plan = Plan::over(StoreKind::of_run()).selling_at(&[Provider::Midtrans]).with("TZ", zone);
        let shop = Shop::open_as(plan).await;
        let n = cases(SALES_PER_ZONE);
        let exact = at_once(n, 8, |number| {
            let shop = &shop;
            async move {
                let shown = shop.show(&Sale::of(format!("F33-{number}"), 33_000).expiring_in(300)).await;
                let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
                let booked = shop.rig.control.pay(&object, &Pay::default()).await;
                let told = shop.till.await_status(&shown.payment_id, "paid", Duration::from_secs(10)).await;
                seconds(&told["paid_at"]).is_some() && seconds(&told["paid_at"]) == seconds(&booked["paid_at"])
            }
        })
        .await;
        all += exact.len();
        wrong += exact.iter().filter(|exact| !**exact).count();
        shop.judge("F33").await;
    }
    println!("F33 zones={} n={all} wrong_paid_at={wrong}", ZONES.len());
    assert_eq!(wrong, 0, "paid at another time than the provider booked");
}
