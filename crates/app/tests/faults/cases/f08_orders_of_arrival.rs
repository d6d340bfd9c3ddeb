use std::time::Duration;

use serde_json::{Value, json};

use super::shop::Shop;
use crate::rig::ledger::Delivery;
use crate::rig::{Pay, Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::{Messenger, Sale};

/// Every order of five webhooks.
const PERMUTATIONS: u64 = 120;

/// The `n`th order of `items`.
fn permutation<T>(mut items: Vec<T>, mut n: u64) -> Vec<T> {
    let mut ordered = Vec::new();
    while !items.is_empty() {
        let choices = u64::try_from(items.len()).expect("a count");
        ordered.push(items.remove(usize::try_from(n % choices).expect("an index")));
        n /= choices;
    }
    ordered
}

/// What the provider told of one object.
fn body(told: &[&Delivery], event: &str) -> Value {
    let found = told.iter().find(|delivery| delivery.event == event);
    let found = found.unwrap_or_else(|| panic!("no {event} was told"));
    serde_json::from_str(found.body.get()).expect("a webhook is JSON")
}

fn signals(provider: Provider, told: &[&Delivery]) -> Vec<String> {
    match provider {
        Provider::Xendit => of_xendit(told),
        Provider::Midtrans => of_midtrans(told),
    }
}

/// Those it told, and the payment once more, with a field that no signature covers.
fn of_midtrans(told: &[&Delivery]) -> Vec<String> {
    let paid = body(told, "settlement");
    let mut again = paid.clone();
    again["custom_field3"] = json!("again");
    let bodies = [body(told, "pending"), paid, again, body(told, "expire"), body(told, "deny")];
    bodies.iter().map(Value::to_string).collect()
}

/// Those it told, and two things more: the payment told once more later, and told when it was still under way.
fn of_xendit(told: &[&Delivery]) -> Vec<String> {
    let body = |event: &str| body(told, event);
    let paid = body("payment.capture");
    let mut again = paid.clone();
    again["created"] = json!("2030-01-01T00:00:00.000Z");
    let mut under_way = paid.clone();
    under_way["event"] = json!("payment.authorization");
    under_way["data"]["status"] = json!("PENDING");
    let bodies = [under_way, paid, again, body("payment_request.expiry"), body("payment.failure")];
    bodies.iter().map(Value::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_whatever_the_order_of_arrival_the_end_is_the_same() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_whatever_the_order_in_which_midtrans_is_heard_the_end_is_the_same() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    // The list of arrived money stays empty, so that webhooks alone bring the news.
    let plan = Plan::over(StoreKind::of_run()).listing_after(3_600_000);
    let shop = Shop::open_as(plan.selling_at(&[provider])).await;
    let n = cases(PERMUTATIONS);
    shop.rig.control.faults(&json!([shop.rule("webhook", "drop")])).await;
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let ends = at_once(n, 4, |number| {
        let (shop, messenger) = (&shop, &messenger);
        async move {
            let shown = shop.show(&Sale::of(format!("F08-{number}"), 33_000)).await;
            let control = &shop.rig.control;
            let object = control.scan(&shown.reference, &shown.qr).await;
            control.fail(&object).await;
            control.expire(&object, false).await;
            let booked = control.pay(&object, &Pay::default()).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let deliveries = control.deliveries().await;
            let told: Vec<&Delivery> = deliveries.iter().filter(|delivery| delivery.charge_id == object).collect();
            // Spread over all orders, however few are tried.
            for body in permutation(signals(provider, &told), number * PERMUTATIONS / n) {
                let answer = messenger.deliver(&body).await;
                assert_eq!(answer.status(), 200, "{answer:?}");
            }
            let end = shop.till.await_status(&shown.payment_id, "paid", Duration::from_secs(10)).await;
            let same_time = instant(provider, &end["paid_at"]) == instant(provider, &booked["paid_at"]);
            (end["status"] == "paid" && end["amount"] == 33_000 && same_time, end)
        }
    })
    .await;
    let other: Vec<&Value> = ends.iter().filter(|(same, _)| !same).map(|(_, end)| end).collect();
    shop.judge("F08").await;
    println!("F08 at {} n={n} of {PERMUTATIONS} orders of arrival, ended_otherwise={}", provider.word(), other.len());
    assert!(other.is_empty(), "{} ended otherwise: {:?}", other.len(), other.first());
}

/// A time as finely as that provider writes it.
fn instant(provider: Provider, time: &Value) -> Option<i64> {
    let time: chrono::DateTime<chrono::Utc> = time.as_str()?.parse().ok()?;
    Some(match provider {
        Provider::Xendit => time.timestamp_millis(),
        Provider::Midtrans => time.timestamp(),
    })
}
