use std::time::Duration;

use serde_json::{Value, json};

use super::shop::Shop;
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::{Messenger, Sale};

const EDITED: u64 = 100;
/// What an edited notification claims: its signature covers none of it.
const CLAIMS: [&str; 2] = ["settlement", "capture"];
/// For as long, somebody might believe it.
const BELIEVED_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn f13_a_genuine_notification_with_another_status_pays_nothing() {
    let shop = Shop::open_at(&[Provider::Midtrans]).await;
    let n = cases(EDITED);
    shop.rig.control.faults(&json!([shop.rule("webhook", "drop")])).await;
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let ends = at_once(n, 8, |number| {
        let (shop, messenger) = (&shop, &messenger);
        async move {
            let shown = shop.show(&Sale::of(format!("F13-{number}"), 33_000)).await;
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            let notices = shop.rig.control.deliveries().await;
            let genuine = notices.iter().find(|delivery| delivery.charge_id == object).expect("a notification");
            let mut edited: Value = serde_json::from_str(genuine.body.get()).expect("JSON");
            let claim = usize::try_from(number).expect("an index") % CLAIMS.len();
            edited["transaction_status"] = json!(CLAIMS[claim]);
            edited["fraud_status"] = json!("accept");
            let answer = messenger.deliver(&edited.to_string()).await;
            tokio::time::sleep(BELIEVED_WITHIN).await;
            let told = shop.till.get(&shown.payment_id).await.data();
            // Money that does come is believed.
            shop.rig.control.pay(&object, &Pay::default()).await;
            messenger.deliver(genuine.body.get()).await;
            let paid = shop.till.await_status(&shown.payment_id, "paid", Duration::from_secs(30)).await;
            (answer.status() == 200, told["status"] == "paid", paid["status"] == "paid")
        }
    })
    .await;
    shop.judge("F13").await;
    let count = |what: fn(&(bool, bool, bool)) -> bool| ends.iter().filter(|end| what(end)).count();
    let (acknowledged, wrongly, paid) = (count(|end| end.0), count(|end| end.1), count(|end| end.2));
    println!("F13 n={n} acknowledged={acknowledged} wrongly_paid={wrongly} paid_when_money_came={paid}");
    assert_eq!(wrongly, 0, "paid on the word of an edited notification");
    assert_eq!((u64::try_from(acknowledged), u64::try_from(paid)), (Ok(n), Ok(n)), "acknowledged, and paid afterwards");
}
