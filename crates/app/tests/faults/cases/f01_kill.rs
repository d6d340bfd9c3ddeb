use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::load::Load;
use super::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::checker::{self, Licence};
use crate::scale::{Draws, cases, percentile, unhurried};

pub(super) const KILLS: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn f01_killed_under_load_the_gateway_keeps_all_it_acknowledged() {
    let mut shop = Shop::open().await;
    let kills = cases(KILLS);
    let mut draws = Draws::seeded(1);
    let (mut restarts, mut recoveries, mut sold) = (Vec::new(), Vec::new(), 0);
    for round in 0..kills {
        let load = Load::start(&shop, "F01", round, RECOVERED_WITHIN);
        sleep(Duration::from_millis(draws.below(2_000))).await;
        shop.rig.kill_gateway();
        let restart = shop.rig.start_gateway().await;
        let ready = Instant::now();
        sold += load.finish().await;
        let recovery = ready.elapsed();
        assert!(recovery <= unhurried(RECOVERED_WITHIN), "kill {round}: recovered only after {recovery:?}");
        restarts.push(millis(restart));
        recoveries.push(millis(recovery));
    }
    let run = format!("F01 n={kills} sales={sold} restart_max={}ms", percentile(restarts, 100));
    report(shop, "F01", &run, recoveries).await;
}

/// Judges the run and prints its line.
pub(super) async fn report(mut shop: Shop, case: &str, run: &str, recoveries: Vec<u64>) {
    let exchanges = shop.log.all();
    let answered = exchanges.iter().filter(|exchange| exchange.is_create() && exchange.status() == 200);
    let create_p99 = percentile(answered.map(|exchange| millis(exchange.took())).collect(), 99);
    let requests = exchanges.len();
    let judged = checker::judge(case, &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "{run} requests={requests} lost_acknowledged={} recovery_max={}ms create_p99={create_p99}ms rest={}ms",
        judged.broken("I1"),
        percentile(recoveries, 100),
        millis(judged.rest),
    );
}
