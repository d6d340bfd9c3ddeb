//! Opening charges.

use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Certainty, OpenCharge, PaymentProvider as _, ProviderErrorKind};
use mstore_pay_domain::qr::PaymentQr;

use crate::support::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_qris_is_what_a_till_may_show() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let Artefact::Qr { qr_string } = &opened.artefact else { panic!("{opened:?}") };
    let qr = PaymentQr::parse(qr_string).unwrap();
    assert_eq!(qr.amount, Some(bench.charge(1).amount));
    assert!(qr.nmids.contains(bench.account.nmid.as_ref().unwrap()), "{qr:?}");
    // Midtrans knows no milliseconds.
    let (told, wanted) = (opened.expires_at.unwrap(), bench.charge(1).expires_at);
    assert!(wanted.since(told).as_secs() <= 60 && told.since(wanted).as_secs() <= 1, "{told} for {wanted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_says_where_its_notifications_go_and_brings_its_key() {
    let bench = Bench::new().await;
    bench.open(1).await;
    let headers = bench.requests().await.remove(0).object("headers").unwrap();
    let told = headers.text("x-override-notification");
    assert_eq!(told.as_deref(), Some("http://127.0.0.1:9/webhook/midtrans/main"));
    assert_eq!(headers.text("idempotency-key"), Some(bench.charge(1).charge.open_key()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandiri_account_is_a_bill() {
    let bench = Bench::new().await;
    let charge = OpenCharge { method: Method::VaMandiri, ..bench.charge(1) };
    let opened = bench.midtrans.open(&bench.account, &charge).await.unwrap();
    assert!(matches!(&opened.artefact, Artefact::Bill { biller_code, .. } if biller_code == "70012"), "{opened:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qris_whose_key_is_kept_no_more_may_be_there_but_shows_nothing() {
    let bench = Bench::new().await;
    bench.open(1).await;
    let other = OpenCharge { charge: bench.charge(2).charge, ..bench.charge(1) };
    let error = bench.midtrans.open(&bench.account, &other).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (ProviderErrorKind::InvalidRequest, Certainty::Unknown));
    assert_eq!(error.upstream.code.as_deref(), Some("406"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_number_whose_key_is_kept_no_more_is_found_by_its_order_id() {
    let bench = Bench::new().await;
    let charge = OpenCharge { method: Method::VaBni, ..bench.charge(1) };
    let opened = bench.midtrans.open(&bench.account, &charge).await.unwrap();
    let under_another_key = OpenCharge { charge: bench.charge(2).charge, ..charge.clone() };
    let found = bench.midtrans.open(&bench.account, &under_another_key).await.unwrap();
    assert_eq!((found.provider_ref, found.artefact), (opened.provider_ref, opened.artefact));
    let of_more = OpenCharge { amount: Money::of_rupiah(34_000), ..under_another_key };
    let refused = bench.midtrans.open(&bench.account, &of_more).await.unwrap_err();
    assert_eq!((refused.certainty, refused.upstream.code.as_deref()), (Certainty::Unknown, Some("406")));
}
