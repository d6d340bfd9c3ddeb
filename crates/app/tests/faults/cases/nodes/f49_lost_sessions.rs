use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::cases::shop::{Shop, millis};
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases, percentile};
use crate::till::Sale;

const LOSSES: u64 = 20;
/// Sales under way each time.
const SALES: u64 = 8;
/// What the provider takes for an answer, so that there is something to take away.
const SLOW_MILLIS: u64 = 4_000;
/// How long a node that lives cannot be seen living: long enough for the others to take it for dead.
const UNSEEN_FOR: Duration = Duration::from_millis(3_500);
const CUT_EVERY: Duration = Duration::from_millis(20);
/// The locks by which nodes are known to live.
const PRESENT: &str = "locktype = 'advisory' AND classid = 730582 AND granted AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Cuts every session that holds one node's lock as soon as it does.
async fn keep_unseen(shop: &Shop, number: &str) {
    let began = Instant::now();
    while began.elapsed() < UNSEEN_FOR {
        let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = {number} AND {PRESENT}");
        tokio::task::block_in_place(|| shop.rig.sql(&cut));
        sleep(CUT_EVERY).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f49_a_node_taken_for_dead_while_it_works_does_nothing_twice() {
    let shop = Shop::open_as(Plan::of_nodes(2)).await;
    let n = cases(LOSSES);
    let mut delays = Vec::new();
    for round in 0..n {
        let slow = json!({"provider": "xendit", "operation": "open", "effect": "delay", "delay_ms": SLOW_MILLIS});
        shop.rig.control.faults(&json!([slow])).await;
        let number = shop.rig.sql(&format!("SELECT min(objid::bigint) FROM pg_locks WHERE {PRESENT}"));
        let sale = |number: u64| Sale::of(format!("F49-{round}-{number}"), 25_000);
        let width = usize::try_from(SALES).expect("a count");
        let creates = at_once(SALES, width, |number| {
            let (till, sale) = (&shop.till, sale(number));
            async move { till.create(&sale).await }
        });
        let (heard, ()) = tokio::join!(creates, keep_unseen(&shop, &number));
        assert!(heard.iter().all(|exchange| exchange.status() != 500), "{heard:?}");
        shop.rig.control.faults(&json!([])).await;
        let began = Instant::now();
        at_once(SALES, width, |number| {
            let (shop, sale) = (&shop, sale(number));
            async move {
                let shown = shop.show(&sale).await;
                if number % 2 == 0 {
                    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
                    shop.rig.control.pay(&object, &Pay::default()).await;
                }
            }
        })
        .await;
        delays.push(millis(began.elapsed()));
    }
    let log = fs::read_to_string(shop.rig.log()).expect("the gateways' log");
    let thought_dead = log.matches("nodes are gone").count();
    let objects = shop.rig.control.charges().await.len();
    let judged = shop.judge("F49").await;
    println!(
        "F49 n={n} nodes=2 sales={} thought_dead={thought_dead} objects={objects} doubled_effects={} qr_after_max={}ms",
        n * SALES,
        judged.broken("I7"),
        percentile(delays, 100)
    );
    assert!(thought_dead > 0, "no node that lived was taken for dead");
}
