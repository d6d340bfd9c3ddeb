//! Pages of Snap: no key makes a second opening harmless, and nobody can be asked about one before the customer has
//! picked.

use serde_json::{Value, json};

use super::f71_every_method::displayed;
use super::shop::Shop;
use crate::rig::{Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const PER_METHOD: u64 = 20;
const METHODS: [&str; 4] = ["qris", "gopay", "credit_card", "dana"];
const EFFECTS: [&str; 3] = ["timeout_after", "disconnect_after", "status_after"];

#[tokio::test(flavor = "multi_thread")]
async fn f03_when_an_answer_of_snap_is_lost_the_till_gets_another_page_and_only_that_one_is_shown() {
    let plan = Plan::over(StoreKind::of_run()).selling_at(&[Provider::Midtrans]).with("MIDTRANS_API", "snap");
    let shop = Shop::open_as(plan).await;
    let n = cases(PER_METHOD);
    // One method after the other, so that each has answers again before its next is lost.
    let sale = |number, method| (number, Sale::of(format!("F03-snap-{method}-{number}"), 33_000).by(method));
    let sales: Vec<(u64, Sale)> = (0..n).flat_map(|number| METHODS.map(|method| sale(number, method))).collect();
    let lost = |(number, sale): &(u64, Sale)| {
        let effect = EFFECTS[usize::try_from(*number).expect("an index") % EFFECTS.len()];
        json!({"provider": "midtrans", "operation": "open", "effect": effect, "reference": sale.order_code, "times": 1})
    };
    let rules: Vec<Value> = sales.iter().map(lost).collect();
    shop.rig.control.faults(&json!(rules)).await;
    let count = u64::try_from(sales.len()).expect("a count");
    let broken = at_once(count, 12, |index| {
        let (number, sale) = &sales[usize::try_from(index).expect("an index")];
        // Of every other customer's money nobody is told.
        displayed(&shop, sale, number.is_multiple_of(2))
    })
    .await;
    let broken: Vec<String> = broken.into_iter().flatten().collect();
    let calls = shop.rig.control.calls().await;
    let answers_lost = calls.iter().filter(|call| call.opens() && !call.was_answered()).count();
    let pages = shop.rig.control.charges().await.len();
    let shown_twice = shop.judge("F03 Snap").await.broken("I3");
    println!(
        "F03 Snap n={} methods x {n}, pages={pages} answers_lost={answers_lost} shown_twice={shown_twice} \
         without_a_page_or_unpaid={}",
        METHODS.len(),
        broken.len()
    );
    assert_eq!(answers_lost, sales.len(), "each order loses one answer");
    assert!(broken.is_empty(), "the rule is broken:\n{}", broken.join("\n"));
}
