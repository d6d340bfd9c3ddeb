use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use crate::cases::shop::{Shop, millis};
use crate::rig::Plan;
use crate::scale::{at_once, cases, percentile};
use crate::till::Sale;

const CUT_OFF: u64 = 100;
/// Sales that one death of the database cuts off.
const SALES: u64 = 5;
const WIDTH: usize = 5;
/// How long the gateway keeps the provider's answer to itself: the time to kill its database in.
const HELD_MILLIS: u64 = 1_500;

/// Waits until the provider has an object for every order of a round.
async fn until_opened(shop: &Shop, prefix: &str) {
    let began = Instant::now();
    loop {
        let charges = shop.rig.control.charges().await;
        let codes: BTreeSet<&str> = charges.iter().filter_map(|charge| charge.order_code.as_deref()).collect();
        let opened = codes.iter().filter(|code| code.starts_with(prefix)).count();
        if u64::try_from(opened) == Ok(SALES) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "only {opened} of {prefix} came to the provider");
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
    let deaths = cases(CUT_OFF).div_ceil(SALES);
    let mut delays = Vec::new();
    for round in 0..deaths {
        let prefix = format!("F19-{round}-");
        let sale = |number: u64| Sale::of(format!("{prefix}{number}"), 25_000);
        let strike = async {
            until_opened(&shop, &prefix).await;
            cluster.kill();
            // The answers are there, and nowhere to put them.
            sleep(Duration::from_millis(HELD_MILLIS)).await;
            cluster.restart();
            Instant::now()
        };
        let creates = at_once(SALES, WIDTH, |number| {
            let (till, sale) = (&shop.till, sale(number));
            async move { till.create(&sale).await }
        });
        let (heard, back) = tokio::join!(creates, strike);
        assert!(heard.iter().all(|exchange| exchange.status() != 500), "{heard:?}");
        at_once(SALES, WIDTH, |number| {
            let (shop, sale) = (&shop, sale(number));
            async move { shop.show(&sale).await }
        })
        .await;
        delays.push(millis(back.elapsed()));
    }
    let n = deaths * SALES;
    let objects = shop.rig.control.charges().await.len();
    let orphans = shop.judge("F19").await.broken("I2");
    let longest = percentile(delays, 100);
    println!("F19 n={n} deaths={deaths} objects={objects} orphans={orphans} qr_after_return_max={longest}ms");
}
