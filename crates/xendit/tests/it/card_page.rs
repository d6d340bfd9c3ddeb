//! Cards on a page of Xendit's: a session, which stays open while the customer tries.

use std::time::Duration;

use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, OpenCharge, OpenedCharge, PaymentProvider as _, ReturnUrls, SnapshotStatus,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_xendit::XenditApi;

use crate::support::{Bench, charge, control, query};

fn card(bench: &Bench) -> OpenCharge {
    let url = |page: &str| format!("https://shop.example/{page}");
    OpenCharge {
        method: Method::CreditCard,
        expires_at: Timestamp::from(bench.sandbox.now()).plus(Duration::from_mins(30)),
        return_urls: Some(ReturnUrls { success: url("ok"), failure: url("no") }),
        ..charge(1)
    }
}

async fn open(bench: &Bench) -> OpenedCharge {
    let asked = card(bench);
    let opened = bench.xendit.open(&bench.account, &asked).await.unwrap();
    let to_the_millisecond = |at: Timestamp| at.micros() / 1_000;
    assert_eq!(opened.expires_at.map(to_the_millisecond), Some(to_the_millisecond(asked.expires_at)));
    opened
}

/// The customer presses a button of the page.
async fn press(bench: &Bench, opened: &OpenedCharge, button: &str) {
    let page = if let Artefact::Link { checkout_url, .. } = &opened.artefact { checkout_url.as_deref() } else { None };
    let page = page.unwrap();
    let (_, path) = page.split_once(&bench.sandbox.address().to_string()).unwrap();
    control::call(bench.sandbox.address(), "POST", &format!("{path}/{button}"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_page_is_paid_after_a_decline_and_its_money_is_found() {
    let bench = Bench::new().await;
    let opened = open(&bench).await;
    assert!(opened.provider_ref.as_str().starts_with("ps-"), "{opened:?}");
    press(&bench, &opened, "decline").await;
    let declined = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!((declined.status, declined.receipts.len()), (SnapshotStatus::Pending, 0), "the page is still open");
    press(&bench, &opened, "pay").await;
    let paid = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(paid.receipts.len(), 1);
    assert!(paid.receipts[0].money.fits(&charge(1).amount));
    assert_eq!(paid.our_reference.as_deref(), Some(charge(1).our_reference.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shortest_page_is_opened_by_a_second_try_half_a_minute_later() {
    for api in [XenditApi::V3, XenditApi::V2] {
        let bench = Bench::speaking(api).await;
        let shortest = bench.xendit.capabilities(&bench.account, Method::CreditCard).unwrap().expiry_min;
        let left = shortest.saturating_sub(Duration::from_secs(30));
        let expires_at = Timestamp::from(bench.sandbox.now()).plus(left);
        bench.xendit.open(&bench.account, &OpenCharge { expires_at, ..card(&bench) }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_page_closes_once() {
    let bench = Bench::new().await;
    let opened = open(&bench).await;
    let closing = CancelCharge {
        charge: charge(1).charge,
        charge_ref: opened.provider_ref.clone(),
        our_reference: charge(1).our_reference,
        method: Method::CreditCard,
        within: Duration::from_secs(5),
    };
    assert_eq!(bench.xendit.cancel(&bench.account, &closing).await.unwrap(), Canceled::Confirmed);
    assert_eq!(bench.xendit.cancel(&bench.account, &closing).await.unwrap(), Canceled::TooLate);
    let closed = bench.ask(query(1, Some(&opened.provider_ref), &[])).await.unwrap();
    assert_eq!(closed.status, SnapshotStatus::Canceled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_page_is_opened_by_one_call_without_a_version() {
    let bench = Bench::new().await;
    open(&bench).await;
    assert_eq!(bench.requests().await, ["POST /xendit/sessions"]);
    let logged = bench.control("GET", "/requests", "").await;
    assert!(!logged.contains("api-version"), "{logged}");
}
