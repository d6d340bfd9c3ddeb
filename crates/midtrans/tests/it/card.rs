//! Cards that come as tokens.

use mstore_pay_domain::charge::FailureReason;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, CardToken, Certainty, OpenCharge, PaymentProvider as _, ProviderErrorKind, Query,
    SnapshotStatus,
};
use mstore_pay_midtrans::MidtransApi;
use mstore_pay_sandbox::SandboxConfig;

use crate::support::{Bench, WITHIN, page, query};

/// A charge to a card of that number.
async fn card(bench: &Bench, number: &str) -> OpenCharge {
    let token = bench.card_token(number).await;
    OpenCharge { method: Method::CreditCard, card_token: CardToken::new(token), ..bench.charge(1) }
}

fn closing(bench: &Bench, charge_ref: &ProviderRef) -> CancelCharge {
    CancelCharge {
        charge: bench.charge(1).charge,
        charge_ref: charge_ref.clone(),
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
    let outcome = bench.midtrans.cancel(&bench.account, &closing(&bench, &opened.provider_ref)).await.unwrap();
    assert_eq!(outcome, Canceled::TooLate);
    assert_eq!(bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap().receipts.len(), 1);
}

/// Somebody voids a charge to a card in Midtrans' dashboard.
async fn void(bench: &Bench, transaction: &ProviderRef) {
    // That of a wallet is withdrawn by the same call.
    let void = CancelCharge { method: Method::Gopay, ..closing(bench, transaction) };
    assert_eq!(bench.midtrans.cancel(&bench.account, &void).await.unwrap(), Canceled::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_charged_and_voided_is_taken_back_where_its_money_was_known() {
    let bench = Bench::new().await;
    let opened = bench.midtrans.open(&bench.account, &card(&bench, "4811111111111114").await).await.unwrap();
    bench.press(page(&opened), "pay").await.unwrap();
    void(&bench, &opened.provider_ref).await;
    let unknown = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!((unknown.receipts.len(), unknown.reversals.len()), (0, 0));
    let was_paid = Query { was_paid: true, ..query(1, Some(&opened.provider_ref)) };
    let told = bench.ask(was_paid).await.unwrap();
    let [(payment, _)] = told.reversals.as_slice() else { panic!("{told:?}") };
    assert_eq!((payment, told.status), (&opened.provider_ref, SnapshotStatus::Canceled));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_page_a_void_takes_back_only_the_transaction_whose_money_is_known() {
    let bench = Bench::speaking(MidtransApi::Snap, SandboxConfig::default()).await;
    let expires_at = bench.charge(1).expires_at.plus(std::time::Duration::from_mins(30));
    let charge = OpenCharge { method: Method::CreditCard, expires_at, ..bench.charge(1) };
    let opened = bench.midtrans.open(&bench.account, &charge).await.unwrap();
    let bank = bench.press(page(&opened), "credit_card").await.unwrap();
    bench.press(&bank, "pay").await.unwrap();
    let about = query(1, Some(&opened.provider_ref));
    let transaction = bench.ask(about.clone()).await.unwrap().receipts.remove(0).payment_ref;
    void(&bench, &transaction).await;
    let reversed = async |query: Query| bench.ask(query).await.unwrap().reversals.len();
    let paid = Query { was_paid: true, ..about.clone() };
    assert_eq!(reversed(Query { payment_refs: vec![transaction.clone()], ..paid.clone() }).await, 1);
    assert_eq!(reversed(paid).await, 0, "money came by another, as far as is known");
    assert_eq!(reversed(Query { payment_refs: vec![transaction], ..about }).await, 0, "none came");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_to_a_card_that_nobody_has_approved_is_ended() {
    let bench = Bench::new().await;
    let opened = bench.midtrans.open(&bench.account, &card(&bench, "4811111111111114").await).await.unwrap();
    let outcome = bench.midtrans.cancel(&bench.account, &closing(&bench, &opened.provider_ref)).await.unwrap();
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
