//! Asking about charges.

use mstore_pay_domain::ports::SnapshotStatus;

use crate::support::{Bench, query};

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_is_a_receipt_under_the_transactions_id() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let payment = bench.pay_reference(&bench.charge(1).our_reference, r#","issuer_name":"DANA""#).await;
    let told = bench.ask(query(1, None)).await.unwrap();
    assert_eq!(payment, opened.provider_ref);
    let [receipt] = told.receipts.as_slice() else { panic!("{told:?}") };
    assert_eq!(receipt.payment_ref, payment);
    assert_eq!(receipt.payer.issuer.as_deref(), Some("dana"));
    assert_eq!(told.order_code.as_deref(), Some("TRX-1"));
    assert_eq!(told.exchange.unknown_fields, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_says_so_by_a_code_that_is_no_failure() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let body = format!(r#"{{"provider":"midtrans","id":"{}"}}"#, opened.provider_ref);
    bench.control("POST", "/expire", &body).await;
    let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!((told.status, told.receipts.len()), (SnapshotStatus::Expired, 0));
}
