use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;
use tokio::time::sleep;

use super::f21_failover::url_of;
use crate::cases::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::rig::{Pay, Plan};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Shown};

const LOST: u64 = 100;
const KEPT: u64 = 20;
const WIDTH: usize = 8;
/// One of so many is paid before the failover already: that its money was recorded is lost as well.
const PAID_BEFORE_ONE_OF: u64 = 5;
/// A standby on the same machine has everything by then, and the primary has noticed that it is gone.
const REPLICATED_WITHIN: Duration = Duration::from_secs(30);
const UNMATCHED: &str = "SELECT count(*) FROM exceptions WHERE kind = 'unmatched'";

/// A primary and a standby that is told of what was committed only later.
fn pair() -> (Cluster, Cluster) {
    let primary = Cluster::start(&[]);
    primary.run("postgres", "CREATE DATABASE pay").expect("a database");
    let standby = primary.standby(&[]);
    (primary, standby)
}

/// Waits until that SQL says that on a server.
async fn await_word(server: &Cluster, sql: &str, word: &str) {
    let deadline = Instant::now() + REPLICATED_WITHIN;
    loop {
        let said = server.run("postgres", sql);
        if said.as_deref() == Ok(word) {
            return;
        }
        assert!(Instant::now() < deadline, "{sql}: {said:?} after {REPLICATED_WITHIN:?}, not {word}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the standby has everything, and lets it have nothing more.
async fn cut_replication(primary: &Cluster, standby: &Cluster) {
    let end = primary.run("postgres", "SELECT pg_current_wal_lsn()").expect("a place in the log");
    let arrived = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
    await_word(standby, &arrived, "t").await;
    standby.run("postgres", "ALTER SYSTEM SET primary_conninfo = ''").expect("a setting");
    standby.run("postgres", "SELECT pg_reload_conf()").expect("a reload");
    await_word(primary, "SELECT count(*) FROM pg_stat_replication", "0").await;
}

async fn sell(shop: &Shop, name: &str, count: u64) -> Vec<Shown> {
    let sell = |number: u64| {
        let sale = Sale::of(format!("F22-{name}-{number}"), 33_000);
        async move { shop.show(&sale).await }
    };
    at_once(count, WIDTH, sell).await
}

async fn pay(shop: &Shop, shown: &[&Shown]) {
    for shown in shown {
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f22_what_an_asynchronous_standby_never_heard_of_is_lost_and_all_its_money_told() {
    let (primary, standby) = pair();
    let since = primary.run("postgres", "SELECT to_json(now())").expect("a time").replace('"', "");
    let shop = Shop::open_as(Plan::of_nodes(2).at(url_of(&primary, &standby))).await;
    let kept = sell(&shop, "KEPT", cases(KEPT)).await;
    cut_replication(&primary, &standby).await;
    let unheard_of = sell(&shop, "LOST", cases(LOST)).await;
    let (before, after): (Vec<_>, Vec<_>) =
        (0_u64..).zip(&unheard_of).partition(|(index, _)| index % PAID_BEFORE_ONE_OF == 0);
    let (before, after): (Vec<&Shown>, Vec<&Shown>) =
        (before.into_iter().map(|(_, shown)| shown).collect(), after.into_iter().map(|(_, shown)| shown).collect());
    pay(&shop, &before).await;
    for shown in &before {
        let told = shop.till.await_status(&shown.payment_id, "paid", RECOVERED_WITHIN).await;
        assert_eq!(told["status"], "paid", "before the failover");
    }

    primary.kill();
    let killed = Instant::now();
    standby.promote();
    sell(&shop, "AFTER", 1).await;
    let away = killed.elapsed();
    let mut lost = 0;
    for shown in &unheard_of {
        lost += usize::from(shop.till.get(&shown.payment_id).await.status() == 404);
    }
    pay(&shop, &kept.iter().chain(after.iter().copied()).collect::<Vec<_>>()).await;
    for shown in &kept {
        let told = shop.till.await_status(&shown.payment_id, "paid", RECOVERED_WITHIN).await;
        assert_eq!(told["status"], "paid", "what the standby had");
    }
    let began = Instant::now();
    while shop.rig.sql(UNMATCHED) != after.len().to_string() && began.elapsed() < RECOVERED_WITHIN {
        sleep(Duration::from_millis(100)).await;
    }
    let told = shop.rig.sql(UNMATCHED);
    let (reconciled, said) = shop.rig.run(&["reconcile", "--since", &since]);
    assert!(reconciled, "{said}");
    let orphans = shop.rig.sql(UNMATCHED);
    println!(
        "F22 acknowledged={} lost={lost} paid_before={} paid_after={} told_at_once={told} \
         orphans_reported={orphans} kept={} sold_again={}ms",
        kept.len() + unheard_of.len(),
        before.len(),
        after.len(),
        kept.len(),
        millis(away),
    );
    assert_eq!(lost, unheard_of.len(), "all that the standby never heard of, and nothing else");
    // A sweep that was under way when the primary died may tell of some that had paid before.
    let told: usize = told.parse().expect("a count");
    assert!((after.len()..=lost).contains(&told), "whoever paid what nobody knows is put before a person: {told}");
    assert_eq!(orphans, lost.to_string(), "so is whoever had paid it before, once the books are reconciled");
    let (reconciled, said) = shop.rig.run(&["reconcile", "--since", &since]);
    assert!(reconciled && said.contains("corrected 0"), "{said}");
    assert_eq!(shop.rig.sql(UNMATCHED), orphans, "once is enough");
}
