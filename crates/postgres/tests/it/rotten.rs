//! A cell that nobody ever wrote is named, and keeps nobody else from their work.

use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::ports::{PaymentName, PaymentRepository, StoreError};
use mstore_pay_domain::unit_of_work::Due;

use crate::fixtures::{Site, at, far_future, stored, tamper};

async fn check(spoil: &str, want: (&str, &str)) {
    let site = Site::new();
    let store = site.open().await;
    let payment = stored(&store, &site.payment(), Due::At(at(0))).await;
    tamper(&site, spoil);
    match store.payment(&payment.merchant, &payment.id).await {
        Err(StoreError::Corrupt { table, column, .. }) => assert_eq!((table, column), want, "{spoil}"),
        other => panic!("{spoil}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_cell_is_named_by_table_column_and_row() {
    check("UPDATE payments SET method = 'barter'", ("payments", "method")).await;
    check("UPDATE payments SET amount = -1", ("payments", "amount")).await;
    check("UPDATE payments SET display = 'hung'", ("payments", "display")).await;
    check("UPDATE payments SET audit_head = '\\x00'", ("payments", "audit_head")).await;
    check("UPDATE payments SET expires_at = 'infinity'", ("payments", "expires_at")).await;
    check("UPDATE payment_details SET metadata = '[]'", ("payment_details", "metadata")).await;
    check("UPDATE charges SET status = 'sold'", ("charges", "status")).await;
    check("UPDATE charges SET status = 'expired'", ("charges", "ended_at")).await;
    check("UPDATE charges SET opening = 'found', opening_at = now()", ("charges", "provider_ref")).await;
    check("UPDATE receipts SET amount = -33000", ("receipts", "amount")).await;
    check("DELETE FROM payment_details", ("payments", "payment_details")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_payment_keeps_no_other_from_being_claimed() {
    let site = Site::new();
    let store = site.open().await;
    let rotten = stored(&store, &site.payment(), Due::At(at(0))).await;
    let sound = stored(&store, &site.payment(), Due::At(at(1))).await;
    tamper(&site, &format!("UPDATE payments SET method = 'barter' WHERE id = '{}'", rotten.id));
    let lease = site.lease(Duration::from_hours(1));
    let claimed = store.claim_due(far_future(), 10, lease).await.unwrap();
    assert_eq!(claimed.into_iter().map(|held| held.payment).collect::<Vec<_>>(), [sound]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_payment_keeps_nobody_from_looking_at_another_at_once() {
    let site = Site::new();
    let store = site.open().await;
    let mut payments = Vec::new();
    for _ in 0..8 {
        payments.push(stored(&store, &site.payment(), Due::Never).await);
    }
    let rotten = payments.first().unwrap().clone();
    tamper(&site, &format!("UPDATE payments SET method = 'barter' WHERE id = '{}'", rotten.id));
    let store = &store;
    let looks = payments.iter().map(|payment| async move {
        (payment, store.payment_in_order(&payment.merchant, &PaymentName::Id(payment.id)).await)
    });
    for (payment, found) in join_all(looks).await {
        match found {
            Ok(found) => assert_eq!(found.map(|found| found.payment).as_ref(), Some(payment)),
            Err(StoreError::Corrupt { .. }) => assert_eq!(payment.id, rotten.id),
            Err(other) => panic!("{other:?}"),
        }
    }
}
