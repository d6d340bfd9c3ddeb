use std::time::Duration;

use super::shop::Shop;
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const MISMATCHES: u64 = 100;
const ASKED: i64 = 33_000;

/// One rupiah less, one more, a hundred times as much, and dollars.
fn mismatch(number: u64) -> Pay {
    match number % 4 {
        0 => Pay { amount: Some(ASKED - 1), ..Pay::default() },
        1 => Pay { amount: Some(ASKED + 1), ..Pay::default() },
        2 => Pay { amount: Some(ASKED * 100), ..Pay::default() },
        _ => Pay { currency: Some("USD"), ..Pay::default() },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_money_of_another_amount_or_currency_is_kept_and_flagged_and_never_counts_as_paid() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_money_of_another_amount_or_currency_at_midtrans_is_kept_and_flagged_and_never_counts_as_paid() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(MISMATCHES);
    let payments = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F11-{number}"), ASKED)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &mismatch(number)).await;
            shown.payment_id
        }
    })
    .await;
    let unflagged = shop.unflagged(&payments, &["underpaid", "overpaid"], Duration::from_secs(10)).await;
    let mut wrongly_paid = 0;
    for payment in &payments {
        wrongly_paid += u32::from(shop.till.get(payment).await.data()["status"] == "paid");
    }
    let deliveries = shop.rig.control.deliveries().await;
    let of_money = deliveries.iter().filter(|delivery| delivery.event != "pending");
    let acknowledged = of_money.filter(|delivery| delivery.answer == Some(200)).count();
    shop.judge("F11").await;
    println!(
        "F11 at {} n={n} acknowledged={acknowledged} wrongly_paid={wrongly_paid} unflagged={}",
        provider.word(),
        unflagged.len()
    );
    assert_eq!(wrongly_paid, 0, "paid with money of another amount");
    assert!(unflagged.is_empty(), "nobody is told of {unflagged:?}");
    assert_eq!(acknowledged, payments.len(), "the provider is told that its webhooks came");
}
