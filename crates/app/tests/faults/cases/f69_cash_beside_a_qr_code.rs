use std::collections::BTreeSet;
use std::time::Duration;

use chrono::Utc;
use serde_json::json;
use tokio::time::sleep;

use super::offline::{Kept, TRANSACTIONS, called_off, paid, reference, report_as};
use super::shop::{PATIENCE, Shop};
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::{Sale, Till};

const ORDERS: u64 = 100;
const PRICE: i64 = 33_000;
const WITHIN: Duration = Duration::from_secs(10);

/// What the order is ended by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cash,
    Void,
}

impl End {
    /// What money is that comes all the same.
    fn misfit(self) -> &'static str {
        match self {
            Self::Cash => "paid_twice",
            Self::Void => "paid_after_void",
        }
    }
}

/// How the gateway is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    AtOnce,
    ByBatch,
}

/// How one order is ended while its QR code is on a screen.
#[derive(Debug, Clone, Copy)]
struct Way {
    end: End,
    told: Told,
}

/// What came of one order.
struct Closed {
    payment_id: String,
    /// Whether the cash was taken in, or the order called off.
    taken: bool,
}

impl Way {
    fn order(self, number: u64) -> String {
        format!("F69-{:?}-{:?}-{number}", self.end, self.told)
    }

    /// Tells the gateway. Where money came first it says so, but to the till that took cash and is heard of later.
    async fn tell(self, shop: &Shop, owner: &Till, number: u64, came_first: bool) -> bool {
        let (order, name) = (self.order(number), reference("DEV1", number));
        let is_taken = !came_first || (self.end == End::Cash && self.told == Told::ByBatch);
        let online = |what: &str| format!("{TRANSACTIONS}/{order}/{what}");
        let answer = match (self.told, self.end) {
            (Told::AtOnce, End::Cash) => {
                shop.till.post(&online("cash"), &json!({"amount": PRICE, "device_id": "DEV1"})).await
            }
            (Told::AtOnce, End::Void) => owner.post(&online("void"), &json!({"reason": "the customer left"})).await,
            (Told::ByBatch, End::Cash) => {
                report_as("payments", &shop.till, "DEV1", &[paid(&name, &order, "cash", PRICE)]).await
            }
            (Told::ByBatch, End::Void) => report_as("voids", &shop.till, "DEV1", &[called_off(&name, &order)]).await,
        };
        let (data, expected) = (answer.data(), if is_taken { 200 } else { 409 });
        let result = &data["results"][0];
        match self.told {
            Told::AtOnce => assert_eq!(answer.status(), expected, "{order}: {:?}", answer.outcome),
            Told::ByBatch => assert_eq!(
                (&result["success"], &result["conflict_detected"]),
                (&json!(is_taken), &json!(!is_taken)),
                "{order}: {:?}",
                answer.outcome
            ),
        }
        is_taken
    }

    /// A QR code is on the screen, and the order is ended otherwise; the customer's money comes before, after, or never.
    async fn close(self, shop: &Shop, owner: &Till, number: u64) -> Closed {
        let order = self.order(number);
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
        let taken = self.tell(shop, owner, number, came_first).await;
        if number % 4 == 1 {
            // The customer was at the PIN; half of the time nobody is told of the money.
            shop.rig.control.pay(&object, &Pay { inquired_at, silent: number % 8 == 1, ..Pay::default() }).await;
        }
        Closed { payment_id: shown.payment_id, taken }
    }

    /// Whether there is money beside what ended that order: where it came later, and where the cash of a batch was taken
    /// although it had come.
    fn is_paid_besides(self, number: u64) -> bool {
        let is_cash_of_a_batch = self.end == End::Cash && self.told == Told::ByBatch;
        number % 4 == 1 || (number.is_multiple_of(4) && is_cash_of_a_batch)
    }

    /// So many of the orders ended so: there is cash for them, or they are called off.
    async fn ended(self, shop: &Shop, n: u64) -> usize {
        let orders = || (0..n).map(|number| self.order(number));
        if self.end == End::Cash {
            return Kept::of(shop, &["DEV1"], orders()).await.tenders.len();
        }
        let mut voided = 0;
        for order in orders() {
            let told = shop.till.read(&format!("{TRANSACTIONS}/{order}")).await.data();
            voided += usize::from(told["status"] == "voided");
        }
        voided
    }
}

async fn check(way: Way) {
    let shop = Shop::open().await;
    let owner = Till::new(&shop.rig, "M1", "L0_OWNER", PATIENCE, &shop.log);
    let n = cases(ORDERS);
    let closed = at_once(n, 4, |number| {
        let (shop, owner) = (&shop, &owner);
        async move { (number, way.close(shop, owner, number).await) }
    })
    .await;
    let paid_besides = closed.iter().filter(|(number, _)| way.is_paid_besides(*number));
    let doubles: Vec<String> = paid_besides.map(|(_, closed)| closed.payment_id.clone()).collect();
    let unflagged = shop.unflagged(&doubles, &[way.end.misfit()], WITHIN).await.len();
    let asked_to_close: BTreeSet<String> =
        shop.rig.control.calls().await.iter().filter_map(|call| call.closes().map(str::to_owned)).collect();
    let taken = closed.iter().filter(|(_, closed)| closed.taken).count();
    let (ended, asked) = (way.ended(&shop, n).await, asked_to_close.len());
    let exceptions = shop.till.exceptions().await.iter().filter(|one| one["kind"] == way.end.misfit()).count();
    let word = format!("{:?} {:?}", way.end, way.told);
    shop.judge(&format!("F69 {word}")).await;
    println!(
        "F69 {word} n={n} unflagged={unflagged} paid_besides={} {}={exceptions} asked_to_close={asked} ended={ended}",
        doubles.len(),
        way.end.misfit(),
    );
    assert_eq!((unflagged, exceptions, ended), (0, doubles.len(), taken), "not flagged, flagged, cash or called off");
    assert_eq!(u64::try_from(asked).expect("a count"), n, "every live charge is asked to close");
}

#[tokio::test(flavor = "multi_thread")]
async fn f69_cash_closes_the_qr_code_first_and_later_money_is_flagged() {
    check(Way { end: End::Cash, told: Told::AtOnce }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f69_cash_that_is_reported_later_closes_the_qr_code_too() {
    check(Way { end: End::Cash, told: Told::ByBatch }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f69_calling_an_order_off_closes_the_qr_code_first_and_later_money_is_flagged() {
    check(Way { end: End::Void, told: Told::AtOnce }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f69_an_order_that_is_reported_called_off_later_has_its_qr_code_closed_too() {
    check(Way { end: End::Void, told: Told::ByBatch }).await;
}
