//! Closing, and paying in test mode.

use mstore_pay_domain::account::AccountMode;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, Certainty, PaymentProvider as _, ProviderErrorKind as Kind, Simulation,
};

use crate::support::{Bench, WITHIN, charge, query};

fn cancel(number: u128, charge_ref: &ProviderRef) -> CancelCharge {
    CancelCharge {
        charge: charge(number).charge,
        charge_ref: charge_ref.clone(),
        our_reference: charge(number).our_reference,
        method: charge(number).method,
        within: WITHIN,
    }
}

fn simulation(charge_ref: &ProviderRef) -> Simulation {
    Simulation { charge_ref: charge_ref.clone(), amount: charge(1).amount, within: WITHIN }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_charge_closes_once_and_is_too_late_to_close_again() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let closing = cancel(1, &opened.provider_ref);
    assert_eq!(bench.xendit.cancel(&bench.account, &closing).await.unwrap(), Canceled::Confirmed);
    assert_eq!(bench.xendit.cancel(&bench.account, &closing).await.unwrap(), Canceled::TooLate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_charge_is_too_late_to_close_and_nobodys_is_not_found() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.pay(1, "").await;
    assert_eq!(bench.xendit.cancel(&bench.account, &cancel(1, &opened.provider_ref)).await.unwrap(), Canceled::TooLate);
    for nobodys in ["pr-nobody", "..", "../../transactions"] {
        let error =
            bench.xendit.cancel(&bench.account, &cancel(2, &ProviderRef::parse(nobodys).unwrap())).await.unwrap_err();
        assert_eq!(error.kind, Kind::NotFound, "{nobodys}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_whose_answer_says_something_else_is_unknown() {
    let bench = Bench::new().await;
    for (number, effect) in [(1, "unknown_enum"), (2, "empty_body"), (3, "disconnect_after")] {
        let opened = bench.open(number).await;
        bench.fault("cancel", effect, "").await;
        let error = bench.xendit.cancel(&bench.account, &cancel(number, &opened.provider_ref)).await.unwrap_err();
        assert_eq!(error.certainty, Certainty::Unknown, "{effect}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_payment_is_money() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.xendit.simulate(&bench.account, &simulation(&opened.provider_ref)).await.unwrap();
    let snapshot = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(snapshot.receipts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_live_account_nothing_is_simulated_and_nothing_sent() {
    let mut bench = Bench::new().await;
    bench.account.mode = AccountMode::Live;
    let anything = ProviderRef::parse("pr-1").unwrap();
    let error = bench.xendit.simulate(&bench.account, &simulation(&anything)).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (Kind::Unsupported, Certainty::NotApplied));
    assert!(bench.requests().await.is_empty());
}
