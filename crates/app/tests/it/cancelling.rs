//! Calling payments off.

use serde_json::json;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_payment_is_closed_at_the_provider_and_cancelling_twice_is_the_same() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}/cancel", payment["reference_id"].as_str().unwrap());
    for _ in 0..2 {
        let answer = house.post(&path).send().await;
        answer.expect_status(200);
        let data = answer.data();
        assert_eq!((&data["status"], &data["cancellation"]), (&json!("canceled"), &json!("confirmed")), "{data}");
    }
    let charges = house.charges_of("TRX-1").await;
    assert_eq!(charges[0]["payable"], false, "{charges:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_came_first_stands() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", false).await;
    let path = format!("/api/v1/pos/payments/{}/cancel", payment["payment_id"].as_str().unwrap());
    let answer = house.post(&path).check(409, "already_paid").await;
    assert_eq!(answer.json()["payment"]["status"], "paid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_nobody_answered_is_asked_again() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let rules = json!([{"provider": "xendit", "operation": "cancel", "effect": "disconnect_before", "times": 1}]);
    house.control(reqwest::Method::PUT, "faults", &rules).await;
    let path = format!("/api/v1/pos/payments/{}/cancel", payment["payment_id"].as_str().unwrap());
    let answer = house.post(&path).send().await;
    answer.expect_status(202);
    assert_eq!(answer.data()["cancellation"], "requested");
    house.until_status(&payment["payment_id"], "canceled").await;
}
