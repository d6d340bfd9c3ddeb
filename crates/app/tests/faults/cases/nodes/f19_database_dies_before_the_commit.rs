use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use crate::cases::shop::{Shop, millis};
use crate::rig::Plan;
use crate::scale::{cases, percentile};
use crate::till::Sale;

const DEATHS: u64 = 100;
/// How long the gateway keeps the provider's answer to itself: the time to kill its database in.
const HELD_MILLIS: u64 = 1_500;

/// Waits until the provider has an object for that order.
async fn until_opened(shop: &Shop, code: &str) {
    let began = Instant::now();
    while !shop.rig.control.charges().await.iter().any(|charge| charge.order_code.as_deref() == Some(code)) {
        assert!(began.elapsed() < Duration::from_secs(10), "{code} never came to the provider");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_what_was_opened_while_the_database_died_is_adopted_or_put_aside() {
    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE DATABASE pay").expect("a database");
    let plan = Plan::of_nodes(1).at(cluster.url("pay"));
    let held = format!("after_call_before_commit=sleep({HELD_MILLIS})");
    let shop = Shop::open_as(plan.with("FAILPOINTS", held)).await;
    let n = cases(DEATHS);
    let mut delays = Vec::new();
    for round in 0..n {
        let sale = Sale::of(format!("F19-{round}"), 25_000);
        let strike = async {
            until_opened(&shop, &sale.order_code).await;
            cluster.kill();
            // The answer is there, and nowhere to put it.
            sleep(Duration::from_millis(HELD_MILLIS)).await;
            cluster.restart();
            Instant::now()
        };
        let (heard, back) = tokio::join!(shop.till.create(&sale), strike);
        assert_ne!(heard.status(), 500, "{heard:?}");
        shop.show(&sale).await;
        delays.push(millis(back.elapsed()));
    }
    let objects = shop.rig.control.charges().await.len();
    shop.judge("F19").await;
    println!("F19 n={n} objects={objects} orphans=0 qr_after_return_max={}ms", percentile(delays, 100));
}
