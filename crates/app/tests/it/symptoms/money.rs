//! Money that does not fit, tills that are held up, and time that ran out.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use super::{PAYMENTS, Patient, shows};
use crate::house::{SOON, qris};

/// What `exceptions list` says, once it names one of that kind.
async fn until_listed(patient: &Patient, kind: &str) -> String {
    let deadline = Instant::now() + SOON;
    loop {
        let said = patient.command(&["exceptions", "list"]);
        if said.contains(&format!(" {kind} open ")) {
            return said;
        }
        assert!(Instant::now() < deadline, "no {kind} in {said:?}");
        tokio::time::sleep(super::LOOK_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_does_not_fit_is_listed_by_its_kind() {
    let patient = Patient::with(&[]);
    let late = patient.sell("TRX-LATE").await;
    let cancel = format!("{PAYMENTS}/{}/cancel", late["payment_id"].as_str().unwrap());
    let cancelled = patient.served.call(Method::POST, &cancel).send().await.unwrap();
    assert_eq!(cancelled.status(), 200);
    // By both clocks later than the cancel.
    tokio::time::sleep(super::LOOK_EVERY).await;
    patient.paid("TRX-LATE", &json!({})).await;
    shows(&until_listed(&patient, "late_paid").await, "late_paid");
    patient.sell("TRX-LESS").await;
    patient.paid("TRX-LESS", &json!({"amount": 32_000})).await;
    shows(&until_listed(&patient, "underpaid").await, "underpaid");
    patient.sell("TRX-TWICE").await;
    for _ in 0..2 {
        patient.paid("TRX-TWICE", &json!({})).await;
    }
    shows(&until_listed(&patient, "paid_twice").await, "paid_twice");
    let odd = json!({"id": "qr_nobodys", "external_id": "TRX-NOBODYS", "status": "PAID", "amount": 33_000});
    let call = patient.served.bare(Method::POST, "/api/v1/webhook/xendit").json(&odd);
    let token = mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT;
    call.header("x-callback-token", token).send().await.unwrap();
    shows(&until_listed(&patient, "unmatched").await, "unmatched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_that_asks_too_often_is_told_when_to_come_back() {
    let patient = Patient::with(&["--create-rate-limit=1"]);
    patient.sell("TRX-1").await;
    let call = patient.served.call(Method::POST, PAYMENTS).json(&qris("TRX-2", 33_000));
    let answer = call.send().await.unwrap();
    assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
    shows(&answer.text().await.unwrap(), "rate_limited");
    shows(
        &patient.until_metrics("mstore_pay_rate_limited_total{what=\"create\"} 1").await,
        "mstore_pay_rate_limited_total",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_whose_time_is_over_is_told_by_the_timeline() {
    // A minute passes in a second.
    let patient = Patient::with(&["--time-scale=60"]);
    let payment = patient.sell("TRX-1").await;
    let deadline = Instant::now() + 3 * SOON;
    loop {
        let timeline = patient.timeline(&payment).await;
        if timeline["sentence"] == "The time ran out without any money." {
            break shows(&timeline.to_string(), "The time ran out without any money.");
        }
        assert!(Instant::now() < deadline, "{timeline}");
        tokio::time::sleep(super::LOOK_EVERY).await;
    }
}
