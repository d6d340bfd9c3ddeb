use std::time::Duration;

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const OBJECTS: u64 = 100;
const WITHIN: Duration = Duration::from_secs(10);

async fn paid_twice_by(method: &'static str) {
    let shop = Shop::open().await;
    let n = cases(OBJECTS);
    let payments = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F64-{number}"), 33_000).by(method)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            // Half of the time nobody is told of either.
            let pay = Pay { silent: number.is_multiple_of(2), ..Pay::default() };
            shop.rig.control.pay(&object, &pay).await;
            if number % 4 < 2 {
                shop.till.await_status(&shown.payment_id, "paid", WITHIN).await;
            }
            shop.rig.control.pay(&object, &pay).await;
            shown.payment_id
        }
    })
    .await;
    let hidden = shop.unflagged(&payments, &["paid_twice"], WITHIN).await;
    let unflagged = hidden.len();
    let money_missing = shop.judge("F64").await.broken("I10");
    println!("F64 {method} n={n} unflagged={unflagged} money_missing={money_missing}");
    assert_eq!(unflagged, 0, "paid twice, and nobody is told of {hidden:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f64_a_second_payment_on_one_object_is_kept_and_flagged() {
    paid_twice_by("qris").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f64_a_second_transfer_to_one_virtual_account_is_kept_and_flagged() {
    paid_twice_by("va_bca").await;
}
