use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{PaymentProvider as _, Period, ProviderErrorKind as Kind, Simulation, SnapshotStatus};
use mstore_pay_xendit::XenditApi;

use super::{bench, open};
use crate::support::{Bench, WITHIN, adapter, charge, query};

#[tokio::test(flavor = "multi_thread")]
async fn every_payment_on_one_code_is_found_with_who_paid() {
    let bench = bench().await;
    let opened = open(&bench, 1, Method::Qris).await;
    let mut paid = vec![bench.pay(1, r#","issuer_name":"DANA""#).await, bench.pay(1, r#","amount":500"#).await];
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(snapshot.order_code.as_deref(), Some("TRX-1"));
    assert!(snapshot.receipts.iter().any(|receipt| receipt.payer.issuer() == Some("DANA")), "{snapshot:?}");
    let mut found: Vec<ProviderRef> = snapshot.receipts.into_iter().map(|receipt| receipt.payment_ref).collect();
    paid.sort();
    found.sort();
    assert_eq!(found, paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_paid_is_found_by_our_reference() {
    let bench = bench().await;
    let opened = open(&bench, 1, Method::VaBca).await;
    open(&bench, 2, Method::VaBca).await;
    let snapshot = bench.ask(query(1, None, &[])).await.unwrap();
    assert_eq!(snapshot.charge_ref, Some(opened.provider_ref));
    assert_eq!((snapshot.status, snapshot.receipts.len()), (SnapshotStatus::Pending, 0));
    assert_eq!(bench.ask(query(3, None, &[])).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_request_is_told_by_one_call_and_a_paid_one_by_its_payments() {
    let bench = bench().await;
    for (number, method) in [(1, Method::VaBca), (2, Method::Dana), (3, Method::Ovo)] {
        let opened = open(&bench, number, method).await;
        let before = bench.requests().await.len();
        let unpaid = bench.ask(query(number, Some(&opened.provider_ref), &[])).await.unwrap();
        assert_eq!((unpaid.status, unpaid.receipts.len()), (SnapshotStatus::Pending, 0), "{method}");
        assert_eq!(bench.requests().await.len(), before + 1, "{method}");
        let payment = bench.pay(number, "").await;
        let paid = bench.ask(query(number, Some(&opened.provider_ref), &[])).await.unwrap();
        assert_eq!((paid.receipts.len(), &paid.receipts[0].payment_ref), (1, &payment), "{method}");
        assert!(paid.receipts[0].money.fits(&charge(number).amount), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_payment_is_money() {
    let bench = bench().await;
    for (number, method) in [(1, Method::Qris), (2, Method::VaBca), (3, Method::Shopeepay)] {
        let opened = open(&bench, number, method).await;
        let simulation =
            Simulation { charge_ref: opened.provider_ref.clone(), amount: charge(number).amount, within: WITHIN };
        bench.xendit.simulate(&bench.account, &simulation).await.unwrap();
        let paid = bench.ask(query(number, Some(&opened.provider_ref), &[])).await.unwrap();
        assert_eq!(paid.receipts.len(), 1, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_of_every_kind_is_swept() {
    let bench = bench().await;
    for (number, method) in [(1, Method::Qris), (2, Method::VaBca), (3, Method::Dana)] {
        open(&bench, number, method).await;
        bench.pay(number, "").await;
    }
    let since = mstore_pay_domain::time::Timestamp::EPOCH;
    let listed = bench.xendit.sweep(&bench.account, Period::since(since), WITHIN).await.unwrap();
    let named = |number| Some(charge(number).our_reference.to_string());
    let references: Vec<_> = listed.arrived.into_iter().map(|row| row.our_reference).collect();
    assert_eq!(references, [named(1), named(2), named(3)]);
}

/// What was opened through one API is followed when the other is spoken.
async fn check_change(from: XenditApi, to: XenditApi, method: Method) {
    let bench = Bench::speaking(from).await;
    let opened = open(&bench, 1, method).await;
    bench.pay(1, "").await;
    let changed = adapter(&bench.sandbox.xendit_base_url(), to);
    let known = query(1, Some(&opened.provider_ref), &[]);
    let answer = changed.inquire(&bench.account, &[known], WITHIN).await.remove(0);
    assert_eq!(answer.unwrap().receipts.len(), 1, "{method} from {from:?} to {to:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_before_the_api_was_changed_is_followed() {
    for method in [Method::Qris, Method::VaBca, Method::CreditCard] {
        check_change(XenditApi::V3, XenditApi::V2, method).await;
        check_change(XenditApi::V2, XenditApi::V3, method).await;
    }
}
