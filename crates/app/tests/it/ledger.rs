//! Orders that somebody else's transaction service owns: down, late, confused, or answering twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mstore_pay_conformance::wire::{Reply, SeenRequest, WireStub};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::house::House;

/// How long the service may be told of a payment again and again before a test gives up.
const TOLD_WITHIN: Duration = Duration::from_secs(40);

/// What a service does with word of a payment, the first times.
#[derive(Debug, Clone)]
enum Trouble {
    /// It answers this, and books nothing.
    Says(Reply),
    /// It books the payment, and the answer is lost.
    BooksAnd(Reply),
}

/// The books of a transaction service: how often it was told of each order's payment, and what it booked.
#[derive(Default)]
struct Books {
    told: BTreeMap<String, usize>,
    booked: BTreeMap<String, Vec<Value>>,
    trouble: BTreeMap<String, Vec<Trouble>>,
}

impl Books {
    fn take(&mut self, request: &SeenRequest) -> Reply {
        let order = request.path.split('/').nth(4).unwrap().to_owned();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        *self.told.entry(order.clone()).or_default() += 1;
        let trouble = self.trouble.get_mut(&order).filter(|left| !left.is_empty()).map(|left| left.remove(0));
        if let Some(Trouble::Says(reply)) = trouble {
            return reply;
        }
        let booked = self.booked.entry(order).or_default();
        if !booked.contains(&body) {
            booked.push(body.clone());
        }
        match trouble {
            Some(Trouble::BooksAnd(reply)) => reply,
            Some(Trouble::Says(_)) | None => Reply::json(200, json!({"payment_id": body["payment_id"]}).to_string()),
        }
    }
}

struct Service {
    stub: WireStub,
    books: Arc<Mutex<Books>>,
}

impl Service {
    /// A service that does this when it is told of the payments of these orders, and knows no order.
    async fn open(trouble: &[(&str, Vec<Trouble>)]) -> Self {
        let trouble = trouble.iter().map(|(order, what)| ((*order).to_owned(), what.clone())).collect();
        let books = Arc::new(Mutex::new(Books { trouble, ..Books::default() }));
        let (stub, told) = (WireStub::start().await, Arc::clone(&books));
        stub.on("GET", "/merchants/", [Reply::json(404, r#"{"error_code":"order_unknown"}"#)]);
        stub.answering("POST", "/merchants/", move |request| told.lock().unwrap().take(request));
        Self { stub, books }
    }

    async fn house(&self) -> House {
        House::open_with(&["--ledger-base-url", &self.stub.base_url(), "--ledger-token=of-the-ledger"]).await
    }

    /// What was booked for the order, once something was.
    async fn booked(&self, order: &str) -> Vec<Value> {
        let deadline = Instant::now() + TOLD_WITHIN;
        loop {
            let booked = self.books.lock().unwrap().booked.get(order).cloned().unwrap_or_default();
            if !booked.is_empty() {
                return booked;
            }
            assert!(Instant::now() < deadline, "nobody told the ledger of {order}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn times_told(&self, order: &str) -> usize {
        self.books.lock().unwrap().told.get(order).copied().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_paid_payment_is_booked_once_whatever_the_ledger_does_first() {
    let says = |reply: Reply| vec![Trouble::Says(reply)];
    let down = Reply::json(503, "{}");
    let troubles = [
        ("TRX-WELL", Vec::new()),
        ("TRX-DOWN", vec![Trouble::Says(down.clone()), Trouble::Says(down)]),
        ("TRX-GARBAGE", says(Reply::page(200))),
        ("TRX-OTHER", says(Reply::json(200, r#"{"payment_id":"pay_00000000000000000000000000000008"}"#))),
        ("TRX-HANGUP", says(Reply::Hangup)),
        ("TRX-LATE", vec![Trouble::BooksAnd(Reply::json(200, "{}").after(Duration::from_millis(1_500)))]),
        ("TRX-LOST", vec![Trouble::BooksAnd(Reply::Hangup), Trouble::BooksAnd(Reply::Reset)]),
        ("TRX-TWICE", vec![Trouble::BooksAnd(Reply::json(502, "{}"))]),
    ];
    let service = Service::open(&troubles).await;
    let house = service.house().await;
    for (order, _) in &troubles {
        let payment = house.pay_by_qris(order, 33_000).await;
        house.customer_pays(order, true).await;
        let paid = house.until_status(&payment["payment_id"], "paid").await;
        assert_eq!(paid["order_status"], "paid", "the till does not wait for {order} to be booked");
    }
    for (order, trouble) in &troubles {
        let booked = service.booked(order).await;
        let deadline = Instant::now() + TOLD_WITHIN;
        while service.times_told(order) <= trouble.len() {
            assert!(Instant::now() < deadline, "{order} was told {} times", service.times_told(order));
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(booked.len(), 1, "{order}: {booked:?}");
        assert_eq!(booked[0]["amount"], 33_000, "{order}");
    }
    sleep(Duration::from_secs(3)).await;
    for (order, trouble) in &troubles {
        assert_eq!(service.times_told(order), trouble.len() + 1, "{order} is told once more than it failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn selling_never_waits_for_a_ledger_that_hangs() {
    let service = Service::open(&[]).await;
    service.stub.on("GET", "/merchants/", [Reply::Silence]);
    let house = service.house().await;
    let began = Instant::now();
    house.pay_by_qris("TRX-1", 33_000).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledgers_own_total_is_what_an_order_costs() {
    let service = Service::open(&[]).await;
    let order = json!({"grand_total": 33_000, "status": "pending_payment"});
    service.stub.on("GET", "/merchants/M1/orders/TRX-1", [Reply::json(200, order.to_string())]);
    let paid = json!({"grand_total": 33_000, "status": "paid"});
    service.stub.on("GET", "/merchants/M1/orders/TRX-2", [Reply::json(200, paid.to_string())]);
    let house = service.house().await;
    let asked = |order: &str, amount: u32| house.post("/api/v1/pos/payments").json(&crate::house::qris(order, amount));
    asked("TRX-1", 32_000).check(422, "amount_mismatch").await;
    asked("TRX-1", 33_000).send().await.expect_status(200);
    asked("TRX-2", 33_000).check(409, "order_already_paid").await;
    let requests = service.stub.seen();
    assert!(requests.iter().all(|request| request.header("authorization") == Some("Bearer of-the-ledger")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_refuses_is_put_before_a_person() {
    let refusal = Trouble::Says(Reply::json(422, r#"{"error_code":"payment_refused"}"#));
    let service = Service::open(&[("TRX-1", vec![refusal])]).await;
    let house = service.house().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    let exception = house.first_exception().await;
    assert_eq!((&exception["kind"], &exception["amount"]), (&json!("unmatched"), &json!(33_000)), "{exception}");
    assert_eq!(exception["payment_id"], payment["payment_id"]);
    assert_eq!(service.times_told("TRX-1"), 1);
}
