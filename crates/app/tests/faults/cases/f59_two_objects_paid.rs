use std::time::Duration;

use chrono::Utc;

use super::shop::Shop;
use crate::rig::Pay;
use crate::rig::ledger::LedgerCharge;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const ORDERS: u64 = 100;
const WITHIN: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn f59_of_two_objects_of_an_order_that_are_both_paid_the_second_is_flagged() {
    let shop = Shop::open().await;
    let n = cases(ORDERS);
    let payments = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let control = &shop.rig.control;
            let code = format!("F59-{number}");
            let first = shop.show(&Sale::of(&code, 33_000)).await;
            let first_object = control.scan(&first.reference, &first.qr).await;
            // The customer is at the PIN of the first when the cashier switches.
            let inquired_at = Some(Utc::now());
            let second = shop.show(&Sale::of(&code, 33_000).by("va_bca")).await;
            let second_object = control.scan(&second.reference, &second.qr).await;
            // Half of the time nobody is told of either, and half of the time the older is paid first.
            let pay = |inquired_at| Pay { inquired_at, silent: number.is_multiple_of(2), ..Pay::default() };
            let in_order = [(&first_object, inquired_at), (&second_object, Some(second.at))];
            let paid = if number % 4 < 2 { in_order } else { [in_order[1], in_order[0]] };
            for (object, inquired_at) in paid {
                control.pay(object, &pay(inquired_at)).await;
            }
            for payment in [&first.payment_id, &second.payment_id] {
                let told = shop.till.await_status(payment, "paid", WITHIN).await;
                assert_eq!(told["status"], "paid", "{told}");
            }
            first.payment_id
        }
    })
    .await;
    let doubles = shop.rig.control.charges().await.iter().filter(|charge| LedgerCharge::is_paid(charge)).count() / 2;
    let deadline = tokio::time::Instant::now() + WITHIN;
    let mut flags = 0;
    while flags != doubles && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(250)).await;
        flags = shop.till.exceptions().await.iter().filter(|raised| raised["kind"] == "paid_twice").count();
    }
    shop.judge("F59").await;
    println!("F59 n={n} orders={} doubles={doubles} flags={flags}", payments.len());
    assert_eq!((flags, u64::try_from(doubles)), (doubles, Ok(n)), "paid twice, and nobody is told");
}
