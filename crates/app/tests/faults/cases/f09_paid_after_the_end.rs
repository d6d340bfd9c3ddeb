use std::time::Duration;

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const LATE: u64 = 200;
const WITHIN: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn f09_money_after_the_provider_expired_it_or_the_cashier_cancelled_it_counts_and_is_flagged() {
    let shop = Shop::open().await;
    let n = cases(LATE);
    let ends = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let control = &shop.rig.control;
            let shown = shop.show(&Sale::of(format!("F09-{number}"), 33_000)).await;
            let object = control.scan(&shown.reference, &shown.qr).await;
            let over = if number.is_multiple_of(2) {
                control.expire(&object, false).await;
                "expired"
            } else {
                shop.till.cancel(&shown.payment_id).await;
                "canceled"
            };
            let ended = shop.till.await_status(&shown.payment_id, over, WITHIN).await;
            // The webhook comes late, or never.
            control.pay(&object, &Pay { silent: number % 4 < 2, ..Pay::default() }).await;
            let told = shop.till.await_status(&shown.payment_id, "paid", WITHIN).await;
            let unflagged = shop.unflagged(&[shown.payment_id], &["late_paid"], Duration::from_secs(5)).await;
            (ended["status"] == over, told["status"] == "paid", unflagged.is_empty())
        }
    })
    .await;
    let count = |what: fn(&(bool, bool, bool)) -> bool| ends.iter().filter(|end| !what(end)).count();
    let (not_over, unpaid, unflagged) = (count(|end| end.0), count(|end| end.1), count(|end| end.2));
    shop.judge("F09").await;
    println!("F09 n={n} not_over={not_over} unpaid={unpaid} unflagged={unflagged}");
    assert_eq!((not_over, unpaid, unflagged), (0, 0, 0), "not over, left unpaid, not flagged as late");
}
