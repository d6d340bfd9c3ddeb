use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::shop::{SALE_WITHIN, Shop};
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const PER_KIND: u64 = 50;
/// 200, and not what was asked. What merely has more fields is what was asked.
const KINDS: [&str; 8] = [
    "html_error",
    "empty_body",
    "truncated_json",
    "wrong_amount",
    "wrong_reference",
    "foreign_reference",
    "unknown_enum",
    "extra_fields",
];
/// Where all answers are nonsense for a while, the line for questions rests in between.
const WITHIN: Duration = Duration::from_mins(1);

/// One sale: of every second one the opening is answered wrongly, of the others the questions about its money.
struct Case {
    kind: &'static str,
    code: String,
    of_opening: bool,
}

fn rule(provider: Provider, case: &Case) -> Value {
    let (operation, times) = if case.of_opening { ("open", 1) } else { ("inquire", 2) };
    let mut rule = json!({"provider": provider.word(), "operation": operation, "effect": case.kind,
        "reference": case.code, "times": times});
    if case.kind == "html_error" {
        rule["status"] = json!(200);
    }
    rule
}

/// What went wrong with a sale; the answers are counted by the checker.
#[derive(Default)]
struct Wrong {
    without_qr: bool,
    unpaid: bool,
    paid_for_nothing: bool,
}

async fn sell(shop: &Shop, case: &Case, pays: bool) -> Wrong {
    let Ok(shown) = shop.till.sell(&Sale::of(&case.code, 33_000), SALE_WITHIN).await else {
        return Wrong { without_qr: true, ..Wrong::default() };
    };
    if !pays {
        // Whoever is asked about it hears nonsense.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let told = shop.till.get(&shown.payment_id).await.data();
        return Wrong { paid_for_nothing: told["status"] != "pending", ..Wrong::default() };
    }
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    shop.rig.control.pay(&object, &Pay::default()).await;
    let told = shop.till.await_status(&shown.payment_id, "paid", WITHIN).await;
    Wrong { unpaid: told["status"] != "paid" || told["amount"] != 33_000, ..Wrong::default() }
}

/// The drift that was counted, by its kind.
async fn drift(shop: &Shop) -> BTreeMap<String, u64> {
    let metrics = shop.till.read("/metrics").await;
    let text = metrics.answer().map(|answer| answer.body.clone()).unwrap_or_default();
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("mstore_pay_provider_drift_total{")) {
        let kind = line.split("kind=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let count = line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
        *counted.entry(kind.to_owned()).or_default() += count;
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn f34_an_answer_that_is_not_what_was_asked_is_never_taken_for_it() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f34_an_answer_of_midtrans_that_is_not_what_was_asked_is_never_taken_for_it() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let per_kind = cases(PER_KIND);
    let all: Vec<Case> = KINDS
        .iter()
        .flat_map(|kind| {
            (0..per_kind).map(move |number| Case {
                kind,
                code: format!("F34-{kind}-{number}"),
                of_opening: number.is_multiple_of(2),
            })
        })
        .collect();
    shop.rig.control.faults(&json!(all.iter().map(|case| rule(provider, case)).collect::<Vec<_>>())).await;
    let count = u64::try_from(all.len()).expect("a count");
    let wrong = at_once(count, 8, |index| {
        let (shop, case) = (&shop, &all[usize::try_from(index).expect("an index")]);
        sell(shop, case, index % 4 != 0)
    })
    .await;
    let drift = drift(&shop).await;
    let count = |what: fn(&Wrong) -> bool| wrong.iter().filter(|wrong| what(wrong)).count();
    let (without_qr, unpaid, for_nothing) =
        (count(|wrong| wrong.without_qr), count(|wrong| wrong.unpaid), count(|wrong| wrong.paid_for_nothing));
    let judged = shop.judge("F34").await;
    println!(
        "F34 at {} kinds={} x {per_kind}, wrong_adoptions={} without_qr={without_qr} unpaid={unpaid} \
         paid_for_nothing={for_nothing} drift_counted={drift:?}",
        provider.word(),
        KINDS.len(),
        judged.broken("I2"),
    );
    assert_eq!((without_qr, unpaid, for_nothing), (0, 0, 0), "without a QR code, unpaid, paid for nothing");
    for kind in ["field", "shape", "status"] {
        assert!(drift.get(kind).is_some_and(|count| *count > 0), "{kind} is not counted: {drift:?}");
    }
}
