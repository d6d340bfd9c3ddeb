use std::time::Duration;

use serde_json::{Value, json};

use super::shop::{PATIENCE, SALE_WITHIN, Shop};
use crate::checker::{self, Licence};
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Till};

const PAIRS: u64 = 200;
/// Where nobody is told: Midtrans is asked about one order no more often than every ten seconds.
const FOUND_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn f63_two_merchants_with_the_same_order_code_amount_and_minute_never_get_each_others_money() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f63_two_merchants_at_one_account_of_midtrans_never_get_each_others_money() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let mut shop = Shop::open_at(&[provider]).await;
    let n = cases(PAIRS);
    let other = Till::new(&shop.rig, "M2", "L0_CASHIER", PATIENCE, &shop.log);
    // Of every second pair the first answers are lost.
    let losses: Vec<Value> = (0..n)
        .filter(|number| !number.is_multiple_of(2))
        .map(|number| {
            let effect = if number % 4 == 1 { "disconnect_after" } else { "status_after" };
            json!({"provider": provider.word(), "operation": "open", "effect": effect,
                "reference": format!("F63-{number}"), "times": 2})
        })
        .collect();
    shop.rig.control.faults(&json!(losses)).await;
    let crossed = at_once(n, 4, |number| {
        let (shop, other) = (&shop, &other);
        async move {
            let sale = Sale::of(format!("F63-{number}"), 33_000);
            let (one, two) = tokio::join!(shop.till.sell(&sale, SALE_WITHIN), other.sell(&sale, SALE_WITHIN));
            let (one, two) = (one.expect("a QR code for the one"), two.expect("a QR code for the other"));
            let object = shop.rig.control.scan(&one.reference, &one.qr).await;
            // Half of the time nobody is told, and the money has to be found.
            shop.rig.control.pay(&object, &Pay { silent: number.is_multiple_of(2), ..Pay::default() }).await;
            let told = shop.till.await_status(&one.payment_id, "paid", FOUND_WITHIN).await;
            assert_eq!(told["status"], "paid", "{}: {told}", sale.order_code);
            let theirs = other.get(&two.payment_id).await.data();
            let foreign = other.get(&one.payment_id).await;
            theirs["status"] != "pending" || foreign.status() != 404 || one.qr == two.qr
        }
    })
    .await;
    let crossed = crossed.iter().filter(|crossed| **crossed).count();
    let lost = shop.rig.control.calls().await.iter().filter(|call| call.opens() && !call.was_answered()).count();
    checker::judge("F63", &mut shop.rig, &shop.log, &[shop.till.clone(), other], Licence::default()).await;
    println!("F63 at {} n={n} pairs, answers_lost={lost} cross_adoptions={crossed}", provider.word());
    assert_eq!(crossed, 0, "money or a payment crossed over to the other merchant");
}
