use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cases::shop::Shop;
use crate::rig::{Pay, Plan};
use crate::scale::{Draws, at_once, cases};
use crate::till::{Messenger, Sale};

const ROUNDS: u64 = 50;
/// Payments that everybody writes at once.
const PAYMENTS: u64 = 4;
const WRITERS: u64 = 16;
/// What each writer does of a round.
const WRITES: u64 = 4;
/// Transactions that were rolled back: a unit of work that others were faster than, or that waited in a circle.
const ROLLED_BACK: &str = "SELECT xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()";
/// A session that rests tells the statistics of what it did at the latest then.
const TOLD_WITHIN: Duration = Duration::from_secs(15);

/// How many transactions were rolled back since, as soon as there was one, or once that has been waited for.
async fn rolled_back(shop: &Shop, before: u64) -> u64 {
    let deadline = Instant::now() + TOLD_WITHIN;
    loop {
        let since = shop.rig.count(ROLLED_BACK).saturating_sub(before);
        if since > 0 || Instant::now() >= deadline {
            return since;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f23_writers_in_each_others_way_decide_again_and_ask_the_provider_once() {
    let shop = Shop::open_as(Plan::of_nodes(2)).await;
    let rounds = cases(ROUNDS);
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let before = shop.rig.count(ROLLED_BACK);
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for round in 0..rounds {
        let sales: Vec<Sale> = (0..PAYMENTS).map(|number| Sale::of(format!("F23-{round}-{number}"), 33_000)).collect();
        let writers = usize::try_from(WRITERS).expect("a count");
        let statuses = at_once(WRITERS, writers, |writer| {
            let (shop, messenger, sales) = (&shop, &messenger, &sales);
            async move {
                let mut draws = Draws::seeded(round * WRITERS + writer);
                let mut statuses = Vec::new();
                for _ in 0..WRITES {
                    let sale = &sales[usize::try_from(draws.below(PAYMENTS)).expect("an index")];
                    statuses.push(shop.till.create(sale).await.status());
                    let charges = shop.rig.control.charges().await;
                    let object = charges.iter().find(|charge| charge.order_code.as_ref() == Some(&sale.order_code));
                    if let Some(object) = object.filter(|object| !object.is_paid() && draws.percent(20)) {
                        shop.rig.control.pay(&object.id, &Pay::default()).await;
                    }
                    let deliveries = shop.rig.control.deliveries().await;
                    if let Some(told) = deliveries.iter().rfind(|told| charges.iter().any(|c| c.id == told.charge_id)) {
                        statuses.push(messenger.deliver(told.body.get()).await.status());
                    }
                }
                statuses
            }
        })
        .await;
        for status in statuses.into_iter().flatten() {
            *answers.entry(status).or_default() += 1;
        }
    }
    let opens = shop.rig.control.calls().await.iter().filter(|call| call.opens()).count();
    let decided_again = rolled_back(&shop, before).await;
    // Most answers of 409 say that the order is paid.
    let given_up = shop.log.all().iter().filter(|exchange| exchange.error_code() == "concurrent_update").count();
    shop.judge("F23").await;
    println!(
        "F23 n={rounds} nodes=2 writers={WRITERS} payments={PAYMENTS} answers={answers:?} opening_calls={opens} \
         rolled_back={decided_again} given_up={given_up}"
    );
    assert!(decided_again > 0, "nobody was in another's way");
    assert_eq!(u64::try_from(opens), Ok(rounds * PAYMENTS), "the provider is asked once for each order");
    let odd: Vec<u16> = answers.keys().copied().filter(|status| *status >= 500).collect();
    assert!(odd.is_empty(), "answers of {odd:?}");
}
