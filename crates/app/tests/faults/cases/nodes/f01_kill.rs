use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::cases::f01_kill::{KILLS, report};
use crate::cases::load::Load;
use crate::cases::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::rig::Plan;
use crate::scale::{Draws, cases, unhurried};

const NODES: u64 = 3;
/// The others carry on meanwhile.
const DEAD_FOR: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn f01_three_nodes_killed_at_random_keep_all_they_acknowledged() {
    let mut shop = Shop::open_as(Plan::of_nodes(3)).await;
    let kills = cases(KILLS);
    let mut draws = Draws::seeded(3);
    let (mut recoveries, mut sold) = (Vec::new(), 0);
    for round in 0..kills {
        let load = Load::start(&shop, "F01-NODES", round, RECOVERED_WITHIN);
        sleep(Duration::from_millis(draws.below(2_000))).await;
        let node = usize::try_from(draws.below(NODES)).expect("a node");
        shop.rig.kill_node(node);
        sleep(DEAD_FOR).await;
        shop.rig.start_gateway().await;
        let ready = Instant::now();
        sold += load.finish().await;
        let recovery = ready.elapsed();
        assert!(recovery <= unhurried(RECOVERED_WITHIN), "kill {round}: recovered only after {recovery:?}");
        recoveries.push(millis(recovery));
    }
    report(shop, "F01", &format!("F01 nodes={NODES} n={kills} sales={sold}"), recoveries).await;
}
