use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use crate::cases::load::Load;
use crate::cases::shop::{Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::Plan;
use crate::scale::{Draws, percentile, repeats};

const FAILOVERS: u64 = 3;
const SALE_WITHIN: Duration = Duration::from_mins(1);

/// A primary and a standby that has all that the primary acknowledged.
fn pair() -> (Cluster, Cluster) {
    let primary = Cluster::start(&[]);
    primary.run("postgres", "CREATE DATABASE pay").expect("a database");
    let standby = primary.standby(&[]);
    let run = |sql: &str| primary.run("postgres", sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
    run("ALTER SYSTEM SET synchronous_standby_names = '*'");
    run("SELECT pg_reload_conf()");
    while run("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
        std::thread::sleep(Duration::from_millis(50));
    }
    (primary, standby)
}

/// Both hosts; the gateway takes the one that can be written to.
pub(super) fn url_of(primary: &Cluster, standby: &Cluster) -> String {
    let folder = |cluster: &Cluster| cluster.socket_folder().display().to_string().replace('/', "%2F");
    format!("postgres://postgres@{},{}/pay?target_session_attrs=read-write", folder(primary), folder(standby))
}

#[tokio::test(flavor = "multi_thread")]
async fn f21_a_synchronous_standby_is_promoted_and_nothing_acknowledged_is_lost() {
    let n = repeats(FAILOVERS);
    let mut draws = Draws::seeded(21);
    let (mut away, mut sold, mut lost) = (Vec::new(), 0, Vec::new());
    for round in 0..n {
        let (primary, standby) = pair();
        let mut shop = Shop::open_as(Plan::of_nodes(2).at(url_of(&primary, &standby))).await;
        let load = Load::start(&shop, "F21", round, SALE_WITHIN);
        sleep(Duration::from_millis(1_500 + draws.below(1_500))).await;
        primary.kill();
        let killed = Instant::now();
        standby.promote();
        until_sold(&shop, killed).await;
        away.push(millis(killed.elapsed()));
        sleep(Duration::from_secs(1)).await;
        sold += load.finish().await;
        let judged = checker::judge("F21", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
        lost.push(judged.broken("I1"));
    }
    println!(
        "F21 n={n} nodes=2 sales={sold} lost_acknowledged={} sold_again_max={}ms",
        lost.join(","),
        percentile(away, 100)
    );
}

/// Waits for the first create that went well since then.
async fn until_sold(shop: &Shop, since: Instant) {
    let seen = shop.log.all().len();
    while !shop.log.all().iter().skip(seen).any(|exchange| exchange.is_create() && exchange.status() == 200) {
        assert!(since.elapsed() < SALE_WITHIN, "nothing was sold since the failover");
        sleep(Duration::from_millis(20)).await;
    }
}
