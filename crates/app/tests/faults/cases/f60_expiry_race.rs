use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use super::shop::Shop;
use crate::rig::Pay;
use crate::rig::ledger::LedgerCharge;
use crate::scale::{Draws, at_once, cases};
use crate::till::{Sale, Shown};

const RACES: u64 = 500;
/// The shortest life a till can ask for.
const EXPIRES_IN_SECONDS: u32 = 60;
/// Longer than it takes to withdraw, wait for stragglers, close and ask.
const ENDED_WITHIN: Duration = Duration::from_secs(90);

/// When the payment's display ends, as the till was told.
async fn expires_at(shop: &Shop, shown: &Shown) -> DateTime<Utc> {
    let told = shop.till.get(&shown.payment_id).await.data();
    told["expires_at"].as_str().and_then(|at| at.parse().ok()).expect("an expiry")
}

#[tokio::test(flavor = "multi_thread")]
async fn f60_money_around_the_moment_of_expiry_is_never_overlooked() {
    let shop = Shop::open().await;
    let n = cases(RACES);
    let sold = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let sale = Sale::of(format!("F60-{number}"), 33_000).expiring_in(EXPIRES_IN_SECONDS);
            let shown = shop.show(&sale).await;
            let at = expires_at(shop, &shown).await;
            (shown, at)
        }
    })
    .await;
    // All at once, each at its own time: just before, just after, or around the questions that end it.
    let width = sold.len();
    at_once(n, width, |index| {
        let ((shown, at), shop) = (sold[usize::try_from(index).expect("an index")].clone(), &shop);
        async move {
            let mut draws = Draws::seeded(index);
            let millis = match index % 4 {
                0 => -1,
                1 => 1,
                2 => 60_000 - 1_000 + i64::try_from(draws.below(2_000)).expect("a shift"),
                _ => return,
            };
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            let moment = at + TimeDelta::milliseconds(millis);
            sleep((moment - Utc::now()).to_std().unwrap_or_default()).await;
            shop.rig.control.pay(&object, &Pay { silent: draws.percent(50), ..Pay::default() }).await;
        }
    })
    .await;
    let paid = shop.rig.control.charges().await.iter().filter(|charge| LedgerCharge::is_paid(charge)).count();
    let mismatches = at_once(n, 8, |index| {
        let ((shown, _), shop) = (&sold[usize::try_from(index).expect("an index")], &shop);
        async move {
            let want = if index % 4 == 3 { "expired" } else { "paid" };
            shop.till.await_status(&shown.payment_id, want, ENDED_WITHIN).await["status"] != want
        }
    })
    .await;
    let mismatches = mismatches.into_iter().filter(|wrong| *wrong).count();
    shop.judge("F60").await;
    println!("F60 n={n} paid={paid} mismatches={mismatches}");
    assert_eq!(mismatches, 0, "not what the ledger says");
}
