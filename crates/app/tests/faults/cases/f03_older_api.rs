//! `XENDIT_API=v2` opens under keys that the provider honours: whatever was lost, an order has one object.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::f03_lost_pushes::push;
use super::shop::{Shop, millis};
use crate::rig::{Pay, Plan, StoreKind};
use crate::scale::{at_once, cases, percentile};
use crate::till::{Sale, Till};

const CREATES: u64 = 500;
const RUNS: u64 = 200;
/// Sales at a time: all of them are cut off by one kill.
const PER_KILL: usize = 20;
/// The gateway holds still between the provider's answer and its commit.
const HELD: &str = "after_call_before_commit=sleep(8000)";
const SOLD_WITHIN: Duration = Duration::from_secs(40);
const PAID_WITHIN: Duration = Duration::from_secs(15);
/// All but cards: their page is a session, which knows no key whatever the API, and is hidden as in v3 (F71).
const METHODS: [&str; 8] = ["qris", "ovo", "dana", "shopeepay", "va_bca", "va_bni", "va_bri", "va_mandiri"];

/// The gateway's address is what it was after a restart, as an operator's is: a key stands for one body, and wallets are
/// told where their customers come back to.
async fn shop() -> Shop {
    let plan = Plan::over(StoreKind::of_run()).with("XENDIT_API", "v2");
    Shop::open_as(plan.with("PUBLIC_BASE_URL", "https://pay.example.com")).await
}

fn sale(case: &str, number: u64) -> Sale {
    let method = METHODS[usize::try_from(number).expect("an index") % METHODS.len()];
    Sale::of(format!("{case}-v2-{method}-{number}"), 33_000).by(method)
}

/// Sells it, lets the customer pay, and waits until the till knows. What went wrong.
async fn sell_and_pay(shop: &Shop, till: &Till, sale: &Sale) -> Option<String> {
    let payment_id = if sale.method == "ovo" {
        let (payment_id, _) = push(till, sale).await;
        shop.rig.control.approve(&sale.order_code, &Pay::default()).await;
        payment_id
    } else {
        let shown = match till.sell(sale, SOLD_WITHIN).await {
            Ok(shown) => shown,
            Err(heard) => return Some(format!("{}: nothing to show: {heard}", sale.order_code)),
        };
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
        shown.payment_id
    };
    let told = shop.till.await_status(&payment_id, "paid", PAID_WITHIN).await;
    (told["status"] != "paid").then(|| format!("{}: {told}", sale.order_code))
}

/// How many objects there are, those beyond the first of an order, and how many orders were paid more than once.
async fn objects(shop: &Shop) -> (usize, Vec<String>, usize) {
    let charges = shop.rig.control.charges().await;
    let mut receipts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut second = Vec::new();
    for charge in &charges {
        if receipts.contains_key(&charge.order_code.as_deref()) {
            second.push(format!("{} of {:?}", charge.id, charge.order_code));
        }
        *receipts.entry(charge.order_code.as_deref()).or_default() += charge.arrived().count();
    }
    let double_paid = receipts.values().filter(|receipts| **receipts > 1).count();
    (charges.len(), second, double_paid)
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_when_answers_of_the_older_api_are_lost_each_order_has_one_object() {
    let shop = shop().await;
    let n = cases(CREATES);
    shop.rig
        .control
        .faults(&json!([
            {"provider": "xendit", "operation": "open", "effect": "timeout_after", "probability": 0.1, "seed": 37},
            {"provider": "xendit", "operation": "open", "effect": "disconnect_after", "probability": 0.1111, "seed": 38},
            {"provider": "xendit", "operation": "open", "effect": "status_after", "probability": 0.125, "seed": 39},
        ]))
        .await;
    let patient = shop.till.patient(Duration::from_millis(2_500));
    let broken = at_once(n, 8, |number| {
        // Every third till gives up early and sends the same again while the first still runs; half send a key.
        let till = if number.is_multiple_of(3) { &patient } else { &shop.till };
        let sale = sale("F03", number);
        let key = format!("key-{}", sale.order_code);
        let sale = if number.is_multiple_of(2) { sale.with_key(key) } else { sale };
        let shop = &shop;
        async move { sell_and_pay(shop, till, &sale).await }
    })
    .await;
    let broken: Vec<String> = broken.into_iter().flatten().collect();
    let opening = ["/qr_codes", "/payment_requests", "/sessions"];
    let calls = shop.rig.control.calls().await;
    let opens =
        calls.iter().filter(|call| call.method == "POST" && opening.iter().any(|path| call.path.ends_with(path)));
    let answers_lost = opens.filter(|call| call.status.is_none_or(|status| status >= 300)).count();
    let (all, second, double_paid) = objects(&shop).await;
    shop.judge("F03 v2").await;
    println!(
        "F03 v2 n={n} objects={all} second_objects={} double_paid={double_paid} answers_lost={answers_lost} \
         not_sold={}",
        second.len(),
        broken.len()
    );
    assert!(answers_lost > 0, "the faults never struck");
    assert!(broken.is_empty(), "not sold and paid:\n{}", broken.join("\n"));
    assert!(second.is_empty(), "second objects:\n{}", second.join("\n"));
    assert_eq!(double_paid, 0, "paid twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_killed_between_the_older_apis_answer_and_the_commit_the_object_is_adopted() {
    let mut shop = shop().await;
    let n = cases(RUNS);
    let sales: Vec<Sale> = (0..n).map(|number| sale("F05", number)).collect();
    let mut delays = Vec::new();
    let mut broken = Vec::new();
    for some in sales.chunks(PER_KILL) {
        let count = u64::try_from(some.len()).expect("a count");
        shop.rig.kill_gateway();
        shop.rig.arm_gateway(HELD).await;
        let impatient = shop.till.patient(Duration::from_secs(2));
        let nth = |index| &some[usize::try_from(index).expect("an index")];
        let answers = at_once(count, some.len(), |index| impatient.create(nth(index))).await;
        for answer in answers {
            assert!(answer.lost().is_some(), "the gateway was to hold still, and answered {answer:?}");
        }
        shop.rig.kill_gateway();
        shop.rig.start_gateway().await;
        let sold = at_once(count, 8, |index| {
            let shop = &shop;
            async move {
                let began = Instant::now();
                (sell_and_pay(shop, &shop.till, nth(index)).await, millis(began.elapsed()))
            }
        });
        for (wrong, took) in sold.await {
            broken.extend(wrong);
            delays.push(took);
        }
    }
    let (all, second, double_paid) = objects(&shop).await;
    let judged = shop.judge("F05 v2").await;
    println!(
        "F05 v2 n={n} orphans={} objects={all} second_objects={} double_paid={double_paid} not_sold={} \
         sold_and_paid_again_max={}ms",
        judged.broken("I2"),
        second.len(),
        broken.len(),
        percentile(delays, 100)
    );
    assert!(broken.is_empty(), "not sold and paid:\n{}", broken.join("\n"));
    assert!(second.is_empty(), "second objects:\n{}", second.join("\n"));
    assert_eq!((all, double_paid), (sales.len(), 0), "objects, paid twice");
}
