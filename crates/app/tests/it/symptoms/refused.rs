//! Webhooks come, and are refused.

use hmac::{Hmac, KeyInit as _, Mac as _};
use mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT;
use reqwest::Method;
use serde_json::json;
use sha2::Sha256;

use super::{Patient, shows};

const WEBHOOK: &str = "/api/v1/webhook/xendit";
const BODY: &str = r#"{"id": "qr_nobodys", "external_id": "TRX-NOBODYS", "status": "PAID", "amount": 33000}"#;
const NOT_AUTHENTIC: &str = "mstore_pay_webhooks_total{provider=\"xendit\",result=\"not_authentic\"} 1";

fn signature(body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(XENDIT_CALLBACK_TOKEN_DEFAULT.as_bytes()).unwrap();
    let digest = mac.chain_update(body).finalize().into_bytes();
    data_encoding::HEXLOWER.encode(&digest)
}

/// Sends what bears that signature; the status that is answered.
async fn send(patient: &Patient, path: &str, header: (&str, &str), body: &str) -> u16 {
    let call = patient.served.bare(Method::POST, path).header("content-type", "application/json");
    call.header(header.0, header.1).body(body.to_owned()).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_the_dashboards_is_told_by_the_log_and_the_one_before_mends_it() {
    let patient = Patient::with(&[]);
    let bad = json!([{"provider": "xendit", "operation": "webhook", "effect": "bad_signature"}]);
    patient.control(Method::PUT, "faults", &bad).await;
    let payment = patient.sell("TRX-1").await;
    patient.paid("TRX-1", &json!({})).await;
    patient.until_metrics(NOT_AUTHENTIC).await;
    shows(NOT_AUTHENTIC, "result=\"not_authentic\"");
    shows(&patient.served.log(), "webhook for xendit from ");
    shows(&patient.served.log(), "refused: not authentic");
    // Money is found all the same.
    patient.until(&payment, "paid").await;
    let turned = Patient::with(&["--xendit-webhook-token-previous=the-token-in-the-dashboard"]);
    for token in [XENDIT_CALLBACK_TOKEN_DEFAULT, "the-token-in-the-dashboard"] {
        assert_eq!(send(&turned, WEBHOOK, ("x-callback-token", token), BODY).await, 200, "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_body_that_was_written_anew_is_refused_and_the_raw_one_is_taken() {
    let patient = Patient::with(&["--xendit-webhook-verification=hmac"]);
    let signed = signature(BODY);
    let anew = serde_json::from_str::<serde_json::Value>(BODY).unwrap().to_string();
    assert_ne!(anew, BODY);
    assert_eq!(send(&patient, WEBHOOK, ("x-callback-signature", &signed), &anew).await, 401);
    patient.until_metrics(NOT_AUTHENTIC).await;
    shows(&patient.served.log(), "refused: not authentic");
    assert_eq!(send(&patient, WEBHOOK, ("x-callback-signature", &signed), BODY).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_where_a_signature_is_asked_for_is_refused_and_the_reverse() {
    let signing = Patient::with(&["--xendit-webhook-verification=hmac"]);
    assert_eq!(send(&signing, WEBHOOK, ("x-callback-token", XENDIT_CALLBACK_TOKEN_DEFAULT), BODY).await, 401);
    shows(&signing.served.log(), "refused: not authentic");
    let plain = Patient::with(&[]);
    assert_eq!(send(&plain, WEBHOOK, ("x-callback-signature", &signature(BODY)), BODY).await, 401);
    shows(&plain.served.log(), "refused: not authentic");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_an_account_that_there_is_not_is_answered_404() {
    let patient = Patient::with(&[]);
    let token = ("x-callback-token", XENDIT_CALLBACK_TOKEN_DEFAULT);
    assert_eq!(send(&patient, &format!("{WEBHOOK}/nobodys"), token, BODY).await, 404);
    assert_eq!(send(&patient, &format!("{WEBHOOK}/main"), token, BODY).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_midtrans_test_mode_at_live_hosts_is_told_by_the_doctor() {
    let patient = Patient::with(&[]);
    let said = patient.doctor(&[
        "--midtrans-server-key=SB-Mid-server-0123456789",
        "--midtrans-core-base-url=https://api.midtrans.com",
        "--midtrans-snap-base-url=https://app.midtrans.com/snap/v1",
    ]);
    shows(&said, "MIDTRANS_SERVER_KEY is of test mode");
}
