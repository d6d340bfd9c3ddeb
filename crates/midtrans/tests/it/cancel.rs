//! Closing charges.

use mstore_pay_domain::ports::{CancelCharge, Canceled, PaymentProvider as _, SnapshotStatus};

use crate::support::{Bench, WITHIN, query};

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_under_its_own_key_really_cancels() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let charge = bench.charge(1);
    let cancel = CancelCharge {
        charge: charge.charge,
        charge_ref: opened.provider_ref.clone(),
        our_reference: charge.our_reference,
        method: charge.method,
        within: WITHIN,
    };
    for _again in 0..2 {
        let outcome = bench.midtrans.cancel(&bench.account, &cancel).await.unwrap();
        assert_eq!(outcome, Canceled::Confirmed, "the key finds the first cancel");
    }
    let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!(told.status, SnapshotStatus::Canceled);
    let rows = bench.rows("/charges").await;
    assert_eq!(rows[0].raw("payable"), Some("false"));
}
