use std::time::Duration;

use serde_json::{Value, json};

use super::f12_forgeries::IN_THE_INBOX;
use super::shop::Shop;
use crate::rig::{Pay, Provider};
use crate::scale::{Draws, at_once, cases};
use crate::till::{Messenger, Sale};

const RANDOM_SIGNATURES: u64 = 10_000;
/// Hex digits of SHA-512.
const SIGNATURE_CHARS: usize = 128;

fn guess(draws: &mut Draws) -> String {
    let digit = |draws: &mut Draws| char::from_digit(u32::try_from(draws.below(16)).expect("a digit"), 16);
    (0..SIGNATURE_CHARS).filter_map(|_| digit(draws)).collect()
}

/// A genuine notification of money, each time with another proof than its own.
fn forged(genuine: &Value, of_another: &Value) -> Vec<Value> {
    let signature = genuine["signature_key"].as_str().expect("a signature").to_owned();
    let with = |proof: Value| {
        let mut body = genuine.clone();
        body["signature_key"] = proof;
        body
    };
    let changed = |field: &str, value: &str| {
        let mut body = genuine.clone();
        body[field] = json!(value);
        body
    };
    let mut without = genuine.clone();
    without.as_object_mut().expect("an object").remove("signature_key");
    vec![
        without,
        with(json!("")),
        with(json!(null)),
        with(json!(signature.chars().skip(1).collect::<String>())),
        with(json!(signature.chars().rev().collect::<String>())),
        with(json!(format!("{signature}0"))),
        with(json!([signature])),
        with(of_another["signature_key"].clone()),
        changed("gross_amount", "33000"),
        changed("gross_amount", "1.00"),
        changed("status_code", "202"),
        changed("order_id", of_another["order_id"].as_str().expect("an order id")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_notifications_with_forged_signatures_are_refused_and_leave_no_trace() {
    let shop = Shop::open_at(&[Provider::Midtrans]).await;
    let n = cases(RANDOM_SIGNATURES);
    shop.rig.control.faults(&json!([shop.rule("webhook", "drop")])).await;
    let (one, other) = (shop.show(&Sale::of("F12-ONE", 33_000)).await, shop.show(&Sale::of("F12-OTHER", 33_000)).await);
    let object = shop.rig.control.scan(&one.reference, &one.qr).await;
    let notices = shop.rig.control.deliveries().await;
    let told = |id: &str, event: &str| -> Value {
        let notice = notices.iter().find(|delivery| delivery.charge_id == id && delivery.event == event);
        serde_json::from_str(notice.expect("a notification").body.get()).expect("JSON")
    };
    let of_another = told(&shop.rig.control.scan(&other.reference, &other.qr).await, "pending");
    let mut genuine = told(&object, "pending");
    genuine["transaction_status"] = json!("settlement");
    genuine["status_code"] = json!("200");
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let before = shop.rig.count(IN_THE_INBOX);
    let mut answers = Vec::new();
    for body in forged(&genuine, &of_another) {
        answers.push(messenger.deliver(&body.to_string()).await);
    }
    let proofs = answers.len();
    let guessed = at_once(n, 8, |number| {
        let (messenger, genuine) = (&messenger, &genuine);
        async move {
            let mut body = genuine.clone();
            body["signature_key"] = json!(guess(&mut Draws::seeded(number)));
            messenger.deliver(&body.to_string()).await
        }
    });
    answers.extend(guessed.await);
    let accepted = answers.iter().filter(|exchange| ![401, 429].contains(&exchange.status())).count();
    let stored = shop.rig.count(IN_THE_INBOX).abs_diff(before);
    let still = shop.till.get(&one.payment_id).await.data()["status"].clone();
    shop.rig.control.faults(&json!([])).await;
    shop.rig.control.pay(&object, &Pay::default()).await;
    let paid = shop.till.await_status(&one.payment_id, "paid", Duration::from_secs(5)).await;
    shop.judge("F12 signatures").await;
    println!("F12 at midtrans n={n} signatures, proofs={proofs} accepted={accepted} stored={stored}");
    assert_eq!((accepted, stored), (0, 0), "forged notifications were accepted, or stored");
    assert_eq!(still, "pending", "a forged notification had an effect");
    assert_eq!(paid["status"], "paid", "after so many forgeries the genuine one is not heard");
}
