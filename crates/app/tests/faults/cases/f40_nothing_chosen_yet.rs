use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::sleep;

use super::shop::Shop;
use crate::rig::{Pay, Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const SALES: u64 = 100;
/// The shortest time that a page is given.
const PAGE_SECONDS: u32 = 60;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of those who pay, some do with so many seconds left.
const CHOSEN_BEFORE_THE_END_SECONDS: i64 = 20;
/// After the end of its page a sale is over by then.
const OVER_WITHIN: Duration = Duration::from_mins(2);

/// What became of a sale on a page.
struct End {
    /// Told as over while its page could still be paid.
    early: bool,
    /// Told as what it is in the end.
    right: bool,
}

async fn sell(shop: &Shop, number: u64) -> End {
    let sale = Sale::of(format!("F40-{number}"), 33_000).by("credit_card").expiring_in(PAGE_SECONDS);
    let shown = shop.show(&sale).await;
    let first = shop.till.get(&shown.payment_id).await.data();
    let expires_at: DateTime<Utc> = first["expires_at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
    let pays = number.is_multiple_of(2);
    let chooses_at = expires_at - chrono::TimeDelta::seconds(CHOSEN_BEFORE_THE_END_SECONDS);
    let mut early = false;
    while Utc::now() < if pays { chooses_at } else { expires_at } {
        early |= shop.till.get(&shown.payment_id).await.data()["status"] != "pending";
        sleep(LOOK_EVERY).await;
    }
    if pays {
        let page = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&page, &Pay::default()).await;
    }
    let end = if pays { "paid" } else { "expired" };
    let told = shop.till.await_status(&shown.payment_id, end, OVER_WITHIN).await;
    End { early, right: told["status"] == end }
}

#[tokio::test(flavor = "multi_thread")]
async fn f40_a_page_of_midtrans_on_which_nothing_is_chosen_yet_is_pending_until_it_ends() {
    let plan = Plan::over(StoreKind::of_run()).selling_at(&[Provider::Midtrans]).with("MIDTRANS_API", "snap");
    let shop = Shop::open_as(plan).await;
    let n = cases(SALES);
    let ends = at_once(n, usize::try_from(n).expect("a width"), |number| sell(&shop, number)).await;
    let count = |what: fn(&End) -> bool| ends.iter().filter(|end| what(end)).count();
    let (early, wrong) = (count(|end| end.early), count(|end| !end.right));
    shop.judge("F40").await;
    println!("F40 n={n} failed_early={early} ended_otherwise={wrong}");
    assert_eq!((early, wrong), (0, 0), "over before its page was, and otherwise than it ended");
}
