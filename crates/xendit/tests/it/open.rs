use std::time::Duration;

use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{
    Certainty, OpenCharge, PaymentProvider as _, ProviderErrorKind as Kind, SnapshotStatus,
};
use mstore_pay_xendit::XenditApi;

use crate::support::{Bench, SHORT, SUB_ACCOUNT, WITHIN, account, adapter, charge, nobody_listening};

use Certainty::{NotApplied, Unknown};

/// What an opening under a fault ends as, and that it was sent exactly once.
async fn check(bench: &Bench, effect: &str, more: &str, want: (Kind, Certainty)) {
    bench.control("POST", "/reset", "").await;
    bench.fault("open", effect, more).await;
    let within = if effect.starts_with("timeout") || effect == "drip" { SHORT } else { WITHIN };
    let error = bench.xendit.open(&bench.account, &OpenCharge { within, ..charge(1) }).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), want, "{effect}{more}: {error:?}");
    assert_eq!(bench.requests().await, ["POST /xendit/v3/payment_requests"], "{effect}{more}");
    let shown = format!("{error:?}");
    assert!(!shown.contains(bench.account.credential.expose()), "{effect}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qris_charge_opens_with_what_the_customer_scans() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let asked = charge(1);
    assert!(matches!(opened.artefact, Artefact::Qr { ref qr_string } if qr_string.starts_with("000201")));
    assert_eq!(opened.our_reference, asked.our_reference.as_str());
    assert!(opened.amount.fits(&asked.amount));
    assert_eq!(opened.status, SnapshotStatus::Pending);
    let said = opened.exchange.request.unwrap();
    assert!(said.starts_with("POST ") && said.contains("\"request_amount\":33000"), "{said}");
    assert!(opened.exchange.response.unwrap().starts_with("201 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_code_travels_along() {
    let bench = Bench::new().await;
    bench.open(1).await;
    assert!(bench.control("GET", "/charges", "").await.contains(r#""order_code":"TRX-1""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_before_anything_was_done_still_leaves_that_unknown_unless_xendit_says_so() {
    let bench = Bench::new().await;
    check(&bench, "timeout_before", "", (Kind::TimedOut, Unknown)).await;
    check(&bench, "disconnect_before", "", (Kind::Unavailable, Unknown)).await;
    check(&bench, "reset", "", (Kind::Unavailable, Unknown)).await;
    let retry_after = Some(Duration::from_mins(1));
    check(&bench, "rate_limited", "", (Kind::RateLimited { retry_after }, NotApplied)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_has_its_kind_and_certainty() {
    let bench = Bench::new().await;
    for (status, want) in [
        (400, (Kind::InvalidRequest, NotApplied)),
        (401, (Kind::Unauthorized, NotApplied)),
        (403, (Kind::Unauthorized, NotApplied)),
        (404, (Kind::NotFound, NotApplied)),
        (409, (Kind::InvalidRequest, Unknown)),
        (500, (Kind::Unavailable, Unknown)),
        (503, (Kind::Unavailable, Unknown)),
    ] {
        check(&bench, "status_before", &format!(r#","status":{status}"#), want).await;
    }
    check(&bench, "status_after", r#","status":500"#, (Kind::Unavailable, Unknown)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breakdown_that_says_when_it_is_over_is_as_uncertain_as_any() {
    let bench = Bench::new().await;
    bench.fault("open", "status_before", r#","status":503,"retry_after_seconds":7"#).await;
    let error = bench.xendit.open(&bench.account, &charge(1)).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (Kind::Unavailable, Unknown));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_or_makes_no_sense_leaves_it_unknown() {
    let bench = Bench::new().await;
    check(&bench, "timeout_after", "", (Kind::TimedOut, Unknown)).await;
    check(&bench, "disconnect_after", "", (Kind::Unavailable, Unknown)).await;
    check(&bench, "drip", r#","delay_ms":100"#, (Kind::TimedOut, Unknown)).await;
    for effect in
        ["empty_body", "huge_body", "gzip_bomb", "redirect", "wrong_amount", "wrong_reference", "foreign_reference"]
    {
        check(&bench, effect, "", (Kind::Malformed, Unknown)).await;
    }
    check(&bench, "html_error", r#","status":200"#, (Kind::Malformed, Unknown)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_answer_leaves_it_unknown() {
    let bench = Bench::new().await;
    bench.fault("open", "truncated_json", "").await;
    let error = bench.xendit.open(&bench.account, &charge(1)).await.unwrap_err();
    assert_eq!(error.certainty, Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_fields_of_tomorrow_are_no_error() {
    let bench = Bench::new().await;
    bench.fault("open", "unknown_enum", "").await;
    assert!(matches!(bench.open(1).await.status, SnapshotStatus::Unrecognised(_)));
    bench.fault("open", "extra_fields", "").await;
    assert_eq!(bench.open(2).await.status, SnapshotStatus::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_is_certainly_not_applied() {
    let error = adapter(&nobody_listening(), XenditApi::V3).open(&account(), &charge(1)).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (Kind::Unavailable, NotApplied), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_is_named_in_every_call() {
    let mut bench = Bench::new().await;
    bench.account.for_user_id = Some(ProviderRef::parse(SUB_ACCOUNT).unwrap());
    bench.open(1).await;
    let charges = bench.control("GET", "/charges", "").await;
    assert!(charges.contains(&format!(r#""account":"{SUB_ACCOUNT}""#)), "{charges}");
}
