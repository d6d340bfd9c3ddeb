//! A mixed load: tills that sell, are paid, look and cancel until they are told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::shop::Shop;
use crate::rig::{Control, Pay};
use crate::scale::Draws;
use crate::till::{Sale, Till};

/// Tills that sell at the same time: about a hundred requests a second here.
const TILLS: u64 = 12;
/// Gives up on an answer after so long, as POS clients do.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tills under way.
pub(super) struct Load {
    over: Arc<AtomicBool>,
    sold: Arc<AtomicU64>,
    sellers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Sets the tills going; each sale must get its QR code within that time, whatever happens.
    pub(super) fn start(shop: &Shop, case: &'static str, round: u64, sale_within: Duration) -> Self {
        let (over, sold) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let sellers = (0..TILLS).map(|number| {
            let (till, control) = (shop.till.patient(PATIENCE), shop.rig.control.clone());
            let (over, sold) = (Arc::clone(&over), Arc::clone(&sold));
            tokio::spawn(Seller { till, control, case, round, number, sale_within, over, sold }.sell_on())
        });
        Self { sellers: sellers.collect(), over, sold }
    }

    /// Lets every till end the sale it is at; gives how many there were.
    pub(super) async fn finish(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        for seller in self.sellers {
            seller.await.unwrap_or_else(|error| panic!("a till: {error}"));
        }
        self.sold.load(Ordering::Relaxed)
    }
}

/// One till under load.
struct Seller {
    till: Till,
    control: Control,
    case: &'static str,
    round: u64,
    number: u64,
    sale_within: Duration,
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
            let code = format!("{}-{}-{}-{sale}", self.case, self.round, self.number);
            self.sell(&code, &mut draws).await;
        }
    }

    async fn sell(&self, code: &str, draws: &mut Draws) {
        // Above the amounts to which Xendit's test mode answers with an error.
        let rupiah = i64::try_from(20_000 + draws.below(70_000)).expect("an amount");
        let sale = Sale::of(code, rupiah);
        let sale = if draws.percent(50) { sale.with_key(format!("key-{code}")) } else { sale };
        let shown = self.till.sell(&sale, self.sale_within).await;
        let shown = shown.unwrap_or_else(|heard| panic!("{code} got no QR code: {heard}"));
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
