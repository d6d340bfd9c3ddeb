//! What providers send.

use reqwest::Method;
use serde_json::json;

use crate::house::House;

const WEBHOOK: &str = "/api/v1/webhook/xendit";

#[tokio::test(flavor = "multi_thread")]
async fn only_the_accounts_own_secret_opens_the_door() {
    let house = House::open_with(&["--xendit-webhook-token-previous=the-one-before"]).await;
    let body = json!({"id": "x", "external_id": "y", "status": "PAID", "amount": 1});
    for token in ["", " ", "wrong", "sandbox-callback-tokenx", "sandbox-callback-token, sandbox-callback-token"] {
        let call = house.bare(Method::POST, WEBHOOK).header("x-callback-token", token).json(&body);
        call.check(401, "invalid_webhook_credential").await;
    }
    house
        .bare(Method::POST, WEBHOOK)
        .body("application/json", "no json")
        .check(401, "invalid_webhook_credential")
        .await;
    for token in ["sandbox-callback-token", "the-one-before"] {
        let call = house.bare(Method::POST, WEBHOOK).header("x-callback-token", token).json(&body);
        call.send().await.expect_status(200);
    }
    let elsewhere = house.bare(Method::POST, &format!("{WEBHOOK}/nobody")).header("x-callback-token", "wrong");
    elsewhere.json(&body).check(404, "not_found").await;
    house.bare(Method::POST, &format!("{WEBHOOK}/main")).json(&body).check(401, "invalid_webhook_credential").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_and_what_is_too_large_is_not_read() {
    let house = House::open().await;
    let call = || house.bare(Method::POST, WEBHOOK).header("x-callback-token", "sandbox-callback-token");
    for body in ["", "null", "<html>", r#"{"status":"PENDING","status":"PAID"}"#] {
        call().body("application/json", body).check(400, "webhook_unreadable").await;
    }
    call().body("application/json", "a".repeat(300_000)).check(413, "payload_too_large").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_provider_does_not_bear_out_changes_nothing() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let lie = json!({"id": payment["reference_id"], "external_id": "TRX-1", "status": "PAID", "amount": 33000});
    for _ in 0..3 {
        house.xendit_calls(&lie).send().await.expect_status(200);
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(house.payment(&payment["payment_id"]).await["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn word_of_money_of_another_amount_is_put_before_a_person() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let odd = json!({"id": payment["reference_id"], "external_id": "TRX-1", "status": "PAID", "amount": 32_999});
    house.xendit_calls(&odd).send().await.expect_status(200);
    let exception = house.first_exception().await;
    assert_eq!((&exception["kind"], &exception["amount"]), (&json!("underpaid"), &json!(32_999)), "{exception}");
    assert_eq!(exception["payment_id"], payment["payment_id"]);
    assert_eq!(house.payment(&payment["payment_id"]).await["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_the_same_webhook_has_one_effect() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", false).await;
    let webhook = json!({"id": payment["reference_id"], "external_id": "TRX-1", "status": "PAID", "amount": 33000});
    let answers = futures::future::join_all((0..40).map(|_| house.xendit_calls(&webhook).send())).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    house.until_status(&payment["payment_id"], "paid").await;
    let path = format!("/api/v1/pos/payments/{}/timeline", payment["payment_id"].as_str().unwrap());
    let timeline = house.get(&path).send().await.data();
    let items = timeline["items"].as_array().unwrap();
    let told = |kind: &str| items.iter().filter(|item| item["kind"] == kind).count();
    assert_eq!(told("receipt_recorded"), 1, "{timeline}");
    // To wait for the customer, and to be paid.
    assert_eq!(told("charge_moved"), 2, "{timeline}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_settling_is_contained_and_the_webhook_is_tried_again() {
    let house = House::open_with(&["--failpoints=worker_after_apply_before_done=panic*1"]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    let second = house.pay_by_qris("TRX-2", 1_000).await;
    house.customer_pays("TRX-2", true).await;
    house.until_status(&second["payment_id"], "paid").await;
}
