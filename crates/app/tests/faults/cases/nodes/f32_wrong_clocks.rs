use std::time::Duration;

use chrono::{TimeDelta, Utc};
use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use crate::cases::shop::{RECOVERED_WITHIN, Shop};
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Shown};

const SALES: u64 = 100;
const WIDTH: usize = 8;
const LIFE_SECONDS: u32 = 60;
/// Looks while the payments live, whose end a node with a wrong clock would see at once, or not at all.
const LOOKS: usize = 4;
const LOOK_EVERY: Duration = Duration::from_secs(8);
/// Where the clock that jumps stands at each look.
const JUMPS: [&str; LOOKS] = ["+1h", "-30m", "+10m", "+0"];
/// When summer begins, while the payments live.
const SUMMER_IN: TimeDelta = TimeDelta::seconds(20);

/// What came of the sales at two nodes of which one has a wrong clock.
struct Found {
    /// Told as over before their time.
    early: usize,
    /// Calls that opened an order once more: two nodes held it at the same time.
    opened_twice: usize,
    /// Effects that did not happen exactly once, of all that the judge looked at.
    doubled_effects: String,
}

/// Says what was found, and fails where anything was.
fn report(run: &str, found: &[Found]) {
    let early: usize = found.iter().map(|found| found.early).sum();
    let opened_twice: usize = found.iter().map(|found| found.opened_twice).sum();
    let doubled: Vec<&str> = found.iter().map(|found| found.doubled_effects.as_str()).collect();
    println!("F32 {run} early_expiries={early} opened_twice={opened_twice} doubled_effects={}", doubled.join("+"));
    assert_eq!((early, opened_twice), (0, 0), "over before their time, opened by two nodes");
}

async fn statuses(shop: &Shop, shown: &[Shown]) -> Vec<String> {
    let count = u64::try_from(shown.len()).expect("a count");
    at_once(count, WIDTH, |index| {
        let (till, shown) = (&shop.till, &shown[usize::try_from(index).expect("an index")]);
        async move { till.get(&shown.payment_id).await.data()["status"].as_str().unwrap_or_default().to_owned() }
    })
    .await
}

/// Sells at two nodes of which one has a wrong clock, which may jump before each look.
async fn sell(name: &str, plan: Plan, jumps: Option<[&str; LOOKS]>, n: u64) -> Found {
    let shop = Shop::open_as(plan).await;
    let sell = |number: u64| {
        let (shop, sale) = (&shop, Sale::of(format!("F32-{number}"), 33_000).expiring_in(LIFE_SECONDS));
        async move { shop.show(&sale).await }
    };
    let shown = at_once(n, WIDTH, sell).await;
    let mut early = 0;
    for look in 0..LOOKS {
        if let Some(jumps) = jumps {
            shop.rig.set_first_clock(jumps[look]);
        }
        sleep(LOOK_EVERY).await;
        early = early.max(statuses(&shop, &shown).await.iter().filter(|status| *status != "pending").count());
    }
    for shown in &shown {
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
    }
    for shown in &shown {
        let told = shop.till.await_status(&shown.payment_id, "paid", RECOVERED_WITHIN).await;
        assert_eq!(told["status"], "paid", "{name}");
    }
    let opens = shop.rig.control.calls().await.iter().filter(|call| call.opens()).count();
    let opened_twice = opens.saturating_sub(shown.len());
    let doubled_effects = shop.judge(&format!("F32 {name}")).await.broken("I7");
    Found { early, opened_twice, doubled_effects }
}

/// A zone in which summer begins soon, as POSIX writes it: an hour is left out.
fn zone_of_an_early_summer() -> String {
    const FROM_UTC: TimeDelta = TimeDelta::hours(7);
    let begins = Utc::now() + FROM_UTC + SUMMER_IN;
    // Counted from zero, 29 February included.
    let day = begins.format("%j").to_string().parse::<u32>().expect("a day") - 1;
    format!("WIB-7WIST-8,{day}/{},{}", begins.format("%H:%M:%S"), (day + 100) % 365)
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_a_node_with_a_wrong_clock_ends_nothing_early() {
    let n = cases(SALES);
    let skewed = |skew| sell(skew, Plan::of_nodes(2).skewed(skew), None, n);
    let (ahead, behind) = tokio::join!(skewed("+10m"), skewed("-10m"));
    report(&format!("n={} nodes=2 skews=2 looks={LOOKS}", 2 * n), &[ahead, behind]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_a_clock_that_jumps_ends_nothing_early() {
    let n = cases(SALES);
    let found = sell("jumping", Plan::of_nodes(2).skewed("+0"), Some(JUMPS), n).await;
    report(&format!("n={n} nodes=2 jumps={JUMPS:?}"), &[found]);
}

/// Nodes and database all live where the clocks are put forward while customers pay.
#[tokio::test(flavor = "multi_thread")]
async fn f32_a_summer_that_begins_ends_nothing_early() {
    let (n, zone) = (cases(SALES), zone_of_an_early_summer());
    let cluster = Cluster::start(&[("timezone", &zone)]);
    cluster.run("postgres", "CREATE DATABASE pay").expect("a database");
    let plan = Plan::of_nodes(2).at(cluster.url("pay")).with("TZ", zone.clone());
    let found = sell("summer", plan, None, n).await;
    report(&format!("n={n} nodes=2 zone={zone}"), &[found]);
}
