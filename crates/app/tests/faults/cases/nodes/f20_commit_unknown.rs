use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use crate::cases::load::Load;
use crate::cases::shop::Shop;
use crate::checker::{self, Licence};
use crate::rig::Plan;
use crate::rig::cutter::Cutter;
use crate::scale::cases;

const CUTS: u64 = 200;
/// One of so many commits is cut off.
const ONE_OF: u64 = 25;
const SALE_WITHIN: Duration = Duration::from_mins(1);
/// So many commits are made by then, wherever the gateway still makes any.
const CUT_WITHIN: Duration = Duration::from_mins(10);

#[tokio::test(flavor = "multi_thread")]
async fn f20_a_commit_whose_outcome_is_unknown_is_looked_up_before_anything_is_decided() {
    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE DATABASE pay").expect("a database");
    let cutter = Cutter::before(cluster.socket_folder()).await;
    let mut shop = Shop::open_as(Plan::of_nodes(1).at(cutter.url("postgres", "pay"))).await;
    let n = cases(CUTS);
    let load = Load::start(&shop, "F20", 0, SALE_WITHIN);
    cutter.cut_one_of(Some(ONE_OF));
    let began = Instant::now();
    while cutter.cuts() < n {
        assert!(began.elapsed() < CUT_WITHIN, "only {} of {n} commits were cut off in {CUT_WITHIN:?}", cutter.cuts());
        sleep(Duration::from_millis(50)).await;
    }
    cutter.cut_one_of(None);
    let sold = load.finish().await;
    let cuts = cutter.cuts();
    let mut shown: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for charge in shop.rig.control.charges().await {
        *shown.entry(charge.order_code).or_default() += 1;
    }
    let objects: usize = shown.values().sum();
    let judged = checker::judge("F20", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    let duplicates = judged.broken("I3");
    println!("F20 n={cuts} sales={sold} orders={} objects={objects} duplicates={duplicates}", shown.len());
}
