use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use crate::cases::load::Load;
use crate::cases::shop::{Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::Plan;
use crate::scale::{cases, percentile};

const RESTARTS: u64 = 10;
const NODES: u64 = 2;
const SALE_WITHIN: Duration = Duration::from_secs(30);
/// A node has that long to end what it is at.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn f50_nodes_restarted_one_after_the_other_are_hardly_noticed() {
    let mut shop = Shop::open_as(Plan::of_nodes(2)).await;
    let restarts = cases(RESTARTS);
    let load = Load::start(&shop, "F50", 0, SALE_WITHIN);
    let mut stops = Vec::new();
    for round in 0..restarts {
        sleep(Duration::from_secs(1)).await;
        let node = usize::try_from(round % NODES).expect("a node");
        let took = tokio::task::block_in_place(|| shop.rig.stop_node(node));
        assert!(took <= STOPPED_WITHIN, "restart {round}: it took {took:?} to stop");
        stops.push(millis(took));
        shop.rig.start_gateway().await;
    }
    let sold = load.finish().await;
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for exchange in shop.log.all() {
        *answers.entry(exchange.status()).or_default() += 1;
    }
    let unheard = answers.get(&0).copied().unwrap_or(0);
    let failed: usize = answers.iter().filter(|(status, _)| **status >= 500).map(|(_, count)| count).sum();
    let judged = checker::judge("F50", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F50 n={restarts} nodes={NODES} sales={sold} lost_acknowledged={} answers_of_5xx={failed} unanswered={unheard} \
         stop_max={}ms",
        judged.broken("I1"),
        percentile(stops, 100)
    );
    let odd: Vec<u16> = answers.keys().copied().filter(|s| *s >= 500 && ![502, 503].contains(s)).collect();
    assert!(odd.is_empty(), "answers of {odd:?}");
}
