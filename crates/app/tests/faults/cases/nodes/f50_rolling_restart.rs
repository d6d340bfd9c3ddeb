use std::time::Duration;

use tokio::time::sleep;

use crate::cases::load::{Load, Setbacks};
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
    let setbacks = Setbacks::of(&shop.log.all());
    let judged = checker::judge("F50", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F50 n={restarts} nodes={NODES} sales={sold} lost_acknowledged={} stop_max={}ms {setbacks:?}",
        judged.broken("I1"),
        percentile(stops, 100)
    );
    setbacks.assert_mild();
}
