//! Somebody else's transaction service owns the orders, and is down, late, confused, or forgets to answer.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mstore_pay_conformance::wire::{Reply, SeenRequest, WireStub};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::shop::Shop;
use crate::rig::{Pay, Plan, StoreKind};
use crate::scale::{Draws, at_once, cases};
use crate::till::Sale;

const PAYMENTS: u64 = 500;
const PRICE: u32 = 33_000;
const AT_ONCE: usize = 6;
const SEED: u64 = 20_261_127;
/// What goes wrong with one payment before the service does as it should.
const TROUBLES_MAX: u64 = 3;
/// One payment of so many is made while nobody listens at the service.
const OUTAGE_ONE_OF: u64 = 10;
/// How long it stays so after the last of them was paid: longer than the first pause of a message that was not taken.
const DOWN_FOR: Duration = Duration::from_secs(3);
/// What a till may have to wait for word of money while the service is down: it has nothing to do with it.
const PAID_WITHIN: Duration = Duration::from_secs(10);
/// Payments that are booked, and answered as they should be, when the gateway waits no more: it does for ten seconds.
const TOO_LATE: u64 = 3;
const ANSWERED_AFTER: Duration = Duration::from_millis(11_500);
/// What the gateway logs of a message that the service did not take.
const NOT_TOLD: &str = "the transaction ledger was not told of a paid order";
/// The pauses before that many tries are over, on a busy machine.
const BOOKED_WITHIN: Duration = Duration::from_secs(90);
/// For word of a payment that is told once more although it was booked and answered.
const QUIET_FOR: Duration = Duration::from_secs(5);

/// What the service does with word of a payment.
#[derive(Debug, Clone)]
struct Trouble {
    /// Whether it books the payment although it answers so.
    books: bool,
    answer: Answer,
}

#[derive(Debug, Clone)]
enum Answer {
    Odd(Reply),
    /// What it should be, and too late.
    TooLate,
}

impl Trouble {
    fn drawn(draws: &mut Draws) -> Self {
        let other = r#"{"payment_id":"pay_00000000000000000000000000000008"}"#;
        let replies = [
            Reply::json(503, "{}"),
            Reply::json(500, "not JSON"),
            Reply::page(200),
            Reply::json(200, "{}"),
            Reply::json(200, other),
            Reply::Hangup,
            Reply::Reset,
            Reply::CutOff { status: 200, announced: 100, body: b"{\"pay".to_vec() },
            Reply::Raw(b"\x00\xffnonsense".to_vec()),
            Reply::json(200, "{}").after(Duration::from_millis(1_500)),
        ];
        let count = u64::try_from(replies.len()).expect("few");
        let place = usize::try_from(draws.below(count)).expect("few");
        Self { books: draws.percent(50), answer: Answer::Odd(replies[place].clone()) }
    }

    /// What goes wrong with the payments, by their orders.
    fn of_all(n: u64) -> BTreeMap<String, Vec<Self>> {
        let mut draws = Draws::seeded(SEED);
        let too_late = in_outage(n)..in_outage(n) + TOO_LATE;
        let of = |number: u64| {
            if too_late.contains(&number) {
                return vec![Self { books: true, answer: Answer::TooLate }];
            }
            let many = draws.below(TROUBLES_MAX + 1);
            (0..many).map(|_| Self::drawn(&mut draws)).collect()
        };
        (0..n).map(order).zip((0..n).map(of)).collect()
    }
}

fn order(number: u64) -> String {
    format!("BOOKS-{number}")
}

/// How many of the payments are made while nobody listens.
fn in_outage(n: u64) -> u64 {
    n.div_ceil(OUTAGE_ONE_OF)
}

/// An order as the service has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    PendingPayment,
    Paid,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::PendingPayment => "pending_payment",
            Self::Paid => "paid",
        }
    }
}

/// The books of the service: its orders, what it was told of each, and what it booked.
#[derive(Default)]
struct Books {
    trouble: BTreeMap<String, Vec<Trouble>>,
    orders: BTreeMap<String, Standing>,
    told: BTreeMap<String, usize>,
    booked: BTreeMap<String, Vec<Value>>,
    /// Answers that were right, and too late.
    too_late: u64,
}

fn order_in(path: &str) -> String {
    path.split('/').nth(4).unwrap_or_default().to_owned()
}

