//! Midtrans: one shop at a time, with notifications on.

mod cards;
mod changing;
mod charging;
mod later;
mod merchants;
mod notices;
mod refunds;
mod repeating;
mod snap;

use mstore_pay_sandbox::{MIDTRANS_SERVER_KEY_DEFAULT, SandboxConfig};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::support::shop::Shop;
use crate::support::{Bench, answered, quick};

/// A call with the main merchant's key.
fn call(bench: &Bench, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}{path}", bench.sandbox.midtrans_base_url());
    bench.client.request(method, url).basic_auth(MIDTRANS_SERVER_KEY_DEFAULT, Some(""))
}

fn order(id: &str, amount: u64) -> Value {
    json!({"payment_type": "qris", "transaction_details": {"order_id": id, "gross_amount": amount}})
}

async fn charge(bench: &Bench, body: &Value) -> Value {
    answered(call(bench, Method::POST, "/v2/charge").json(body), 200).await
}

/// An action on a transaction, without a body.
async fn act(bench: &Bench, id: &str, action: &str) -> Value {
    answered(call(bench, Method::POST, &format!("/v2/{id}/{action}")), 200).await
}

async fn status(bench: &Bench, id: &str) -> Value {
    answered(call(bench, Method::GET, &format!("/v2/{id}/status")), 200).await
}

async fn pay(bench: &Bench, id: &str) {
    bench.control(Method::POST, "/pay", json!({"provider": "midtrans", "reference": id})).await;
}

async fn bench_with_shop(config: SandboxConfig) -> (Bench, Shop) {
    let bench = Bench::new(config).await;
    let shop = Shop::open();
    let body = json!({"provider": "midtrans", "url": shop.url});
    bench.control(Method::PUT, "/webhook-target", body).await;
    (bench, shop)
}

/// The notice of that status, once so many came; they may overtake one another.
async fn told(shop: &Shop, notices: usize, status: &str) -> Value {
    let received = shop.wait_for(notices).await;
    let of_status = received.iter().find(|notice| notice.body["transaction_status"] == status);
    of_status.expect("a notice of that status").body.clone()
}

/// The signature as the documents have it, over the texts of the body itself.
fn signature(body: &Value) -> String {
    let text = |field: &str| body[field].as_str().expect("a text").to_owned();
    let signed = [text("order_id"), text("status_code"), text("gross_amount"), MIDTRANS_SERVER_KEY_DEFAULT.to_owned()];
    data_encoding::HEXLOWER.encode(&Sha512::digest(signed.concat()))
}

/// The `status_code` and `transaction_status` of a body.
#[track_caller]
fn check(body: &Value, code: &str, state: &str) {
    assert_eq!((&body["status_code"], &body["transaction_status"]), (&json!(code), &json!(state)), "{body}");
}

/// The `status_code` of a refusal.
#[track_caller]
fn refused(body: &Value, code: &str) {
    assert_eq!(body["status_code"], code, "{body}");
    assert!(body["status_message"].is_string() && body["id"].is_string(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qris_is_opened_paid_told_and_looked_up() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let made = charge(&bench, &order("ORDER-1", 33_000)).await;
    check(&made, "201", "pending");
    assert_eq!(made["gross_amount"], "33000.00");
    assert!(made["qr_string"].as_str().is_some_and(|qr| qr.contains("540833000.00")), "{made}");
    pay(&bench, "ORDER-1").await;
    check(&told(&shop, 2, "pending").await, "201", "pending");
    check(&told(&shop, 2, "settlement").await, "200", "settlement");
    let notices = shop.received();
    assert!(notices.iter().all(|notice| notice.body["signature_key"] == signature(&notice.body)));
    assert!(notices.iter().all(|notice| notice.user_agent == "Veritrans"));
    let asked = status(&bench, made["transaction_id"].as_str().unwrap()).await;
    check(&asked, "200", "settlement");
    assert_eq!(asked["signature_key"], signature(&asked));
    let row = bench.charge("ORDER-1").await;
    assert_eq!(
        (&row["provider"], &row["status"], &row["times_paid"]),
        (&json!("midtrans"), &json!("settlement"), &json!(1))
    );
    let twice = json!({"provider": "midtrans", "reference": "ORDER-1"});
    assert_eq!(bench.try_control(Method::POST, "/pay", twice).await.status(), 409);
}
