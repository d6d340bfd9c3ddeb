use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, Certainty, PaymentProvider as _, ProviderError, ProviderErrorKind as Kind,
};

use super::{bench, open};
use crate::support::{Bench, WITHIN, charge};

async fn cancel(bench: &Bench, number: u128, charge_ref: &ProviderRef) -> Result<Canceled, ProviderError> {
    let closing = CancelCharge {
        charge: charge(number).charge,
        charge_ref: charge_ref.clone(),
        our_reference: charge(number).our_reference,
        method: charge(number).method,
        within: WITHIN,
    };
    bench.xendit.cancel(&bench.account, &closing).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_closes_once_by_its_payment_method() {
    let bench = bench().await;
    for (number, method) in [(1, Method::VaBca), (2, Method::Dana)] {
        let opened = open(&bench, number, method).await;
        assert_eq!(cancel(&bench, number, &opened.provider_ref).await.unwrap(), Canceled::Confirmed, "{method}");
        assert_eq!(cancel(&bench, number, &opened.provider_ref).await.unwrap(), Canceled::TooLate, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_page_closes_here_too() {
    let bench = bench().await;
    let opened = open(&bench, 1, Method::CreditCard).await;
    assert_eq!(cancel(&bench, 1, &opened.provider_ref).await.unwrap(), Canceled::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_push_cannot_be_called_back() {
    let bench = bench().await;
    for (number, method) in [(1, Method::Qris), (2, Method::Ovo)] {
        let opened = open(&bench, number, method).await;
        let error = cancel(&bench, number, &opened.provider_ref).await.unwrap_err();
        assert_eq!((error.kind, error.certainty), (Kind::Unsupported, Certainty::NotApplied), "{method}");
    }
    let closings = bench.requests().await.into_iter().filter(|request| request.contains("expire")).count();
    assert_eq!(closings, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_whose_answer_says_something_else_is_unknown() {
    let bench = bench().await;
    for (number, effect) in [(1, "redirect"), (2, "empty_body"), (3, "disconnect_after")] {
        let opened = open(&bench, number, Method::VaBca).await;
        bench.fault("cancel", effect, "").await;
        let error = cancel(&bench, number, &opened.provider_ref).await.unwrap_err();
        assert_eq!(error.certainty, Certainty::Unknown, "{effect}");
    }
}
