use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, PaymentProvider as _, ProviderErrorKind as Kind, SnapshotStatus,
};

use crate::support::{Bench, WITHIN, charge, query};

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_charge_is_pending_and_one_call_tells() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(snapshot.status, SnapshotStatus::Pending);
    assert!(snapshot.receipts.is_empty());
    assert_eq!(snapshot.our_reference.as_deref(), Some(charge(1).our_reference.as_str()));
    assert_eq!(snapshot.order_code.as_deref(), Some("TRX-1"));
    assert!(snapshot.asked.unwrap().fits(&charge(1).amount));
    assert_eq!(bench.requests().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_named_by_the_payment_and_not_by_the_request() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let paid = bench.pay(1, r#","issuer_name":"DANA","payer_name":"Budi""#).await;
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    let receipt = &snapshot.receipts[0];
    assert_eq!((snapshot.receipts.len(), &receipt.payment_ref), (1, &paid));
    assert!(receipt.money.fits(&charge(1).amount));
    assert_eq!(receipt.payer.issuer(), Some("DANA"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_payment_on_one_code_is_found() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let mut paid = vec![bench.pay(1, "").await, bench.pay(1, r#","amount":500"#).await];
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    let mut found: Vec<ProviderRef> = snapshot.receipts.into_iter().map(|receipt| receipt.payment_ref).collect();
    paid.sort();
    found.sort();
    assert_eq!(found, paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_on_a_charge_that_was_closed_is_still_money() {
    let bench = Bench::new().await;
    let expired = bench.open(1).await;
    let body = format!(r#"{{"provider":"xendit","reference":"{}"}}"#, charge(1).our_reference);
    bench.control("POST", "/expire", &body).await;
    bench.pay(1, "").await;
    let snapshot = bench.ask(query(1, Some(&expired.provider_ref), &[])).await.unwrap();
    assert_eq!((snapshot.status, snapshot.receipts.len()), (SnapshotStatus::Expired, 1));

    let canceled = bench.open(2).await;
    let cancel = CancelCharge {
        charge: charge(2).charge,
        charge_ref: canceled.provider_ref.clone(),
        our_reference: charge(2).our_reference,
        method: charge(2).method,
        within: WITHIN,
    };
    assert_eq!(bench.xendit.cancel(&bench.account, &cancel).await.unwrap(), Canceled::Confirmed);
    bench.pay(2, "").await;
    let snapshot = bench.ask(query(2, Some(&canceled.provider_ref), &[])).await.unwrap();
    assert_eq!((snapshot.status, snapshot.receipts.len()), (SnapshotStatus::Canceled, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_leads_to_a_charge_whose_id_is_not_known() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let unpaid = bench.ask(query(1, None, &[])).await.unwrap_err();
    assert_eq!(unpaid.kind, Kind::NotFound);

    let paid = bench.pay(1, "").await;
    for hints in [vec![], vec![paid]] {
        let snapshot = bench.ask(query(1, None, &hints)).await.unwrap();
        assert_eq!(snapshot.charge_ref.as_ref(), Some(&opened.provider_ref));
        assert_eq!(snapshot.receipts.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_another_charge_is_never_taken_for_ours() {
    let bench = Bench::new().await;
    let (ours, _theirs) = (bench.open(1).await, bench.open(2).await);
    let foreign = bench.pay(2, "").await;
    let invented = ProviderRef::parse("py-00000000-0000-0000-0000-000000000000").unwrap();
    let hints = [foreign, invented, ProviderRef::parse("../v3/payments").unwrap(), ProviderRef::parse("..").unwrap()];
    let known = bench.ask(query(1, Some(&ours.provider_ref), &hints)).await.unwrap();
    assert!(known.receipts.is_empty());
    assert_eq!(bench.ask(query(1, None, &hints)).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_the_order_of_the_queries() {
    let bench = Bench::new().await;
    let mut queries = Vec::new();
    for number in 0..20 {
        let opened = bench.open(number).await;
        queries.push(query(number, Some(&opened.provider_ref), &[]));
    }
    let nobodys = ProviderRef::parse("pr-nobody").unwrap();
    queries.insert(5, query(99, Some(&nobodys), &[]));
    let answers = bench.xendit.inquire(&bench.account, &queries, WITHIN).await;
    for (query, answer) in queries.iter().zip(&answers) {
        match answer {
            Ok(snapshot) => assert_eq!(snapshot.charge_ref, query.charge_ref),
            Err(error) => assert_eq!((error.kind, query.charge_ref.as_ref()), (Kind::NotFound, Some(&nobodys))),
        }
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_no_answer_and_words_of_tomorrow_conclude_nothing() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    for effect in ["empty_body", "huge_body", "redirect"] {
        bench.fault("inquire", effect, "").await;
        let error = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap_err();
        assert_eq!(error.kind, Kind::Malformed, "{effect}");
    }
    bench.fault("inquire", "unknown_enum", "").await;
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert!(matches!(snapshot.status, SnapshotStatus::Unrecognised(_)));
    bench.no_faults().await;
    assert_eq!(bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap().status, SnapshotStatus::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_amount_is_reported_as_it_was_said() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.pay(1, r#","amount":32999"#).await;
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(snapshot.receipts[0].money.amount, Money::from(32_999));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_holds_no_confirmed_money_back() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.pay(1, "").await;
    bench.fault("sweep", "status_before", r#","status":403"#).await;
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(snapshot.receipts.len(), 1);
}
