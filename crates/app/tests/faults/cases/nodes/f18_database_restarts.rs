use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use crate::cases::load::{Load, Setbacks};
use crate::cases::shop::{Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::Plan;
use crate::scale::{Draws, cases, percentile};

const RESTARTS: u64 = 20;
/// How long a till tries to get its QR code.
const SALE_WITHIN: Duration = Duration::from_mins(1);
/// How long the database stays away, at most.
const AWAY_MILLIS_MAX: u64 = 2_000;
/// A way to end a database.
type End = (&'static str, fn(&Cluster));

/// How it is ended, in turn: as its operator would, as one would who cannot wait, and as a crash does.
const ENDS: [End; 3] = [("fast", Cluster::stop), ("immediate", Cluster::abort), ("killed", Cluster::kill)];

#[tokio::test(flavor = "multi_thread")]
async fn f18_while_its_database_is_away_the_gateway_acknowledges_nothing_and_calls_nobody() {
    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE DATABASE pay").expect("a database");
    let mut shop = Shop::open_as(Plan::of_nodes(1).at(cluster.url("pay"))).await;
    let restarts = cases(RESTARTS);
    let mut draws = Draws::seeded(18);
    let (mut recoveries, mut sold) = (Vec::new(), 0);
    let mut ended: BTreeMap<&str, u64> = BTreeMap::new();
    for (round, (how, end)) in (0..restarts).zip(ENDS.into_iter().cycle()) {
        let load = Load::start(&shop, "F18", round, SALE_WITHIN);
        sleep(Duration::from_millis(500 + draws.below(1_500))).await;
        end(&cluster);
        *ended.entry(how).or_default() += 1;
        sleep(Duration::from_millis(draws.below(AWAY_MILLIS_MAX))).await;
        cluster.restart();
        let back = Instant::now();
        sold += load.finish().await;
        recoveries.push(millis(back.elapsed()));
    }
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for delivery in shop.rig.control.deliveries().await {
        *answers.entry(delivery.answer.unwrap_or(0)).or_default() += 1;
    }
    let refused = shop.log.all().iter().filter(|exchange| exchange.status() == 503).count();
    let setbacks = Setbacks::of(&shop.log.all());
    let odd: Vec<u16> = answers.keys().copied().filter(|answer| ![0, 200, 503].contains(answer)).collect();
    let judged = checker::judge("F18", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F18 n={restarts} ended={ended:?} sales={sold} lost_acknowledged={} answered_503={refused} \
         webhooks={answers:?} uncommitted_calls={} recovery_max={}ms rest={}ms",
        judged.broken("I1"),
        judged.broken("I2"),
        percentile(recoveries, 100),
        millis(judged.rest),
    );
    assert!(odd.is_empty(), "a provider is told 200 or 503, not {odd:?}");
    assert_eq!(setbacks.not_said_when, 0, "answers of 503 without Retry-After");
    assert!(refused > 0, "nobody noticed that the database was away");
}
