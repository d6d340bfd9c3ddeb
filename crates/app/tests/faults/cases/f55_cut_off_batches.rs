use std::time::Duration;

use super::f02_failpoints::Strike;
use super::offline::{Kept, cash_of, report, successes, sum};
use super::shop::{Shop, millis};
use crate::checker::{self, Licence};
use crate::scale::{Draws, cases, percentile, repeats};
use mstore_pay_domain::ports::CrashPoint;
use tokio::time::{Instant, sleep};

const ITEMS: u64 = 500;
/// Enough for every kill to come in the middle.
const ITEMS_MIN: u64 = 50;
const KILLS: usize = 10;
/// A kill before the next thing was kept is in no middle, and is tried again.
const KILLS_MAX: usize = 3 * KILLS;
const REPEATS: u64 = 5;
/// What all things of a batch take together at the least, so that whoever kills it comes in the middle.
const BATCH_MILLIS_MIN: u64 = 2_000;
/// Things in a batch that is struck by a failpoint.
const STRUCK_ITEMS: u64 = 20;

/// How often a gateway came to the middle of a batch, by its log.
fn strikes(shop: &Shop) -> usize {
    let log = std::fs::read_to_string(shop.rig.log()).expect("the gateway's log");
    log.matches("failpoint sync_mid_batch strikes").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn f55_a_batch_that_is_killed_in_the_middle_ten_times_is_complete_when_it_was_answered() {
    let mut shop = Shop::open().await;
    let n = cases(ITEMS).max(ITEMS_MIN);
    let items = cash_of("DEV1", "F55", n);
    let mut draws = Draws::seeded(55);
    let slowly = format!("{}=sleep({})", CrashPoint::SyncMidBatch.word(), BATCH_MILLIS_MIN / n);
    let (mut kills, mut in_the_middle) = (0, Vec::new());
    while in_the_middle.len() < KILLS && kills < KILLS_MAX {
        shop.rig.kill_gateway();
        let before = strikes(&shop);
        shop.rig.arm_gateway(&slowly).await;
        let under_way = report(&shop.till, "DEV1", &items);
        let pause = Duration::from_millis(40 + draws.below(120));
        let in_the_midst = async {
            while strikes(&shop) == before {
                sleep(Duration::from_millis(5)).await;
            }
            sleep(pause).await;
        };
        // Whoever is killed answers nothing; whoever was done has answered.
        let answered = tokio::select! {
            _ = under_way => true,
            () = in_the_midst => false,
        };
        shop.rig.kill_gateway();
        kills += 1;
        assert!(!answered, "kill {kills} comes after {in_the_middle:?}, when all was done");
        shop.rig.start_gateway().await;
        let rows = Kept::of(&shop, &["DEV1"], std::iter::empty()).await.entries.len();
        let before = in_the_middle.last().copied().unwrap_or_default();
        assert!(rows >= before && rows < items.len(), "{rows} rows after {in_the_middle:?}");
        if rows > before {
            in_the_middle.push(rows);
        }
    }
    let began = Instant::now();
    let answer = report(&shop.till, "DEV1", &items).await;
    let took = millis(began.elapsed());
    assert_eq!(successes(&answer), n);
    let kept = Kept::of(&shop, &["DEV1"], (0..n).map(|n| format!("F55-{n}"))).await;
    let (rows, tenders, off) = (kept.entries.len(), kept.tenders.len(), kept.rupiah() - sum(&items));
    shop.judge("F55").await;
    println!(
        "F55 n={n} kills={kills} in_the_middle={} rows_after_each={in_the_middle:?} rows={rows} tenders={tenders} \
         rupiah_off={off} last={took}ms",
        in_the_middle.len()
    );
    assert_eq!(in_the_middle.len(), KILLS, "kills after each of which more was kept, and not all");
    assert_eq!((rows, tenders, off), (items.len(), items.len(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_struck_in_the_middle_of_a_batch_it_is_complete_when_it_was_answered() {
    for effect in Strike::ALL {
        let mut shop = Shop::open().await;
        let n = repeats(REPEATS);
        let (mut struck, mut recoveries) = (0_u64, Vec::new());
        for round in 0..n {
            let device = format!("DEV{round}");
            let case = format!("F02-sync-{effect:?}-{round}");
            let items = cash_of(&device, &case, STRUCK_ITEMS);
            shop.rig.kill_gateway();
            let before = strikes(&shop);
            shop.rig.arm_gateway(&effect.at(CrashPoint::SyncMidBatch)).await;
            let patient = shop.till.patient(Duration::from_secs(20));
            let first = report(&patient, &device, &items).await;
            struck += u64::from(strikes(&shop) > before);
            let began = Instant::now();
            if effect == Strike::Abort {
                assert!(first.lost().is_some(), "{case}: the gateway was to die, and answered {}", first.status());
                shop.rig.kill_gateway();
                shop.rig.start_gateway().await;
            }
            let mut answer = first;
            while answer.status() != 200 {
                assert!([0, 503].contains(&answer.status()), "{case}: {:?}", answer.outcome);
                sleep(Duration::from_millis(200)).await;
                answer = report(&patient, &device, &items).await;
            }
            recoveries.push(millis(began.elapsed()));
            assert_eq!(successes(&answer), STRUCK_ITEMS);
            let orders = (0..STRUCK_ITEMS).map(|n| format!("{case}-{n}"));
            let kept = Kept::of(&shop, &[&device], orders).await;
            assert_eq!((kept.entries.len(), kept.rupiah()), (items.len(), sum(&items)), "{case}");
        }
        let case = format!("F02 sync_mid_batch {effect:?}");
        let licence = Licence { panics: effect == Strike::Panic };
        checker::judge(&case, &mut shop.rig, &shop.log, &[shop.till.clone()], licence).await;
        println!("{case} n={n} struck={struck} recovery_max={}ms", percentile(recoveries, 100));
        assert_eq!(struck, n, "{case}: the failpoint was not reached each time");
    }
}
