use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::shop::{Shop, at_once, millis};
use crate::checker::{self, Licence};
use crate::rig::{Control, Pay};
use crate::scale::{Draws, cases, percentile};
use crate::till::{Sale, Till};

const KILLS: u64 = 40;
/// Tills that sell at the same time: about a hundred requests a second here.
const TILLS: u64 = 12;
/// Gives up on an answer after so long, as POS clients do.
const PATIENCE: Duration = Duration::from_secs(5);
const RECOVERY_WITHIN: Duration = Duration::from_secs(10);

/// Sells until told to stop, and does not leave before its last sale came to an end.
async fn sell_on(till: &Till, control: &Control, number: u64, round: u64, stop: &AtomicBool, sold: &AtomicU64) {
    let mut draws = Draws::seeded(round * 1_000 + number);
    let mut sale_number = 0;
    while !stop.load(Ordering::Relaxed) {
        let code = format!("F01-{round}-{number}-{sale_number}");
        sale_number += 1;
        let rupiah = i64::try_from(1_000 + draws.below(90_000)).expect("an amount");
        let sale = Sale::of(&code, rupiah);
        let sale = if draws.percent(50) { sale.with_key(format!("key-{code}")) } else { sale };
        let Some(shown) = till.sell(&sale, Duration::from_secs(30)).await else {
            panic!("{code} got no QR code");
        };
        sold.fetch_add(1, Ordering::Relaxed);
        if draws.percent(60) {
            let object = control.scan(&shown.reference, &shown.qr).await;
            control.pay(&object, &Pay::default()).await;
        }
        if draws.percent(50) {
            till.get(&shown.payment_id).await;
        }
        match draws.below(10) {
            0 | 1 => _ = till.create(&sale).await,
            2 => _ = till.cancel(&shown.payment_id).await,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_killed_under_load_the_gateway_keeps_all_it_acknowledged() {
    let mut shop = Shop::open().await;
    let kills = cases(KILLS);
    let mut draws = Draws::seeded(1);
    let (mut restarts, mut recoveries) = (Vec::new(), Vec::new());
    let sold = AtomicU64::new(0);
    for round in 0..kills {
        let till = shop.till.patient(PATIENCE);
        let control = shop.rig.control.clone();
        let over = AtomicBool::new(false);
        let load = at_once(TILLS, 12, |number| sell_on(&till, &control, number, round, &over, &sold));
        let strike = async {
            sleep(Duration::from_millis(draws.below(2_000))).await;
            shop.rig.kill_gateway();
            let took = shop.rig.start_gateway(None).await;
            over.store(true, Ordering::Relaxed);
            (took, Instant::now())
        };
        let (_, (restart, ready)) = tokio::join!(load, strike);
        let recovery = ready.elapsed();
        assert!(recovery <= RECOVERY_WITHIN, "kill {round}: recovered only after {recovery:?}");
        restarts.push(millis(restart));
        recoveries.push(millis(recovery));
    }
    let exchanges = shop.log.all();
    let answered = exchanges.iter().filter(|exchange| exchange.is_create() && exchange.status() == 200);
    let create_p99 = percentile(answered.map(|exchange| millis(exchange.took())).collect(), 99);
    let requests = exchanges.len();
    let worst = percentile(recoveries, 100);
    let rest = checker::judge("F01", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F01 n={kills} sales={} requests={requests} lost_acknowledged=0 restart_max={}ms recovery_max={worst}ms \
         create_p99={create_p99}ms rest={}ms",
        sold.load(Ordering::Relaxed),
        percentile(restarts, 100),
        millis(rest),
    );
}
