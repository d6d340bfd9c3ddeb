use std::collections::BTreeMap;
use std::time::Duration;

use mstore_pay_domain::audit::BodyRole;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::shop::{SALE_WITHIN, Shop};
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Shown};

const PER_KIND: u64 = 50;
/// 200, and not what was asked, with what is found in that answer alone, if there is anything. What merely has more
/// fields is what was asked.
const KINDS: [(&str, &str); 8] = [
    ("html_error", "Bad gateway"),
    ("empty_body", ""),
    ("truncated_json", ""),
    ("wrong_amount", "33001"),
    ("wrong_reference", "SANDBOX-NOBODYS-REFERENCE"),
    ("foreign_reference", ""),
    ("unknown_enum", "SANDBOX_UNHEARD_OF"),
    ("extra_fields", "sandbox_extra"),
];
/// Records that keep the answer that was none, and the one that says more than we know.
const KEPT_BY: [&str; 2] = ["charge_unknown", "provider_drifted"];
/// Where all answers are nonsense for a while, the line for questions rests in between.
const WITHIN: Duration = Duration::from_mins(1);
/// For as long, nonsense might be taken for money.
const BELIEVED_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks at whether the provider was asked.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// One sale: of every second one the opening is answered wrongly, of the others the questions about its money.
struct Case {
    kind: &'static str,
    /// What is kept of a wrong answer has that in it.
    mark: &'static str,
    code: String,
    of_opening: bool,
    /// Or else it expires, and nobody paid it.
    pays: bool,
}

impl Case {
    /// Of each kind, as many of either sort are paid as expire.
    fn all(per_kind: u64) -> Vec<Self> {
        let of_kind = |(kind, mark): (&'static str, &'static str)| {
            (0..per_kind).map(move |number| Self {
                kind,
                mark,
                code: format!("F34-{kind}-{number}"),
                of_opening: number.is_multiple_of(2),
                pays: number % 4 < 2,
            })
        };
        KINDS.into_iter().flat_map(of_kind).collect()
    }

    fn rule(&self, provider: Provider) -> Value {
        let (operation, times) = if self.of_opening { ("open", 1) } else { ("inquire", 2) };
        let mut rule = json!({"provider": provider.word(), "operation": operation, "effect": self.kind,
            "reference": self.code, "times": times});
        if self.kind == "html_error" {
            rule["status"] = json!(200);
        }
        rule
    }
}

/// What may go wrong with a sale; the answers are counted by the checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    WithoutQr,
    Unpaid,
    PaidForNothing,
    /// Nobody was asked whether it was paid.
    Unasked,
}

async fn sell(shop: &Shop, case: &Case) -> Vec<Wrong> {
    let Ok(shown) = shop.till.sell(&Sale::of(&case.code, 33_000), SALE_WITHIN).await else {
        return vec![Wrong::WithoutQr];
    };
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    if !case.pays {
        return expire(shop, &shown, &object).await;
    }
    shop.rig.control.pay(&object, &Pay::default()).await;
    let told = shop.till.await_status(&shown.payment_id, "paid", WITHIN).await;
    let is_paid = told["status"] == "paid" && told["amount"] == 33_000;
    if is_paid { Vec::new() } else { vec![Wrong::Unpaid] }
}

/// The provider says that it expired: the gateway asks whether it was paid before, and may hear nonsense.
async fn expire(shop: &Shop, shown: &Shown, object: &str) -> Vec<Wrong> {
    shop.rig.control.expire(object, false).await;
    let deadline = Instant::now() + WITHIN;
    let mut asked = false;
    while !asked && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        let calls = shop.rig.control.calls().await;
        asked = calls.iter().any(|call| call.method == "GET" && call.path.contains(object));
    }
    let told = shop.till.await_status(&shown.payment_id, "expired", BELIEVED_WITHIN).await;
    let is_unpaid = ["pending", "expired"].iter().any(|status| told["status"] == *status);
    [(!asked, Wrong::Unasked), (!is_unpaid, Wrong::PaidForNothing)]
        .into_iter()
        .filter_map(|(is_so, wrong)| is_so.then_some(wrong))
        .collect()
}

/// Of the sales whose opening was answered wrongly, by kind, those where that answer is on the record of a payment of
/// the order.
async fn kept(shop: &Shop, all: &[Case]) -> BTreeMap<&'static str, u64> {
    let store = shop.rig.store_to_read().await;
    let merchant = MerchantId::parse(shop.till.merchant.as_str()).expect("a merchant");
    let mut kept: BTreeMap<&str, u64> = BTreeMap::new();
    for case in all.iter().filter(|case| case.of_opening) {
        let code = OrderCode::parse(case.code.as_str()).expect("an order code");
        let mut is_kept = false;
        for payment in store.of_order(&merchant, &code).await.expect("payments of an order") {
            let records = store.records(&payment.id).await.expect("a payment's trail");
            let records = records.iter().filter(|record| KEPT_BY.contains(&record.event.as_str()));
            for (role, digest) in records.flat_map(|record| &record.bodies) {
                let body = store.body(digest).await.expect("a body").unwrap_or_default();
                is_kept |= role == BodyRole::Response.word() && String::from_utf8_lossy(&body).contains(case.mark);
            }
        }
        *kept.entry(case.kind).or_default() += u64::from(is_kept);
    }
    kept
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
    let all = Case::all(per_kind);
    shop.rig.control.faults(&json!(all.iter().map(|case| case.rule(provider)).collect::<Vec<_>>())).await;
    let count = u64::try_from(all.len()).expect("a count");
    let wrong = at_once(count, 8, |index| {
        let (shop, case) = (&shop, &all[usize::try_from(index).expect("an index")]);
        sell(shop, case)
    })
    .await;
    let wrong: Vec<Wrong> = wrong.into_iter().flatten().collect();
    let (drift, kept) = (drift(&shop).await, kept(&shop, &all).await);
    let openings = per_kind.div_ceil(2);
    let count = |what: Wrong| wrong.iter().filter(|wrong| **wrong == what).count();
    let judged = shop.judge("F34").await;
    println!(
        "F34 at {} kinds={} x {per_kind}, wrong_adoptions={} without_qr={} unpaid={} paid_for_nothing={} unasked={} \
         kept={kept:?} of {openings} drift_counted={drift:?}",
        provider.word(),
        kept.len(),
        judged.broken("I2"),
        count(Wrong::WithoutQr),
        count(Wrong::Unpaid),
        count(Wrong::PaidForNothing),
        count(Wrong::Unasked),
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    let all_kept: BTreeMap<&str, u64> = KINDS.into_iter().map(|(kind, _)| (kind, openings)).collect();
    assert_eq!(kept, all_kept, "wrong answers to openings that are on record");
    for kind in ["field", "shape", "status"] {
        assert!(drift.get(kind).is_some_and(|count| *count > 0), "{kind} is not counted: {drift:?}");
    }
}
