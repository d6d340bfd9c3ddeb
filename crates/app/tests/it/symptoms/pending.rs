//! The customer has paid, and the payment stays pending.

use reqwest::Method;
use serde_json::json;

use super::{PAYMENTS, Patient, shows, until_sent};
use crate::house::{now, qris, run};

/// A minute passes in a second.
const SCALE: &str = "--time-scale=60";

/// What the till asks for, with a QR code that lives for an hour of that.
fn long_lived(order: &str) -> serde_json::Value {
    let mut asked = qris(order, 33_000);
    asked["expires_in_seconds"] = json!(3_600);
    asked
}

/// The clocks of a gateway and of whoever looks at its payments.
fn clocks() -> [String; 2] {
    [SCALE.to_owned(), format!("--time-origin={}", now())]
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_go_elsewhere_are_told_by_what_finds_the_money_and_by_the_doctor() {
    let clocks = clocks();
    let patient = Patient::with(&clocks.each_ref().map(String::as_str));
    let elsewhere = json!({"provider": "xendit", "url": "http://127.0.0.1:1"});
    patient.control(Method::PUT, "webhook-target", &elsewhere).await;
    let asked = patient.ask(&long_lived("TRX-1")).await;
    patient.paid("TRX-1", &json!({})).await;
    patient.until(&asked["data"], "paid").await;
    let metrics = patient.until_metrics("mstore_pay_time_to_truth_seconds_count").await;
    let found_by = |by: &str| metrics.contains(&format!("_count{{provider=\"xendit\",by=\"{by}\"}}"));
    assert!(["sweep", "check", "look"].into_iter().any(found_by) && !found_by("webhook"), "{metrics}");
    assert!(!metrics.contains("mstore_pay_webhooks_total{"), "one came all the same:\n{metrics}");
    // Longer than a webhook may be under way, by the calendar of the payments.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let said = patient.doctor(&[]);
    shows(&said, "none ever came, and 1 payment brought money");
    let named = format!("its dashboard must name {}/api/v1/webhook/xendit", patient.served.listen);
    assert!(said.contains(&named), "{named:?} is missing in\n{said}");
    shows(&said, "xendit's webhooks: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_come_are_told_by_the_doctor() {
    let patient = Patient::with(&[]);
    let payment = patient.sell("TRX-1").await;
    patient.paid("TRX-1", &json!({})).await;
    patient.until(&payment, "paid").await;
    patient.until_metrics("mstore_pay_webhooks_total{provider=\"xendit\",result=\"new\"} 1").await;
    let said = patient.doctor(&[]);
    shows(&said, "the last came at ");
    assert!(said.contains("xendit's webhooks: the last came at "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_elsewhere_is_told_by_the_doctor() {
    let patient = Patient::with(&[]);
    let nowhere = patient.doctor(&["--public-base-url=http://127.0.0.1:1"]);
    shows(&nowhere, "PUBLIC_BASE_URL: ");
    shows(&nowhere, "/healthz does not answer");
    let elsewhere = format!("--public-base-url={}", patient.sandbox);
    shows(&patient.doctor(&[&elsewhere]), "the proxy leads elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_list_is_told_by_the_doctor_and_a_look_finds_the_money() {
    let patient = Patient::with(&[]);
    let rules = json!([
        {"provider": "xendit", "operation": "sweep", "effect": "status_before", "status": 403},
        {"provider": "xendit", "operation": "webhook", "effect": "drop"},
    ]);
    patient.control(Method::PUT, "faults", &rules).await;
    let payment = patient.sell("TRX-1").await;
    patient.paid("TRX-1", &json!({})).await;
    shows(&patient.doctor(&[]), "the permission to read transactions");
    let looked_at = format!("{PAYMENTS}/{}?wait=20", payment["payment_id"].as_str().unwrap());
    let found = patient.read(&looked_at).await;
    assert_eq!(found["data"]["status"], "paid", "{found}");
    let metrics = patient.until_metrics("mstore_pay_time_to_truth_seconds_count").await;
    assert!(!metrics.contains("mstore_pay_sweep_rows_total{account=\"main\"} 1"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_provider_sends_again_brings_the_money() {
    let patient = Patient::with(&[]);
    // Nothing but a webhook finds it.
    let mute = |operation: &str| json!({"provider": "xendit", "operation": operation, "effect": "status_before", "status": 503});
    let lost = json!({"provider": "xendit", "operation": "webhook", "effect": "drop", "times": 1});
    let payment = patient.sell("TRX-1").await;
    patient.control(Method::PUT, "faults", &json!([mute("sweep"), mute("inquire"), lost])).await;
    patient.paid("TRX-1", &json!({})).await;
    let sent = until_sent(&patient).await;
    assert_eq!(
        patient.read(&format!("{PAYMENTS}/{}", payment["payment_id"].as_str().unwrap())).await["data"]["status"],
        "pending"
    );
    patient.control(Method::PUT, "faults", &json!([mute("sweep")])).await;
    let again = format!("webhooks/{}/resend", sent["id"].as_str().unwrap());
    patient.control(Method::POST, &again, &json!({})).await;
    patient.until_metrics("mstore_pay_webhooks_total{provider=\"xendit\",result=\"new\"} 1").await;
    patient.until(&payment, "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn word_that_fits_no_charge_is_parked_and_looked_at_again() {
    let patient = Patient::with(&[]);
    let odd = json!({"id": "qr_nobodys", "external_id": "TRX-NOBODYS", "status": "PAID", "amount": 33_000});
    let call = patient.served.bare(Method::POST, "/api/v1/webhook/xendit").json(&odd);
    let token = mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT;
    assert_eq!(call.header("x-callback-token", token).send().await.unwrap().status(), 200);
    patient.until_metrics("mstore_pay_inbox{state=\"parked\"} 1").await;
    let database = patient.served.database_url();
    let (_, _, _folder) = patient.served.end();
    let (_, said) = run(&["webhooks", "replay", "--app-env=test", "--database-url", &database]);
    assert!(said.contains("1 parked deliveries are due again"), "{said}");
}
