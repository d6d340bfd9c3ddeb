//! Midtrans beside Xendit: asked first or second, told by its own notifications.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, config, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";
/// The sandbox plays Midtrans under its own key.
const KEY: &str = "--midtrans-server-key=SB-Mid-server-sandbox";

/// The provider at which each charge of an order lies, oldest first.
async fn providers_of(house: &House, order: &str) -> Vec<Value> {
    house.charges_of(order).await.iter().map(|charge| charge["provider"].clone()).collect()
}

/// The customer pays at Midtrans; with or without a notification.
async fn customer_pays(house: &House, order: &str, told: bool) {
    let mut body = json!({"provider": "midtrans", "order_code": order});
    if !told {
        body["webhook"] = json!("drop");
    }
    house.control(Method::POST, "pay", &body).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_opened_at_midtrans_is_told_by_its_notification() {
    let house = House::open_with(&[KEY, "--provider-order=midtrans,xendit"]).await;
    for method in ["qris", "gopay", "shopeepay", "va_bca", "va_mandiri"] {
        let order = format!("TRX-{method}");
        let mut body = qris(&order, 33_000);
        body["method"] = json!(method);
        let answer = house.post(PAYMENTS).json(&body).send().await;
        answer.expect_status(200);
        let opened = answer.data();
        assert_eq!(providers_of(&house, &order).await, ["midtrans"], "{opened}");
        customer_pays(&house, &order, true).await;
        house.until_status(&opened["payment_id"], "paid").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_snap_waits_through_a_denial_and_is_told_paid_by_its_notification() {
    let house = House::open_with(&[KEY, "--provider-order=midtrans", "--midtrans-api=snap"]).await;
    for method in ["qris", "gopay", "dana", "credit_card"] {
        let order = format!("TRX-{method}");
        let mut body = qris(&order, 33_000);
        body["method"] = json!(method);
        let answer = house.post(PAYMENTS).json(&body).send().await;
        answer.expect_status(200);
        let opened = answer.data();
        assert!(opened["checkout_url"].as_str().is_some_and(|url| url.contains("/snap/")), "{opened}");
        let denied = json!({"provider": "midtrans", "order_code": order});
        house.control(Method::POST, "fail", &denied).await;
        customer_pays(&house, &order, true).await;
        house.until_status(&opened["payment_id"], "paid").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_opened_is_closed_when_its_payment_is_cancelled() {
    let house = House::open_with(&[KEY, "--provider-order=midtrans", "--midtrans-api=snap"]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("{PAYMENTS}/{}/cancel", payment["payment_id"].as_str().unwrap());
    house.post(&path).json(&json!({})).send().await.expect_status(200);
    house.until_status(&payment["payment_id"], "canceled").await;
    assert_eq!(house.charges_of("TRX-1").await, Vec::<Value>::new(), "nothing was ever picked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_payment_is_dead_at_midtrans_as_well() {
    let house = House::open_with(&[KEY, "--provider-order=midtrans"]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("{PAYMENTS}/{}/cancel", payment["payment_id"].as_str().unwrap());
    house.post(&path).json(&json!({})).send().await.expect_status(200);
    house.until_status(&payment["payment_id"], "canceled").await;
    let charges = house.charges_of("TRX-1").await;
    assert_eq!((&charges[0]["status"], &charges[0]["payable"]), (&json!("cancel"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_xendit_refuses_midtrans_is_asked() {
    let house = House::open_with(&[KEY]).await;
    let down = json!([{"provider": "xendit", "operation": "open", "effect": "rate_limited"}]);
    house.control(Method::PUT, "faults", &down).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    assert_eq!(providers_of(&house, "TRX-1").await, ["midtrans"]);
    let timeline = house.get(&format!("{PAYMENTS}/{}/timeline", payment["payment_id"].as_str().unwrap())).send().await;
    let reasons: Vec<Value> =
        timeline.data()["items"].as_array().unwrap().iter().map(|item| item["detail"]["because"].clone()).collect();
    assert!(reasons.contains(&json!("first")) && reasons.contains(&json!("not_taken_before")), "{reasons:?}");
    customer_pays(&house, "TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_xendit_is_named_midtrans_takes_no_part() {
    let house = House::open().await;
    house.pay_by_qris("TRX-1", 33_000).await;
    assert_eq!(providers_of(&house, "TRX-1").await, ["xendit"]);
    house.bare(Method::POST, "/api/v1/webhook/midtrans").json(&json!({})).check(404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_signed_with_another_key_is_refused() {
    let house = House::open_with(&[KEY]).await;
    let forged = json!({
        "order_id": "TRX-1", "status_code": "200", "gross_amount": "33000.00", "transaction_status": "settlement",
        "signature_key": "0".repeat(128),
    });
    let call = house.bare(Method::POST, "/api/v1/webhook/midtrans").json(&forged);
    call.check(401, "invalid_webhook_credential").await;
}

#[test]
fn midtrans_is_played_here_where_nobody_has_a_key_of_its_own() {
    let midtrans = |args: &[&str]| config(args).unwrap().midtrans;
    let played = midtrans(&[]).unwrap();
    assert_eq!((played.addresses, played.client_key.as_deref()), (None, Some("SB-Mid-client-sandbox")));
    let real = midtrans(&["--midtrans-server-key=SB-Mid-server-mine"]).unwrap().addresses.unwrap();
    assert_eq!(real.core, "https://api.sandbox.midtrans.com");
    assert_eq!(real.snap, "https://app.sandbox.midtrans.com/snap/v1");
    let there = midtrans(&[KEY, "--midtrans-core-base-url=http://127.0.0.1:1/midtrans"]).unwrap().addresses.unwrap();
    assert_eq!(there.snap, "http://127.0.0.1:1/midtrans/snap/v1");
    assert!(midtrans(&["--xendit-secret-key=xnd_development_mine"]).is_none(), "Xendit is real, and nobody plays");
    assert!(midtrans(&["--provider-order=xendit"]).is_none());
}

#[test]
fn a_live_key_is_for_production_and_a_test_key_is_not() {
    let faults = |args: &[&str]| config(args).map_or_else(|error| error.faults.join("\n"), |_| String::new());
    assert!(faults(&["--midtrans-server-key=Mid-server-x"]).contains("MIDTRANS_SERVER_KEY is a live key"));
    let production = faults(&["--app-env=production", KEY, "--midtrans-core-base-url=http://127.0.0.1/midtrans"]);
    assert!(production.contains("MIDTRANS_SERVER_KEY is no live key"), "{production}");
    assert!(production.contains("MIDTRANS_CORE_BASE_URL is not https"), "{production}");
    assert!(faults(&["--midtrans-core-base-url=https://h.example"]).contains("without MIDTRANS_SERVER_KEY"));
    assert!(faults(&["--midtrans-snap-base-url=https://h.example"]).contains("without MIDTRANS_CORE_BASE_URL"));
    assert!(faults(&["--midtrans-api=card"]).contains("MIDTRANS_API is neither core nor snap"));
    assert!(faults(&["--midtrans-client-key=Mid-client-x"]).contains("MIDTRANS_CLIENT_KEY is a live key"));
    assert!(
        faults(&["--midtrans-server-key-previous=Mid-server-x"]).contains("MIDTRANS_SERVER_KEY_PREVIOUS is a live")
    );
    let never = faults(&["--app-env=production", "--midtrans-server-key=Mid-server-x", "--confirm-webhooks=never"]);
    assert!(never.contains("CONFIRM_WEBHOOKS must be `always` with Midtrans"), "{never}");
}
