use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use super::shop::Shop;
use crate::rig::ledger::Delivery;
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::{Messenger, Sale};

const SALES: u64 = 1_000;
const DAYS_LATER: i64 = 3;
const WITHIN: Duration = Duration::from_secs(15);
const CONNECTIONS: usize = 8;

/// Questions that were put to the provider about single objects.
async fn questions(shop: &Shop) -> usize {
    let calls = shop.rig.control.calls().await;
    calls.iter().filter(|call| call.method == "GET" && !call.path.contains("/transactions")).count()
}

/// What tills are told of these payments, and what is before a person.
async fn told(shop: &Shop, payments: &[String]) -> Vec<Value> {
    let mut told = Vec::new();
    for payment in payments {
        told.push(shop.till.get(payment).await.data());
    }
    told.extend(shop.till.exceptions().await);
    told
}

async fn check(provider: Provider) {
    let mut shop = Shop::open_at(&[provider]).await;
    let n = cases(SALES);
    let payments = at_once(n, 16, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F14-{number}"), 33_000)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &Pay::default()).await;
            let paid = shop.till.await_status(&shown.payment_id, "paid", WITHIN).await;
            assert_eq!(paid["status"], "paid", "{paid}");
            shown.payment_id
        }
    })
    .await;
    let captured: Vec<Delivery> = shop.rig.control.deliveries().await;
    shop.rig.kill_gateway();
    // A calendar that is twice as fast since three days ago is three days ahead.
    shop.rig.set("TIME_SCALE", "2");
    shop.rig.set("TIME_ORIGIN", (Utc::now() - TimeDelta::days(DAYS_LATER)).to_rfc3339());
    shop.rig.start_gateway().await;
    let (before, asked) = (told(&shop, &payments).await, questions(&shop).await);
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let count = u64::try_from(captured.len()).expect("a count");
    let answers = at_once(count, CONNECTIONS, |index| {
        let body = captured[usize::try_from(index).expect("an index")].body.get();
        messenger.deliver(body)
    })
    .await;
    let acknowledged = answers.iter().filter(|answer| answer.status() == 200).count();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (after, asked_again) = (told(&shop, &payments).await, questions(&shop).await);
    let effects = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    shop.judge("F14").await;
    println!(
        "F14 at {} n={n} replayed={count} days_later={DAYS_LATER} acknowledged={acknowledged} effects={effects} \
         questions={}",
        provider.word(),
        asked_again - asked
    );
    assert_eq!((effects, before.len()), (0, after.len()), "something changed");
    assert_eq!(asked_again, asked, "nobody has to be asked about what is on record");
    assert_eq!(acknowledged, answers.len(), "the provider is told that it came");
}

#[tokio::test(flavor = "multi_thread")]
async fn f14_a_day_of_webhooks_replayed_days_later_changes_nothing() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f14_a_day_of_notifications_of_midtrans_replayed_days_later_changes_nothing() {
    check(Provider::Midtrans).await;
}
