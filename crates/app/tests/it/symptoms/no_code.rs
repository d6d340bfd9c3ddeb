//! The till asks for a QR code and gets none.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Patient, shows};
use crate::house::{qris, run};

/// Where nobody answers.
const NOWHERE: &str = "http://127.0.0.1:9/xendit";

/// What the till asks for with one field changed.
fn with(name: &str, value: Value) -> Value {
    let mut asked = qris("TRX-1", 33_000);
    asked[name] = value;
    asked
}

/// Expects the till to be told that code, which the runbook has a row for.
#[track_caller]
fn told(answer: &Value, code: &str) {
    shows(&answer.to_string(), code);
    assert_eq!(answer["error_code"], code, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_wrong_is_told_by_the_calls_that_fail_and_by_the_doctor() {
    let well = Patient::with(&[]);
    let xendit = format!("{}/xendit", well.sandbox);
    let mut patient = Patient::reaching(&xendit, &["--xendit-secret-key=xnd_development_nobodys"]);
    patient.sandbox.clone_from(&well.sandbox);
    told(&patient.ask(&qris("TRX-1", 33_000)).await, "provider_unavailable");
    let calls = "mstore_pay_provider_calls_total{provider=\"xendit\",operation=\"open\",result=\"unauthorized\"}";
    patient.until_metrics(calls).await;
    shows(calls, "unauthorized");
    let said = patient.doctor(&[]);
    shows(&said, "XENDIT_SECRET_KEY must be a secret key of this account");
    assert!(said.contains("INVALID_API_KEY"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_test_mode_is_refused_in_production() {
    let words = ["doctor", "--app-env=production", "--xendit-secret-key=xnd_development_1234567890"];
    let (is_well, said) = run(&words);
    assert!(!is_well, "{said}");
    shows(&said, "XENDIT_SECRET_KEY");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("XENDIT_SECRET_KEY")).collect();
    assert!(lines.iter().any(|line| line.contains("xnd_production_")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_or_a_currency_that_the_provider_does_not_take_is_named_with_its_bound() {
    let patient = Patient::with(&["--xendit-api=v2"]);
    let small = patient.ask(&with("amount", json!(1_499))).await;
    told(&small, "amount_below_minimum");
    assert_eq!(small["minimum"], 1_500, "{small}");
    told(&patient.ask(&with("amount", json!(10_000_001))).await, "amount_above_maximum");
    told(&patient.ask(&with("currency", json!("USD"))).await, "currency_unsupported");
    let shown = patient.ask(&with("amount", json!(1_500))).await;
    assert_eq!(shown["code"], 200, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_not_on_offer_is_told_with_those_that_are() {
    let patient = Patient::with(&["--xendit-api=v2"]);
    let asked = patient.ask(&with("method", json!("gopay"))).await;
    told(&asked, "method_unsupported");
    let offered = asked["offered"].to_string();
    assert!(offered.contains("qris") && !offered.contains("gopay"), "{asked}");
    let listed = patient.read("/api/v1/pos/methods").await;
    let usable = |method: &str| {
        let items = listed["data"]["items"].as_array().unwrap().iter();
        items.filter(|item| item["method"] == method).any(|item| item["usable"] == true)
    };
    assert!(usable("qris") && !usable("gopay"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_no_is_told_and_is_not_down() {
    let patient = Patient::with(&[]);
    let no = json!([{"provider": "xendit", "operation": "open", "effect": "status_before", "status": 400}]);
    patient.control(Method::PUT, "faults", &no).await;
    told(&patient.ask(&qris("TRX-1", 33_000)).await, "payment_declined");
    let log = patient.served.log();
    shows(&log, "invalid_request");
    let lines = patient.read("/readyz?verbose").await;
    assert!(lines["data"]["providers"].as_array().unwrap().iter().all(|line| line["breaker"] == "closed"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_told_by_its_lines_and_by_the_doctor() {
    let mut patient = Patient::reaching(NOWHERE, &[]);
    patient.sandbox = NOWHERE.trim_end_matches("/xendit").to_owned();
    for order in 0..20 {
        told(&patient.ask(&qris(&format!("TRX-{order}"), 33_000)).await, "provider_unavailable");
    }
    let lines = patient.read("/readyz?verbose").await;
    let is_open = |line: &Value| line["operation"] == "open" && line["breaker"] == "open";
    assert!(lines["data"]["providers"].as_array().unwrap().iter().any(is_open), "{lines}");
    shows(
        &patient.until_metrics("mstore_pay_provider_available{provider=\"xendit\"} 0").await,
        "mstore_pay_breaker_level",
    );
    shows(&patient.doctor(&[]), "Xendit's status page");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_another_shop_are_told_by_the_log_and_by_the_doctor() {
    let patient = Patient::with(&["--xendit-nmid=ID9999999999999"]);
    let asked = patient.ask(&qris("TRX-1", 33_000)).await;
    assert!(asked["data"]["qr_string"].is_null(), "another shop's code is shown: {asked}");
    shows(&patient.served.log(), "is not shown: it carries ");
    let well = Patient::with(&[]);
    well.sell("TRX-1").await;
    let said = well.doctor(&["--xendit-nmid=ID9999999999999"]);
    shows(&said, "xendit's QR codes: must carry ");
    shows(&said, "and the last one carries ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_told_by_the_timeline() {
    let patient = Patient::with(&[]);
    let lose = json!([{"provider": "xendit", "operation": "open", "effect": "disconnect_after", "times": 1}]);
    patient.control(Method::PUT, "faults", &lose).await;
    let payment = patient.sell("TRX-1").await;
    let timeline = patient.timeline(&payment).await;
    shows(&timeline.to_string(), "The provider's answer is missing or does not fit.");
    // A push is never sent again: the till waits, and must not sell the order by another way before it hears.
    patient.control(Method::PUT, "faults", &lose).await;
    let mut pushed = qris("TRX-2", 33_000);
    (pushed["method"], pushed["customer_phone"]) = (json!("ovo"), json!("+628123456789"));
    let waits = patient.ask(&pushed).await;
    assert_eq!(waits["code"], 202, "{waits}");
    assert!(waits["data"]["status_reason"].is_string(), "{waits}");
}
