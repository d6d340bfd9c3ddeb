//! Orders that payments pay.

use serde_json::json;

use crate::house::{House, qris};

const TRANSACTIONS: &str = "/api/v1/transactions";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_registered_once_and_the_wider_body_of_the_till_is_taken() {
    let house = House::open().await;
    let body = json!({
        "transaction_code": "TRX-1", "grand_total": 33000, "branch_code": "BRN-1", "payment_method": "qris",
        "items": [{"sku": "A", "qty": 2, "price": 16500}]
    });
    for _ in 0..2 {
        let answer = house.post(TRANSACTIONS).json(&body).send().await;
        answer.expect_status(201);
        assert_eq!((&answer.data()["status"], &answer.data()["grand_total"]), (&json!("draft"), &json!(33000)));
    }
    let other = json!({"transaction_code": "TRX-1", "grand_total": 34000});
    house.post(TRANSACTIONS).json(&other).check(409, "order_differs").await;
    house.get(&format!("{TRANSACTIONS}/TRX-2")).check(404, "order_not_found").await;
    house
        .post(TRANSACTIONS)
        .json(&json!({"transaction_code": "a b", "grand_total": 1}))
        .check(422, "invalid_order_code")
        .await;
    house.post(TRANSACTIONS).json(&json!({"transaction_code": "TRX-3"})).check(422, "invalid_field").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_must_be_of_the_orders_amount() {
    let house = House::open().await;
    let body = json!({"transaction_code": "TRX-1", "grand_total": 33000});
    house.post(TRANSACTIONS).json(&body).send().await.expect_status(201);
    let answer = house.post("/api/v1/pos/payments").json(&qris("TRX-1", 32_000)).check(422, "amount_mismatch").await;
    assert_eq!(answer.json()["expected"], 33_000);
    house.pay_by_qris("TRX-1", 33_000).await;
    let order = house.get(&format!("{TRANSACTIONS}/TRX-1")).send().await.data();
    assert_eq!(order["status"], "pending_payment");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_comes_after_its_payment_is_paid_by_it() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    let body = json!({"transaction_code": "TRX-1", "grand_total": 33000});
    let order = house.post(TRANSACTIONS).json(&body).send().await.data();
    assert_eq!((&order["status"], &order["paid_by_payment_id"]), (&json!("paid"), &payment["payment_id"]), "{order}");
}
