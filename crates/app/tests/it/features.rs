//! The seed's two scenarios, in Gherkin, over HTTP. Its literal ids are aliases of real ones.

use cucumber::{StatsWriter as _, World as _, given, then, when};
use serde_json::{Value, json};

use crate::house::House;

/// Steps in all scenarios.
const STEPS: usize = 8;

#[derive(Debug, Default, cucumber::World)]
struct Till {
    house: Option<House>,
    order: String,
    amount: u32,
    alias: String,
    payment: Value,
}

impl Till {
    fn house(&self) -> &House {
        self.house.as_ref().unwrap()
    }

    async fn register(&mut self, order: &str, amount: u32) {
        let house = House::open().await;
        let order_body = json!({"transaction_code": order, "grand_total": amount});
        house.post("/api/v1/transactions").json(&order_body).send().await.expect_status(201);
        (self.order, self.amount, self.house) = (order.to_owned(), amount, Some(house));
    }

    async fn ask(&mut self) {
        self.payment = self.house().pay_by_qris(&self.order, self.amount).await;
    }
}

#[given(expr = "an order {string} over {int} rupiah")]
async fn an_order(till: &mut Till, order: String, amount: u32) {
    till.register(&order, amount).await;
}

#[given(expr = "a payment that waits for money, known as {string}")]
async fn a_waiting_payment(till: &mut Till, alias: String) {
    till.register("TRX-TEST-001", 50_000).await;
    till.ask().await;
    till.alias = alias;
}

#[when("the till asks for a QRIS payment of it")]
async fn the_till_asks(till: &mut Till) {
    till.ask().await;
}

#[when(expr = "Xendit sends a webhook that says {string}")]
async fn xendit_tells(till: &mut Till, status: String) {
    assert_eq!(till.alias, "qr_abc123");
    let house = till.house();
    house.customer_pays(&till.order, false).await;
    let webhook = json!({
        "id": till.payment["reference_id"],
        "external_id": till.order,
        "status": status,
        "amount": till.amount,
        "paid_at": "2025-10-13T10:32:15Z"
    });
    house.xendit_calls(&webhook).send().await.expect_status(200);
}

#[then("the till gets the URL of a QR code")]
async fn a_qr_url(till: &mut Till) {
    let url = till.payment["qr_url"].as_str().unwrap();
    let picture = till.house().client.get(url).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
}

#[then(expr = "the payment is {string}")]
fn the_payment_is(till: &mut Till, status: String) {
    assert_eq!(till.payment["status"], Value::from(status));
}

#[then(expr = "the payment is stored as {string}")]
async fn the_payment_is_stored_as(till: &mut Till, stored: String) {
    let id = till.payment["payment_id"].clone();
    // What the database calls so is `paid` for tills.
    till.payment = till.house().until_status(&id, "paid").await;
    let rows = till.house().rows("payments");
    let row = rows.iter().find(|row| row["id"] == id).expect("the payment in its table");
    assert_eq!(row["status"], Value::from(stored));
}

#[then(expr = "the transaction is {string}")]
async fn the_transaction_is(till: &mut Till, status: String) {
    let path = format!("/api/v1/transactions/{}", till.order);
    let order = till.house().get(&path).send().await.data();
    assert_eq!(order["status"], status, "{order}");
    assert_eq!(order["paid_by_payment_id"], till.payment["payment_id"], "{order}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scenarios_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/features");
    let outcome = Till::cucumber().with_default_cli().fail_on_skipped().run(folder).await;
    assert!(!outcome.execution_has_failed());
    assert_eq!(outcome.passed_steps(), STEPS);
}
