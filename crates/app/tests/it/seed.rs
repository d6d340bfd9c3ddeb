//! What POS clients in the field send and parse: the seed's request, replies and `curl`.

use serde_json::{Value, json};

use crate::house::House;

const ORDER: &str = "TRX-MC01-BRN-MST-OSK00001-251013-5UJW-6SWG-7";

fn seeds_request() -> Value {
    json!({
        "order_code": ORDER,
        "method": "qris",
        "amount": 33000,
        "currency": "IDR",
        "customer_email": "kasir@mushola-store.com",
        "success_url": "https://pos.mushola-store.com/payment/success",
        "failure_url": "https://pos.mushola-store.com/payment/failed"
    })
}

#[track_caller]
fn check_text(data: &Value, names: &[&str]) {
    for name in names {
        assert!(data[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {data}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_request_gets_every_field_of_the_seeds_reply() {
    let house = House::open().await;
    let answer = house.post("/api/v1/pos/payments").json(&seeds_request()).send().await;
    answer.expect_status(200);
    let data = answer.data();
    check_text(&data, &["qr_url", "qr_string", "reference_id", "transaction_id", "expires_at"]);
    assert_eq!(data["reference_id"], data["transaction_id"]);
    for (name, want) in [
        ("external_id", json!(ORDER)),
        ("status", json!("pending")),
        ("order_code", json!(ORDER)),
        ("method", json!("qris")),
        ("amount", json!(33000)),
        ("currency", json!("IDR")),
        ("channel_code", json!("QR_CODE")),
        ("extra", json!({"provider": "xendit", "qr_string": data["qr_string"]})),
    ] {
        assert_eq!(data[name], want, "{name}");
    }
    let order_of_members = String::from_utf8(answer.bytes).unwrap();
    assert!(order_of_members.starts_with(r#"{"code":200,"data":{"qr_url":"#), "{order_of_members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_status_reply_tells_of_the_money() {
    let house = House::open().await;
    let created = house.post("/api/v1/pos/payments").json(&seeds_request()).send().await.data();
    house.customer_pays(ORDER, true).await;
    let paid = house.until_status(&created["reference_id"], "paid").await;
    check_text(&paid, &["paid_at"]);
    for (name, want) in [
        ("reference_id", created["reference_id"].clone()),
        ("status", json!("paid")),
        ("amount", json!(33000)),
        ("currency", json!("IDR")),
        ("payment_method", json!("QRIS")),
        ("channel_code", json!("QR_CODE")),
        ("order_status", json!("paid")),
        ("paid_by_payment_id", created["payment_id"].clone()),
    ] {
        assert_eq!(paid[name], want, "{name}");
    }
    assert!(paid["paid_at"].as_str().unwrap().ends_with('Z'), "{paid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_webhook_is_believed_once_the_money_is_there() {
    let house = House::open().await;
    let created = house.post("/api/v1/pos/payments").json(&seeds_request()).send().await.data();
    house.customer_pays(ORDER, false).await;
    let webhook = json!({
        "id": created["reference_id"],
        "external_id": ORDER,
        "status": "PAID",
        "amount": 33000,
        "paid_at": "2025-10-13T10:32:15Z"
    });
    let answer = house.xendit_calls(&webhook).send().await;
    answer.expect_status(200);
    assert_eq!(answer.json(), json!({"code": 200, "message": "Webhook processed successfully"}));
    house.until_status(&created["payment_id"], "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_simulate_curl_works_though_it_sends_a_form() {
    let house = House::open().await;
    let created = house.post("/api/v1/pos/payments").json(&seeds_request()).send().await.data();
    let path = format!("/api/v1/pos/payments/{}/simulate", created["reference_id"].as_str().unwrap());
    let answer = house.post(&path).body("application/x-www-form-urlencoded", "{\n\"amount\": 33000\n}").send().await;
    answer.expect_status(200);
    let want = json!({"code": 200, "data": {"status": "SUCCEEDED", "message": "Payment simulated successfully"}});
    assert_eq!(answer.json(), want);
    house.until_status(&created["payment_id"], "paid").await;
}
