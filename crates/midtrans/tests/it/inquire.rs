//! Asking about charges.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::ports::{Query, SnapshotStatus};

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
    assert_eq!(receipt.payer.issuer(), Some("dana"));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_is_told_to_whoever_asks() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let body = format!(r#"{{"provider":"midtrans","id":"{}","webhook":"drop"}}"#, opened.provider_ref);
    bench.control("POST", "/fail", &body).await;
    for asked in [query(1, Some(&opened.provider_ref)), query(1, None)] {
        let told = bench.ask(asked).await.unwrap();
        assert_eq!(told.status, SnapshotStatus::Failed(FailureReason::from_code("DENIED")));
        assert_eq!((told.receipts.len(), told.reversals.len()), (0, 0), "no money came");
    }
    let was_paid = Query { was_paid: true, ..query(1, Some(&opened.provider_ref)) };
    let told = bench.ask(was_paid).await.unwrap();
    let [(payment, _)] = told.reversals.as_slice() else { panic!("{told:?}") };
    assert_eq!(payment, &opened.provider_ref, "what had come was taken back");
}
