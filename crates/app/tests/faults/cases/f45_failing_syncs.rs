use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::load::Load;
use super::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::{Plan, StoreKind};
use crate::scale::{Draws, cases, percentile};

const ROUNDS: u64 = 10;
/// How long a sale is tried, with a restart in it.
const SALE_WITHIN: Duration = Duration::from_mins(1);
/// How long a gateway whose disk fails may go on.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// What was not forced to the disk may be on it or not: nobody knows after the first failure, so nobody goes on.
#[tokio::test(flavor = "multi_thread")]
async fn f45_when_writes_cannot_be_forced_to_the_disk_the_gateway_ends_and_loses_nothing_it_acknowledged() {
    let mut shop = Shop::open_as(Plan::over(StoreKind::Sqlite)).await;
    let n = cases(ROUNDS);
    let mut draws = Draws::seeded(45);
    let (mut ends, mut sold) = (Vec::new(), 0);
    for round in 0..n {
        let load = Load::start(&shop, "F45", round, SALE_WITHIN);
        sleep(Duration::from_millis(500 + draws.below(1_000))).await;
        let (failing, began) = (shop.rig.fail_syncs(), Instant::now());
        while !shop.rig.has_ended() {
            assert!(began.elapsed() < ENDED_WITHIN, "the gateway carries on although its disk fails");
            sleep(Duration::from_millis(10)).await;
        }
        ends.push(millis(began.elapsed()));
        drop(failing);
        shop.rig.kill_gateway();
        shop.rig.start_gateway().await;
        sold += load.finish().await;
    }
    sleep(RECOVERED_WITHIN / 10).await;
    let judged = checker::judge("F45", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F45 n={n} sales={sold} ended_by_itself={} ended_max={}ms lost_acknowledged={} unsound={} rest={}ms",
        ends.len(),
        percentile(ends.clone(), 100),
        judged.broken("I1"),
        judged.broken("I14"),
        millis(judged.rest),
    );
}
