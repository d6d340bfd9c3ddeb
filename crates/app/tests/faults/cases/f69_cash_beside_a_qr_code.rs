use std::collections::BTreeSet;
use std::time::Duration;

use chrono::Utc;
use serde_json::json;
use tokio::time::sleep;

use super::offline::{Kept, TRANSACTIONS, paid, reference, report};
use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const ORDERS: u64 = 100;
const PRICE: i64 = 33_000;
const WITHIN: Duration = Duration::from_secs(10);

/// How the cashier tells of the cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    AtOnce,
    ByBatch,
}

/// What came of one order.
struct Closed {
    payment_id: String,
    /// Whether the cash was taken in.
    taken: bool,
}

/// A QR code is on the screen, and the cashier takes cash; the customer's money comes before, after, or never.
async fn close(shop: &Shop, told: Told, number: u64) -> Closed {
    let order = format!("F69-{told:?}-{number}");
    let registered = json!({"transaction_code": order, "grand_total": PRICE});
    assert_eq!(shop.till.post(TRANSACTIONS, &registered).await.status(), 201);
    let shown = shop.show(&Sale::of(&order, PRICE)).await;
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    sleep(Duration::from_millis(20)).await;
    let inquired_at = Some(Utc::now());
    let came_first = number.is_multiple_of(4);
    if came_first {
        shop.rig.control.pay(&object, &Pay { silent: true, ..Pay::default() }).await;
    }
    let taken = match told {
        Told::AtOnce => {
            let cash = json!({"amount": PRICE, "device_id": "DEV1"});
            let answer = shop.till.post(&format!("{TRANSACTIONS}/{order}/cash"), &cash).await;
            let expected = if came_first { 409 } else { 200 };
            assert_eq!(answer.status(), expected, "{order}: {:?}", answer.outcome);
            answer.status() == 200
        }
        Told::ByBatch => {
            let item = paid(&reference("DEV1", number), &order, "cash", PRICE);
            let answer = report(&shop.till, "DEV1", &[item]).await;
            assert_eq!(answer.data()["success_count"], 1, "{order}: {:?}", answer.outcome);
            true
        }
    };
    if number % 4 == 1 {
        // The customer was at the PIN; half of the time nobody is told of the money.
        shop.rig.control.pay(&object, &Pay { inquired_at, silent: number % 8 == 1, ..Pay::default() }).await;
    }
    Closed { payment_id: shown.payment_id, taken }
}

async fn cash_beside(told: Told) {
    let shop = Shop::open().await;
    let n = cases(ORDERS);
    let closed = at_once(n, 4, |number| {
        let shop = &shop;
        async move { (number, close(shop, told, number).await) }
    })
    .await;
    // Cash beside money: where it came later, and where the cash of a batch was taken although it had come.
    let is_double = |number: &u64| number % 4 == 1 || (number.is_multiple_of(4) && told == Told::ByBatch);
    let doubles: Vec<String> =
        closed.iter().filter(|(number, _)| is_double(number)).map(|(_, closed)| closed.payment_id.clone()).collect();
    let unflagged = shop.unflagged(&doubles, &["paid_twice"], WITHIN).await.len();
    let asked_to_close: BTreeSet<String> =
        shop.rig.control.calls().await.iter().filter_map(|call| call.closes().map(str::to_owned)).collect();
    let orders = (0..n).map(|number| format!("F69-{told:?}-{number}"));
    let kept = Kept::of(&shop, &["DEV1"], orders).await;
    let taken = closed.iter().filter(|(_, closed)| closed.taken).count();
    let (tenders, asked) = (kept.tenders.len(), asked_to_close.len());
    let exceptions = shop.till.exceptions().await.iter().filter(|one| one["kind"] == "paid_twice").count();
    let word = format!("{told:?}");
    shop.judge(&format!("F69 {word}")).await;
    println!(
        "F69 {word} n={n} unflagged={unflagged} doubles={} exceptions={exceptions} asked_to_close={asked} tenders={tenders}",
        doubles.len()
    );
    assert_eq!((unflagged, exceptions, tenders), (0, doubles.len(), taken), "not flagged, flagged, cash");
    assert_eq!(u64::try_from(asked).expect("a count"), n, "every live charge is asked to close");
}

#[tokio::test(flavor = "multi_thread")]
async fn f69_cash_closes_the_qr_code_first_and_later_money_is_flagged() {
    cash_beside(Told::AtOnce).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f69_cash_that_is_reported_later_closes_the_qr_code_too() {
    cash_beside(Told::ByBatch).await;
}