impl Books {
    fn look_up(&self, request: &SeenRequest) -> Reply {
        match self.orders.get(&order_in(&request.path)) {
            Some(standing) => Reply::json(200, json!({"grand_total": PRICE, "status": standing.word()}).to_string()),
            None => Reply::json(404, r#"{"error_code":"order_unknown"}"#),
        }
    }

    fn take(&mut self, request: &SeenRequest) -> Reply {
        let order = order_in(&request.path);
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        *self.told.entry(order.clone()).or_default() += 1;
        let trouble = self.trouble.get_mut(&order).and_then(Vec::pop);
        if trouble.as_ref().is_none_or(|trouble| trouble.books) {
            let booked = self.booked.entry(order.clone()).or_default();
            // It is told the same again under the same id, and books it once.
            if !booked.iter().any(|known| known == &body) {
                booked.push(body.clone());
            }
            self.orders.insert(order, Standing::Paid);
        }
        let well = Reply::json(200, json!({"payment_id": body["payment_id"]}).to_string());
        match trouble.map(|trouble| trouble.answer) {
            None => well,
            Some(Answer::TooLate) => {
                self.too_late += 1;
                well.after(ANSWERED_AFTER)
            }
            Some(Answer::Odd(reply)) => reply,
        }
    }

    /// Whether the order's payment was answered as it should be.
    fn is_done(&self, order: &str, troubles: usize) -> bool {
        self.told.get(order).is_some_and(|told| *told > troubles)
    }
}

/// Sells, and sees the customer pay; gives the order and its payment.
async fn sell(shop: &Shop, number: u64) -> (String, String) {
    let order = order(number);
    let shown = shop.show(&Sale::of(&order, PRICE.into())).await;
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    shop.rig.control.pay(&object, &Pay::default()).await;
    (order, shown.payment_id)
}

/// Sells while nobody listens at the service, which no till notices; gives what was sold, and how often the gateway
/// tried to tell of it in vain.
async fn sell_in_outage(shop: &Shop, n: u64) -> (Vec<(String, String)>, usize) {
    let sold = at_once(n, AT_ONCE, |number| sell(shop, number)).await;
    for (_, payment) in &sold {
        let told = shop.till.await_status(payment, "paid", PAID_WITHIN).await;
        assert_eq!(told["status"], "paid", "{told}");
    }
    sleep(DOWN_FOR).await;
    let log = fs::read_to_string(shop.rig.log()).expect("the gateway's log");
    (sold, log.matches(NOT_TOLD).count())
}

/// Waits until the service has answered word of every payment as it should; gives how many it never has.
async fn await_booked(books: &Mutex<Books>, troubles: &BTreeMap<String, usize>) -> usize {
    let deadline = Instant::now() + BOOKED_WITHIN;
    loop {
        let waiting = {
            let books = books.lock().expect("books");
            troubles.iter().filter(|(order, troubles)| !books.is_done(order, **troubles)).count()
        };
        if waiting == 0 || Instant::now() >= deadline {
            return waiting;
        }
        sleep(Duration::from_millis(250)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_paid_payment_is_booked_once_at_a_transaction_service_in_whatever_trouble() {
    let n = cases(PAYMENTS);
    let trouble = Trouble::of_all(n);
    let troubles: BTreeMap<String, usize> = trouble.iter().map(|(order, list)| (order.clone(), list.len())).collect();
    let orders = trouble.keys().map(|order| (order.clone(), Standing::PendingPayment)).collect();
    let books = Arc::new(Mutex::new(Books { trouble, orders, ..Books::default() }));
    let (mut stub, looked_up, told) = (WireStub::closed(), Arc::clone(&books), Arc::clone(&books));
    stub.answering("GET", "/merchants/", move |request| looked_up.lock().expect("books").look_up(request));
    stub.answering("POST", "/merchants/", move |request| told.lock().expect("books").take(request));
    let plan =
        Plan::over(StoreKind::of_run()).with("LEDGER_BASE_URL", stub.base_url()).with("LEDGER_TOKEN", "of-a-test");
    let shop = Shop::open_as(plan).await;
    let outage = in_outage(n);
    let (mut paid, told_in_vain) = sell_in_outage(&shop, outage).await;
    stub.open();
    paid.extend(at_once(n - outage, AT_ONCE, |number| sell(&shop, outage + number)).await);
    let unbooked = await_booked(&books, &troubles).await;
    sleep(QUIET_FOR).await;
    shop.judge("transaction service").await;
    let books = books.lock().expect("books");
    let is_once = |(order, payment): &&(String, String)| match books.booked.get(order).map(Vec::as_slice) {
        Some([one]) => one["payment_id"] == payment.as_str() && one["amount"] == PRICE,
        Some(_) | None => false,
    };
    let once = paid.iter().filter(is_once).count();
    let paid_orders = books.orders.values().filter(|standing| **standing == Standing::Paid).count();
    let told: usize = books.told.values().sum();
    let needed: usize = troubles.values().map(|troubles| troubles + 1).sum();
    println!(
        "transaction service n={n} in_outage={outage} told_in_vain={told_in_vain} too_late={} \
         troubles={} told={told} booked_once={once} orders_paid={paid_orders} unbooked={unbooked}",
        books.too_late,
        needed - paid.len()
    );
    assert!(u64::try_from(told_in_vain).is_ok_and(|tries| tries >= outage), "the service was to be down");
    assert_eq!(books.too_late, TOO_LATE, "right answers that came too late");
    assert_eq!((once, paid_orders, unbooked, told), (paid.len(), paid.len(), 0, needed));
}
