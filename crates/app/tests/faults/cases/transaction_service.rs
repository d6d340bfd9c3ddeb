//! Somebody else's transaction service owns the orders, and is down, late, confused, or forgets to answer.

use std::collections::BTreeMap;
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
/// The pauses before that many tries are over, on a busy machine.
const BOOKED_WITHIN: Duration = Duration::from_secs(90);
/// For word of a payment that is told once more although it was booked and answered.
const QUIET_FOR: Duration = Duration::from_secs(5);

/// What the service does with word of a payment.
#[derive(Debug, Clone)]
struct Trouble {
    /// Whether it books the payment although it answers so.
    books: bool,
    reply: Reply,
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
        Self { books: draws.percent(50), reply: replies[place].clone() }
    }
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
        let well = || Reply::json(200, json!({"payment_id": body["payment_id"]}).to_string());
        trouble.map_or_else(well, |trouble| trouble.reply)
    }

    /// Whether the order's payment was answered as it should be.
    fn is_done(&self, order: &str, troubles: usize) -> bool {
        self.told.get(order).is_some_and(|told| *told > troubles)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_paid_payment_is_booked_once_at_a_transaction_service_in_whatever_trouble() {
    let n = cases(PAYMENTS);
    let mut draws = Draws::seeded(SEED);
    let order = |number: u64| format!("BOOKS-{number}");
    let trouble: BTreeMap<String, Vec<Trouble>> = (0..n)
        .map(|number| {
            let many = draws.below(TROUBLES_MAX + 1);
            (order(number), (0..many).map(|_| Trouble::drawn(&mut draws)).collect())
        })
        .collect();
    let troubles: BTreeMap<String, usize> = trouble.iter().map(|(order, list)| (order.clone(), list.len())).collect();
    let orders = trouble.keys().map(|order| (order.clone(), Standing::PendingPayment)).collect();
    let books = Arc::new(Mutex::new(Books { trouble, orders, ..Books::default() }));
    let (stub, looked_up, told) = (WireStub::start().await, Arc::clone(&books), Arc::clone(&books));
    stub.answering("GET", "/merchants/", move |request| looked_up.lock().expect("books").look_up(request));
    stub.answering("POST", "/merchants/", move |request| told.lock().expect("books").take(request));
    let plan =
        Plan::over(StoreKind::of_run()).with("LEDGER_BASE_URL", stub.base_url()).with("LEDGER_TOKEN", "of-a-test");
    let shop = Shop::open_as(plan).await;
    let paid = at_once(n, AT_ONCE, |number| {
        let (shop, order) = (&shop, order(number));
        async move {
            let shown = shop.show(&Sale::of(&order, PRICE.into())).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &Pay::default()).await;
            (order, shown.payment_id)
        }
    })
    .await;
    let deadline = Instant::now() + BOOKED_WITHIN;
    let waiting = || {
        let books = books.lock().expect("books");
        troubles.iter().filter(|(order, troubles)| !books.is_done(order, **troubles)).count()
    };
    while waiting() > 0 && Instant::now() < deadline {
        sleep(Duration::from_millis(250)).await;
    }
    let unbooked = waiting();
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
        "transaction service n={n} troubles={} told={told} booked_once={once} orders_paid={paid_orders} \
         unbooked={unbooked}",
        needed - paid.len()
    );
    assert_eq!((once, paid_orders, unbooked, told), (paid.len(), paid.len(), 0, needed));
}
