//! Pages of Snap's, on which a customer picks, and may pick again.

use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, OpenCharge, OpenedCharge, PaymentProvider as _, ProviderErrorKind, SnapshotStatus,
};
use mstore_pay_midtrans::MidtransApi;
use mstore_pay_sandbox::SandboxConfig;

use crate::support::{Bench, WITHIN, page, query};

async fn bench() -> Bench {
    Bench::speaking(MidtransApi::Snap, SandboxConfig::default()).await
}

async fn open(bench: &Bench, method: Method) -> OpenedCharge {
    let lasts = std::time::Duration::from_mins(30);
    let expires_at = bench.charge(1).expires_at.plus(lasts);
    let charge = OpenCharge { method, expires_at, ..bench.charge(1) };
    bench.midtrans.open(&bench.account, &charge).await.unwrap()
}

fn closing(bench: &Bench, opened: &OpenedCharge) -> CancelCharge {
    CancelCharge {
        charge: bench.charge(1).charge,
        charge_ref: opened.provider_ref.clone(),
        our_reference: bench.charge(1).our_reference,
        method: Method::Gopay,
        within: WITHIN,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_method_is_paid_on_its_own_page_and_not_found_before_it_is_picked() {
    for (method, button) in [
        (Method::Qris, "other_qris"),
        (Method::Gopay, "gopay"),
        (Method::Dana, "dana"),
        (Method::CreditCard, "credit_card"),
    ] {
        let bench = bench().await;
        let opened = open(&bench, method).await;
        let unpicked = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap_err();
        assert_eq!(unpicked.kind, ProviderErrorKind::NotFound, "{method}");
        let wallet = bench.press(page(&opened), button).await.unwrap();
        bench.press(&wallet, "pay").await.unwrap();
        let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
        assert_eq!((told.status, told.receipts.len()), (SnapshotStatus::Pending, 1), "{method}");
        assert_eq!(told.charge_ref.as_ref(), Some(&opened.provider_ref), "{method}: the page is the charge");
        assert_ne!(told.receipts[0].payment_ref, opened.provider_ref, "{method}: the transaction is the payment");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_on_a_page_fails_nothing_for_the_customer_may_pick_again() {
    let bench = bench().await;
    let opened = open(&bench, Method::Gopay).await;
    let wallet = bench.press(page(&opened), "gopay").await.unwrap();
    bench.press(&wallet, "decline").await.unwrap();
    let told = bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap();
    assert_eq!((told.status, told.receipts.len()), (SnapshotStatus::Pending, 0));
    let wallet = bench.press(page(&opened), "gopay").await.unwrap();
    bench.press(&wallet, "pay").await.unwrap();
    assert_eq!(bench.ask(query(1, Some(&opened.provider_ref))).await.unwrap().receipts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_closes_once_and_with_it_what_was_picked_on_it() {
    for picked in [false, true] {
        let bench = bench().await;
        let opened = open(&bench, Method::Gopay).await;
        if picked {
            bench.press(page(&opened), "gopay").await.unwrap();
        }
        for _again in 0..2 {
            let outcome = bench.midtrans.cancel(&bench.account, &closing(&bench, &opened)).await.unwrap();
            assert_eq!(outcome, Canceled::Confirmed, "picked: {picked}");
        }
        assert_eq!(bench.press(page(&opened), "gopay").await, None, "nobody picks on it any more");
        let charges = bench.rows("/charges").await;
        assert!(charges.iter().all(|row| row.raw("payable") == Some("false")), "picked: {picked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_where_its_notifications_go_and_asks_for_one_method() {
    let bench = bench().await;
    open(&bench, Method::Qris).await;
    let request = bench.requests().await.remove(0);
    assert_eq!(request.text("path").as_deref(), Some("/midtrans/snap/v1/transactions"));
    let told = request.object("headers").unwrap().text("x-override-notification");
    assert_eq!(told.as_deref(), Some("http://127.0.0.1:9/webhook/midtrans/main"));
    let [made] = bench.rows("/pages").await.try_into().unwrap();
    assert_eq!(made.raw("offers"), Some(r#"["other_qris"]"#));
}
