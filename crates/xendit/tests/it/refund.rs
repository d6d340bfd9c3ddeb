//! Giving money back.

use std::time::Duration;

use mstore_pay_conformance::wire::{Reply, WireStub};
use mstore_pay_domain::charge::RefundFact;
use mstore_pay_domain::ids::{ProviderRef, RefundId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Certainty, OpenCharge, PaymentProvider as _, ProviderError, ProviderErrorKind as Kind, Query, RefundCharge,
    RefundOutcome, ReturnUrls,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_xendit::XenditApi;
use tokio::time::sleep;
use uuid::Uuid;

use crate::support::{Bench, WITHIN, account, adapter, charge, query};

/// What a customer brings back, of a charge that they paid.
struct Sold {
    charge_ref: ProviderRef,
    payment_ref: ProviderRef,
}

async fn sell(bench: &Bench, method: Method) -> Sold {
    let back = || "https://shop.example.com/back".to_owned();
    let charge = OpenCharge {
        method,
        expires_at: Timestamp::from(bench.sandbox.now()).plus(Duration::from_mins(30)),
        return_urls: Some(ReturnUrls { success: back(), failure: back() }),
        ..charge(1)
    };
    let opened = bench.xendit.open(&bench.account, &charge).await.unwrap();
    Sold { charge_ref: opened.provider_ref, payment_ref: bench.pay(1, "").await }
}

fn refund(sold: &Sold, number: u128) -> RefundCharge {
    RefundCharge {
        refund: RefundId::new(Uuid::from_u128(number)),
        charge_ref: sold.charge_ref.clone(),
        payment_ref: sold.payment_ref.clone(),
        amount: charge(1).amount,
        reason: "wrong order".to_owned(),
        within: WITHIN,
    }
}

async fn ask_for(bench: &Bench, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
    bench.xendit.refund(&bench.account, refund).await
}

#[track_caller]
fn check(refused: Result<RefundOutcome, ProviderError>, want: (Kind, Certainty)) {
    let error = refused.unwrap_err();
    assert_eq!((error.kind, error.certainty), want, "{error:?}");
}

/// What went back, once it has.
async fn gone_back(bench: &Bench, sold: &Sold) -> Vec<RefundFact> {
    for _ in 0..200 {
        let about = query(1, Some(&sold.charge_ref), std::slice::from_ref(&sold.payment_ref));
        let told = bench.ask(Query { was_paid: true, ..about }).await.unwrap();
        if !told.refunds.is_empty() {
            return told.refunds;
        }
        sleep(Duration::from_millis(50)).await;
    }
    Vec::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_gives_back_in_a_while_and_a_card_at_once() {
    for (api, method) in [
        (XenditApi::V3, Method::Dana),
        (XenditApi::V3, Method::Qris),
        (XenditApi::V2, Method::Shopeepay),
        (XenditApi::V3, Method::CreditCard),
        (XenditApi::V2, Method::CreditCard),
    ] {
        let bench = Bench::speaking(api).await;
        let sold = sell(&bench, method).await;
        let outcome = ask_for(&bench, &refund(&sold, 1)).await.unwrap();
        let settled = matches!(outcome, RefundOutcome::Done(_));
        assert_eq!(settled, method == Method::CreditCard, "{method}: {outcome:?}");
        let facts = gone_back(&bench, &sold).await;
        assert_eq!(facts.iter().map(|fact| &fact.amount).collect::<Vec<_>>(), [&charge(1).amount], "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_was_lost_is_found_under_its_id() {
    let bench = Bench::new().await;
    let sold = sell(&bench, Method::Dana).await;
    bench.fault("refund", "disconnect_after", "").await;
    let lost = ask_for(&bench, &refund(&sold, 1)).await.unwrap_err();
    assert_eq!(lost.certainty, Certainty::Unknown);
    bench.no_faults().await;
    let RefundOutcome::Pending { refund_ref } = ask_for(&bench, &refund(&sold, 1)).await.unwrap() else {
        panic!("a wallet settles later");
    };
    let facts = gone_back(&bench, &sold).await;
    assert_eq!(facts.iter().map(|fact| &fact.refund_ref).collect::<Vec<_>>(), [&refund_ref]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_not_taken_for_undone_because_it_cannot_be_looked_up() {
    let stub = WireStub::start().await;
    stub.on("POST", "/refunds", [Reply::json(409, r#"{"error_code":"DUPLICATE_ERROR","message":"is there"}"#)]);
    stub.on("GET", "/refunds", [Reply::json(429, r#"{"error_code":"RATE_LIMIT_EXCEEDED","message":"later"}"#)]);
    let reference = |text: &str| ProviderRef::parse(text).unwrap();
    let sold = Sold { charge_ref: reference("pr-2b6e7f10"), payment_ref: reference("py-2b6e7f11") };
    let asked = adapter(&stub.base_url(), XenditApi::V3).refund(&account(), &refund(&sold, 1)).await;
    check(asked, (Kind::RateLimited { retry_after: None }, Certainty::Unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_something_else_is_no_refund() {
    for (effect, want) in [("wrong_amount", Kind::Malformed), ("html_error", Kind::Malformed)] {
        let bench = Bench::new().await;
        let sold = sell(&bench, Method::Dana).await;
        bench.fault("refund", effect, r#","status":200"#).await;
        check(ask_for(&bench, &refund(&sold, 1)).await, (want, Certainty::Unknown));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_does_not_give_back_is_unsupported_and_more_than_came_is_refused() {
    let bench = Bench::new().await;
    let sold = sell(&bench, Method::VaBri).await;
    check(ask_for(&bench, &refund(&sold, 1)).await, (Kind::Unsupported, Certainty::NotApplied));
    let bench = Bench::new().await;
    let sold = sell(&bench, Method::Dana).await;
    let more = RefundCharge { amount: mstore_pay_domain::money::Money::from(33_001), ..refund(&sold, 1) };
    check(ask_for(&bench, &more).await, (Kind::InvalidRequest, Certainty::NotApplied));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_code_of_the_older_api_nothing_is_asked_back() {
    let bench = Bench::speaking(XenditApi::V2).await;
    let sold = sell(&bench, Method::Qris).await;
    let before = bench.requests().await.len();
    check(ask_for(&bench, &refund(&sold, 1)).await, (Kind::Unsupported, Certainty::NotApplied));
    assert_eq!(bench.requests().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_before_a_refund_on_a_page_was_asked_for_gave_nothing_back() {
    let bench = Bench::speaking(XenditApi::V3).await;
    let sold = sell(&bench, Method::CreditCard).await;
    for (effect, more) in
        [("disconnect_after", ""), ("status_after", r#","status":500"#), ("html_error", r#","status":200"#)]
    {
        bench.fault("inquire", effect, more).await;
        let error = ask_for(&bench, &refund(&sold, 1)).await.unwrap_err();
        assert_eq!(error.certainty, Certainty::NotApplied, "{effect}: {error:?}");
    }
    bench.fault("refund", "disconnect_after", "").await;
    let error = ask_for(&bench, &refund(&sold, 1)).await.unwrap_err();
    assert_eq!(error.certainty, Certainty::Unknown, "the refund itself was sent: {error:?}");
}
