use std::time::Duration;

use chrono::Utc;
use tokio::time::sleep;

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::{PAYMENTS, Sale};

const SWITCHES: u64 = 200;
const FIRST: i64 = 33_000;
const SECOND: i64 = 34_000;

/// What went wrong with one switch.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Wrong {
    till_not_told: bool,
    second_tap_possible: bool,
    double_unflagged: bool,
}

/// The cashier changes the amount while the customer is at the PIN of the first QR code.
async fn switch(shop: &Shop, number: u64) -> Wrong {
    let code = format!("F66-{number}");
    let first = shop.show(&Sale::of(&code, FIRST)).await;
    let object = shop.rig.control.scan(&first.reference, &first.qr).await;
    sleep(Duration::from_millis(20)).await;
    let inquired_at = Some(Utc::now());
    let second = shop.show(&Sale::of(&code, SECOND)).await;
    let second_object = shop.rig.control.scan(&second.reference, &second.qr).await;
    let watched = format!("{PAYMENTS}/{}?wait=10", second.payment_id);
    // Half of the time nobody is told of the money.
    let pay = Pay { inquired_at, silent: number.is_multiple_of(2), ..Pay::default() };
    let (told, _) = tokio::join!(shop.till.read(&watched), async {
        sleep(Duration::from_millis(100)).await;
        shop.rig.control.pay(&object, &pay).await
    });
    let told = told.data();
    let tap = shop.till.create(&Sale::of(&code, SECOND)).await;
    let mut wrong = Wrong {
        till_not_told: told["order_status"] != "paid" || told["paid_by_payment_id"] != first.payment_id.as_str(),
        second_tap_possible: tap.error_code() != "order_already_paid",
        double_unflagged: false,
    };
    if number % 4 < 2 {
        // The customer was at the PIN of the second one as well.
        shop.rig.control.pay(&second_object, &Pay { inquired_at: Some(second.at), ..Pay::default() }).await;
        shop.till.await_status(&second.payment_id, "paid", Duration::from_secs(10)).await;
        let flagged = shop.exceptions_of(&second.payment_id, "paid_twice").await.len();
        wrong.double_unflagged = flagged != 1;
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn f66_money_for_the_qr_code_of_before_the_switch_ends_the_sale_and_the_till_is_told() {
    let shop = Shop::open().await;
    let n = cases(SWITCHES);
    let wrong = at_once(n, 4, |number| switch(&shop, number)).await;
    let count = |what: fn(&Wrong) -> bool| wrong.iter().filter(|wrong| what(wrong)).count();
    let (not_told, second_taps, unflagged) =
        (count(|w| w.till_not_told), count(|w| w.second_tap_possible), count(|w| w.double_unflagged));
    let exceptions = shop.till.exceptions().await.len();
    shop.judge("F66").await;
    println!(
        "F66 n={n} till_not_told={not_told} second_taps={second_taps} unflagged_doubles={unflagged} exceptions={exceptions}"
    );
    assert_eq!((not_told, second_taps, unflagged), (0, 0, 0), "not told, tapped again, not flagged");
}
