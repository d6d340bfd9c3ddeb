use std::time::Duration;

use serde_json::{Value, json};

use super::f03_lost_pushes::push;
use super::shop::Shop;
use crate::rig::Pay;
use crate::rig::ledger::LedgerCharge;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const PER_METHOD: u64 = 20;
const PAID_WITHIN: Duration = Duration::from_secs(15);
const EFFECTS: [&str; 4] = ["timeout_after", "disconnect_after", "status_after", "empty_body"];
const DISPLAYED: [&str; 9] =
    ["qris", "gopay", "dana", "shopeepay", "va_bca", "va_bni", "va_bri", "va_mandiri", "credit_card"];
/// OVO, and a card by its token.
const PUSHED: [&str; 2] = ["ovo", "card token"];

fn sale(method: &'static str, number: u64) -> Sale {
    let sale = Sale::of(format!("F71-{}-{number}", method.replace(' ', "-")), 33_000);
    match method {
        "card token" => sale.by_card_token(),
        method => sale.by(method),
    }
}

async fn objects(shop: &Shop, code: &str) -> Vec<LedgerCharge> {
    let charges = shop.rig.control.charges().await;
    charges.into_iter().filter(|charge| charge.order_code.as_deref() == Some(code)).collect()
}

/// The unseen cannot be paid: the till gets another to show, and only that one. What breaks the rule.
pub(super) async fn displayed(shop: &Shop, sale: &Sale, silent: bool) -> Option<String> {
    let shown = match shop.till.sell(sale, Duration::from_secs(40)).await {
        Ok(shown) => shown,
        Err(heard) => return Some(format!("{}: nothing to show: {heard}", sale.order_code)),
    };
    let objects = objects(shop, &sale.order_code).await;
    let on_screen = objects.iter().filter(|object| object.artefact == shown.qr).count();
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    shop.rig.control.pay(&object, &Pay { silent, ..Pay::default() }).await;
    let told = shop.till.await_status(&shown.payment_id, "paid", PAID_WITHIN).await;
    let holds = objects.len() == 2 && on_screen == 1 && told["status"] == "paid";
    let why = || format!("{}: {} objects, {on_screen} on screen, {told}", sale.order_code, objects.len());
    (!holds).then(why)
}

/// What may be on a phone or a card is never sent again, and its money is found. What breaks the rule.
async fn pushed(shop: &Shop, method: &'static str, number: u64) -> Option<String> {
    let sale = sale(method, number);
    let (payment_id, is_unknown) = push(&shop.till, &sale).await;
    let (again, _) = push(&shop.till, &sale).await;
    shop.rig.control.approve(&sale.order_code, &Pay { silent: number.is_multiple_of(2), ..Pay::default() }).await;
    let told = shop.till.await_status(&payment_id, "paid", PAID_WITHIN).await;
    let objects = objects(shop, &sale.order_code).await.len();
    let holds = is_unknown && again == payment_id && objects == 1 && told["status"] == "paid";
    (!holds).then(|| format!("{}: unknown {is_unknown}, {objects} objects, {told}", sale.order_code))
}

#[tokio::test(flavor = "multi_thread")]
async fn f71_whatever_the_method_a_lost_answer_is_followed_by_what_the_table_says() {
    let shop = Shop::open().await;
    let n = cases(PER_METHOD);
    // One method after the other, so that each has answers again before its next is lost.
    let methods = || DISPLAYED.into_iter().chain(PUSHED);
    let sales = || (0..n).flat_map(|number| methods().map(move |method| (method, number)));
    let rules: Vec<Value> = sales()
        .map(|(method, number)| {
            let effect = EFFECTS[usize::try_from(number).expect("an index") % EFFECTS.len()];
            json!({"provider": "xendit", "operation": "open", "effect": effect,
                "reference": sale(method, number).order_code, "times": 1})
        })
        .collect();
    shop.rig.control.faults(&json!(rules)).await;
    let all: Vec<(&'static str, u64)> = sales().collect();
    let count = u64::try_from(all.len()).expect("a count");
    let broken = at_once(count, 12, |index| {
        let ((method, number), shop) = (all[usize::try_from(index).expect("an index")], &shop);
        async move {
            if PUSHED.contains(&method) {
                pushed(shop, method, number).await
            } else {
                displayed(shop, &sale(method, number), number.is_multiple_of(2)).await
            }
        }
    })
    .await;
    let broken: Vec<String> = broken.into_iter().flatten().collect();
    shop.judge("F71").await;
    println!(
        "F71 n={} methods x {n}, answers_lost={count} rule_broken={}",
        DISPLAYED.len() + PUSHED.len(),
        broken.len()
    );
    assert!(broken.is_empty(), "the rule is broken:\n{}", broken.join("\n"));
}
