//! Cards that come as tokens.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, CardToken, Certainty, OpenCharge, OpenedCharge, PaymentProvider as _, ProviderErrorKind,
    SnapshotStatus,
};

use crate::support::{Bench, WITHIN, page, query};

/// A charge to a card of that number.
async fn card(bench: &Bench, number: &str) -> OpenCharge {
    let token = bench.card_token(number).await;
    OpenCharge { method: Method::CreditCard, card_token: CardToken::new(token), ..bench.charge(1) }
}

fn closing(bench: &Bench, opened: &OpenedCharge) -> CancelCharge {
    CancelCharge {
        charge: bench.charge(1).charge,
        charge_ref: opened.provider_ref.clone(),
        our_reference: bench.charge(1).our_reference,
        method: Method::CreditCard,
        within: WITHIN,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_charged_once_its_bank_has_asked_the_holder() {
    let bench = Bench::new().await;
    let opened = bench.midtrans.open(&bench.account, &card(&bench, "4811111111111114").await).await.unwrap();
    assert_eq!(bench.ask(query(1, None)).await.unwrap().receipts.len(), 0);
    bench.press(page(&opened), "pay").await.unwrap();
    let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!((told.status, told.receipts.len()), (SnapshotStatus::Pending, 1), "captured, and not yet settled");
    assert!(told.receipts[0].money.fits(&Money::from(33_000)));
    assert_eq!(told.exchange.unknown_fields, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_from_a_card_is_not_given_back_by_closing_its_charge() {
    let bench = Bench::new().await;
    let opened = bench.midtrans.open(&bench.account, &card(&bench, "4811111111111114").await).await.unwrap();
    bench.press(page(&opened), "pay").await.unwrap();
    let outcome = bench.midtrans.cancel(&bench.account, &closing(&bench, &opened)).await.unwrap();
    assert_eq!(outcome, Canceled::TooLate);
    assert_eq!(bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap().receipts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_to_a_card_that_nobody_has_approved_is_ended() {
    let bench = Bench::new().await;
    let opened = bench.midtrans.open(&bench.account, &card(&bench, "4811111111111114").await).await.unwrap();
    let outcome = bench.midtrans.cancel(&bench.account, &closing(&bench, &opened)).await.unwrap();
    assert_eq!(outcome, Canceled::Confirmed);
    let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!((told.status, told.receipts.len()), (SnapshotStatus::Expired, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_who_declines_ends_the_charge_for_the_token_is_spent() {
    let bench = Bench::new().await;
    let opened = bench.midtrans.open(&bench.account, &card(&bench, "4811111111111114").await).await.unwrap();
    bench.press(page(&opened), "decline").await.unwrap();
    let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!(told.status, SnapshotStatus::Failed(FailureReason::from_code("DENIED_05")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_midtrans_does_not_know_is_declined() {
    let bench = Bench::new().await;
    let charge = OpenCharge {
        method: Method::CreditCard,
        card_token: CardToken::new("481111-1114-never-made"),
        ..bench.charge(1)
    };
    let error = bench.midtrans.open(&bench.account, &charge).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (ProviderErrorKind::Declined, Certainty::NotApplied));
}
