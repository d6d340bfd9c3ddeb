use std::time::Duration;

use chrono::Utc;
use tokio::time::sleep;

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const LATE: u64 = 100;
/// The shortest life a till can ask for.
const EXPIRES_IN_SECONDS: u32 = 60;
const WITHIN: Duration = Duration::from_secs(12);

async fn paid_late_by(method: &'static str) {
    let shop = Shop::open().await;
    let n = cases(LATE);
    let sales = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let sale = Sale::of(format!("F65-{number}"), 33_000).by(method).expiring_in(EXPIRES_IN_SECONDS);
            let shown = shop.show(&sale).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            (number, shown, object)
        }
    })
    .await;
    let newest = sales.iter().map(|(_, shown, _)| shown.at).max().expect("sales");
    let expired_at = newest + chrono::TimeDelta::seconds(i64::from(EXPIRES_IN_SECONDS) + 1);
    sleep((expired_at - Utc::now()).to_std().unwrap_or_default()).await;
    for (number, _, object) in &sales {
        // The request is dead at the provider, for ever, and the payment on it succeeds all the same. An account
        // number dies by itself when we said.
        if method == "qris" {
            shop.rig.control.expire(object, number.is_multiple_of(2)).await;
        }
        shop.rig.control.pay(object, &Pay { silent: number % 4 < 2, ..Pay::default() }).await;
    }
    let mut unpaid = 0;
    let deadline = tokio::time::Instant::now() + WITHIN;
    for (_, shown, _) in &sales {
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let told = shop.till.await_status(&shown.payment_id, "paid", left).await;
        unpaid += u32::from(told["status"] != "paid");
    }
    let payments: Vec<String> = sales.iter().map(|(_, shown, _)| shown.payment_id.clone()).collect();
    let unflagged = shop.unflagged(&payments, &["late_paid"], Duration::from_secs(5)).await.len();
    shop.judge("F65").await;
    println!("F65 {method} n={n} left_unpaid={unpaid} unflagged={unflagged}");
    assert_eq!((unpaid, unflagged), (0, 0), "left unpaid, not flagged as late");
}

#[tokio::test(flavor = "multi_thread")]
async fn f65_money_after_expiry_counts_as_paid_and_is_flagged_as_late() {
    paid_late_by("qris").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f65_a_transfer_after_expiry_counts_as_paid_and_is_flagged_as_late() {
    paid_late_by("va_bca").await;
}
