use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::shop::{Shop, millis};
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

/// One till under load.
struct Seller {
    till: Till,
    control: Control,
    round: u64,
    number: u64,
    over: Arc<AtomicBool>,
    sold: Arc<AtomicU64>,
}

impl Seller {
    /// Sells until told to stop, and does not leave before its last sale came to its end.
    async fn sell_on(self) {
        let mut draws = Draws::seeded(self.round * 1_000 + self.number);
        for sale in 0.. {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            let code = format!("F01-{}-{}-{sale}", self.round, self.number);
            self.sell(&code, &mut draws).await;
        }
    }

    async fn sell(&self, code: &str, draws: &mut Draws) {
        let rupiah = i64::try_from(30_000 + draws.below(60_000)).expect("an amount");
        let sale = Sale::of(code, rupiah);
        let sale = if draws.percent(50) { sale.with_key(format!("key-{code}")) } else { sale };
        let shown = self.till.sell(&sale, Duration::from_secs(30)).await;
        let shown = shown.unwrap_or_else(|| panic!("{code} got no QR code"));
        self.sold.fetch_add(1, Ordering::Relaxed);
        if draws.percent(60) {
            let object = self.control.scan(&shown.reference, &shown.qr).await;
            self.control.pay(&object, &Pay::default()).await;
        }
        match draws.below(10) {
            0 | 1 => _ = self.till.create(&sale).await,
            2 => _ = self.till.cancel(&shown.payment_id).await,
            3..=7 => _ = self.till.get(&shown.payment_id).await,
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
    let sold = Arc::new(AtomicU64::new(0));
    for round in 0..kills {
        let over = Arc::new(AtomicBool::new(false));
        let sellers: Vec<_> = (0..TILLS)
            .map(|number| {
                let (till, control) = (shop.till.patient(PATIENCE), shop.rig.control.clone());
                let (over, sold) = (Arc::clone(&over), Arc::clone(&sold));
                tokio::spawn(Seller { till, control, round, number, over, sold }.sell_on())
            })
            .collect();
        sleep(Duration::from_millis(draws.below(2_000))).await;
        shop.rig.kill_gateway();
        let restart = shop.rig.start_gateway().await;
        over.store(true, Ordering::Relaxed);
        let ready = Instant::now();
        for seller in sellers {
            seller.await.unwrap_or_else(|error| panic!("kill {round}: {error}"));
        }
        let recovery = ready.elapsed();
        assert!(recovery <= RECOVERY_WITHIN, "kill {round}: recovered only after {recovery:?}");
        restarts.push(millis(restart));
        recoveries.push(millis(recovery));
    }
    let exchanges = shop.log.all();
    let answered = exchanges.iter().filter(|exchange| exchange.is_create() && exchange.status() == 200);
    let create_p99 = percentile(answered.map(|exchange| millis(exchange.took())).collect(), 99);
    let requests = exchanges.len();
    let rest = checker::judge("F01", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F01 n={kills} sales={} requests={requests} lost_acknowledged=0 restart_max={}ms recovery_max={}ms \
         create_p99={create_p99}ms rest={}ms",
        sold.load(Ordering::Relaxed),
        percentile(restarts, 100),
        percentile(recoveries, 100),
        millis(rest),
    );
}
