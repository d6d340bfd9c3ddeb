use std::time::Duration;

use chrono::Utc;

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const PAGES: u64 = 100;
const WITHIN: Duration = Duration::from_secs(12);

/// What went wrong with one page.
#[derive(Debug, Default, Clone, Copy)]
struct Wrong {
    ended_by_a_decline: bool,
    unpaid: bool,
    unflagged: bool,
}

/// A card is declined on the page, the cashier opens a QR code instead, and the customer tries the page once more. Of
/// every second customer the QR code is paid as well.
async fn decline(shop: &Shop, number: u64) -> Wrong {
    let (code, control) = (format!("F68-{number}"), &shop.rig.control);
    let page = shop.show(&Sale::of(&code, 33_000).by("credit_card")).await;
    let session = control.scan(&page.reference, &page.qr).await;
    control.fail(&session).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ended_by_a_decline = shop.till.get(&page.payment_id).await.data()["status"] != "pending";
    // On the page, the card's bank is being asked already when the cashier changes their mind.
    let inquired_at = Some(Utc::now());
    let qr = shop.show(&Sale::of(&code, 33_000)).await;
    let both = number.is_multiple_of(2);
    if both {
        let object = control.scan(&qr.reference, &qr.qr).await;
        control.pay(&object, &Pay { silent: number.is_multiple_of(4), ..Pay::default() }).await;
        shop.till.await_status(&qr.payment_id, "paid", WITHIN).await;
    }
    control.pay(&session, &Pay { inquired_at, silent: number % 4 < 2, ..Pay::default() }).await;
    let told = shop.till.await_status(&page.payment_id, "paid", WITHIN).await;
    let kind = if both { "paid_twice" } else { "late_paid" };
    let unflagged = shop.unflagged(&[page.payment_id], &[kind], Duration::from_secs(5)).await;
    Wrong { ended_by_a_decline, unpaid: told["status"] != "paid", unflagged: !unflagged.is_empty() }
}

#[tokio::test(flavor = "multi_thread")]
async fn f68_a_page_that_declined_is_watched_until_it_is_dead() {
    let shop = Shop::open().await;
    let n = cases(PAGES);
    let wrong = at_once(n, 8, |number| decline(&shop, number)).await;
    let count = |what: fn(&Wrong) -> bool| wrong.iter().filter(|wrong| what(wrong)).count();
    let (ended, unpaid, unflagged) =
        (count(|wrong| wrong.ended_by_a_decline), count(|wrong| wrong.unpaid), count(|wrong| wrong.unflagged));
    shop.judge("F68").await;
    println!("F68 n={n} ended_by_a_decline={ended} unpaid={unpaid} unflagged={unflagged}");
    assert_eq!((ended, unpaid, unflagged), (0, 0, 0), "ended by a decline, unpaid, not flagged");
}
