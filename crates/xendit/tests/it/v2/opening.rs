use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{Certainty, OpenCharge, PaymentProvider as _, ProviderErrorKind as Kind};

use super::{asked, bench, open};
use crate::support::{SHORT, charge};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_opened_under_its_version_and_its_key() {
    let bench = bench().await;
    let opened = open(&bench, 1, Method::Qris).await;
    assert!(opened.provider_ref.as_str().starts_with("qr_"), "{opened:?}");
    assert!(matches!(opened.artefact, Artefact::Qr { ref qr_string } if qr_string.starts_with("000201")));
    let sent = bench.rows("/requests").await.remove(0);
    assert_eq!(sent.text("path").as_deref(), Some("/xendit/qr_codes"));
    let headers = sent.object("headers").unwrap();
    assert_eq!(headers.text("api-version").as_deref(), Some("2022-07-31"));
    assert_eq!(headers.text("x-idempotency-key"), Some(charge(1).charge.open_key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_opened_without_a_version_and_under_its_key() {
    let bench = bench().await;
    let opened = open(&bench, 1, Method::VaBca).await;
    assert!(matches!(opened.artefact, Artefact::VirtualAccount { ref bank_code, .. } if bank_code == "BCA"));
    let sent = bench.rows("/requests").await.remove(0);
    assert_eq!(sent.text("path").as_deref(), Some("/xendit/payment_requests"));
    let headers = sent.object("headers").unwrap();
    assert_eq!(headers.text("api-version"), None);
    assert_eq!(headers.text("idempotency-key"), Some(charge(1).charge.open_key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_is_found_by_the_same_key() {
    let bench = bench().await;
    for (number, method) in [(1, Method::Qris), (2, Method::VaBca), (3, Method::Dana), (4, Method::Ovo)] {
        bench.fault("open", "timeout_after", "").await;
        let lost = OpenCharge { within: SHORT, ..asked(&bench, number, method) };
        let error = bench.xendit.open(&bench.account, &lost).await.unwrap_err();
        assert_eq!((error.kind, error.certainty), (Kind::TimedOut, Certainty::Unknown), "{method}");
        bench.no_faults().await;
        bench.xendit.open(&bench.account, &lost_again(&lost)).await.unwrap();
        let charges = bench.rows("/charges").await;
        assert_eq!(charges.len(), usize::try_from(number).unwrap(), "{method}: one object for each charge");
    }
}

/// The same with time enough.
fn lost_again(lost: &OpenCharge) -> OpenCharge {
    OpenCharge { within: crate::support::WITHIN, ..lost.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn gopay_is_refused_with_nothing_sent() {
    let bench = bench().await;
    let error = bench.xendit.open(&bench.account, &asked(&bench, 1, Method::Gopay)).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (Kind::Unsupported, Certainty::NotApplied));
    assert!(bench.requests().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_page_is_a_session_here_too() {
    let bench = bench().await;
    let opened = open(&bench, 1, Method::CreditCard).await;
    assert!(opened.provider_ref.as_str().starts_with("ps-"), "{opened:?}");
    assert_eq!(bench.requests().await, ["POST /xendit/sessions"]);
}
