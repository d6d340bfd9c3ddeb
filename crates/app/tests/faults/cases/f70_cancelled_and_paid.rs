use std::time::Duration;

use chrono::Utc;

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const CANCELS: u64 = 100;
const WITHIN: Duration = Duration::from_secs(15);
/// What can be called back at the provider, and paid all the same.
const METHODS: [&str; 5] = ["qris", "va_bca", "gopay", "dana", "credit_card"];

#[tokio::test(flavor = "multi_thread")]
async fn f70_money_on_what_was_cancelled_is_found_and_flagged() {
    let shop = Shop::open().await;
    let n = cases(CANCELS);
    let ends = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let method = METHODS[usize::try_from(number).expect("an index") % METHODS.len()];
            let shown = shop.show(&Sale::of(format!("F70-{number}"), 33_000).by(method)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            let inquired_at = Some(Utc::now());
            let cancelled = shop.till.cancel(&shown.payment_id).await;
            let is_confirmed = cancelled.status() == 200 && cancelled.data()["cancellation"] == "confirmed";
            // The customer was at the PIN. Half of the time nobody is told.
            shop.rig.control.pay(&object, &Pay { inquired_at, silent: number % 4 < 2, ..Pay::default() }).await;
            let told = shop.till.await_status(&shown.payment_id, "paid", WITHIN).await;
            (shown.payment_id, is_confirmed, told["status"] == "paid")
        }
    })
    .await;
    let confirmed = ends.iter().filter(|(_, confirmed, _)| *confirmed).count();
    let lost = ends.iter().filter(|(_, _, paid)| !paid).count();
    let payments: Vec<String> = ends.into_iter().map(|(payment, _, _)| payment).collect();
    let unflagged = shop.unflagged(&payments, &["late_paid"], Duration::from_secs(5)).await.len();
    shop.judge("F70").await;
    println!("F70 n={n} cancels_confirmed={confirmed} lost={lost} unflagged={unflagged}");
    assert_eq!(confirmed, payments.len(), "the provider says that it is closed");
    assert_eq!((lost, unflagged), (0, 0), "lost, not flagged as late");
}
