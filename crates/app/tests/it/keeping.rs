//! What is old goes by itself; what is money or on record stays.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::house::{House, SOON, qris, run};

/// Eleven days a second.
const A_MILLIONFOLD: &str = "--time-scale=1000000";
/// What is deleted once it is old.
const PRUNED: [&str; 4] = ["webhook_inbox", "outbox", "idempotency_keys", "payment_bodies"];

/// A customer, as the till knows one.
const CUSTOMER: &str = "siti@example.com";

fn counts(house: &House) -> [usize; 4] {
    PRUNED.map(|table| house.rows(table).len())
}

/// Whether any payment says that of its customer.
fn is_known(house: &House, customer: &str) -> bool {
    house.rows("payment_details").iter().any(|row| row.to_string().contains(customer))
}

#[tokio::test(flavor = "multi_thread")]
async fn settled_work_bodies_and_customers_go_after_their_time_and_the_audit_trail_holds() {
    let house = House::open().await;
    let mut sale = qris("TRX-1", 33_000);
    sale["customer_email"] = json!(CUSTOMER);
    let create = house.post("/api/v1/pos/payments").header("idempotency-key", "key-1").json(&sale);
    let payment = create.send().await.data();
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    assert!(counts(&house).iter().all(|rows| *rows > 0), "{:?}", counts(&house));
    assert!(is_known(&house, CUSTOMER));
    let on_record = house.rows("payment_events").len();

    let house = house
        .reopen_with(&[
            A_MILLIONFOLD,
            "--audit-retention-days=10",
            "--settled-retention-days=7",
            "--customer-retention-days=8",
        ])
        .await;
    let deadline = Instant::now() + SOON;
    while counts(&house) != [0; 4] || is_known(&house, CUSTOMER) {
        assert!(Instant::now() < deadline, "still there: {:?}", counts(&house));
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(house.payment(&payment["payment_id"]).await["status"], json!("paid"));
    assert!(house.rows("payment_events").len() >= on_record);
    let url = house.database_url();
    let verify = move || run(&["audit", "verify", A_MILLIONFOLD, "--database-url", &url]);
    let (holds, said) = tokio::runtime::Handle::current().spawn_blocking(verify).await.unwrap();
    assert!(holds && said.contains("0 bodies are as they were"), "{said}");
}
