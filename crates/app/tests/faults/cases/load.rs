//! A mixed load: tills that sell, are paid, look and cancel until they are told to stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::shop::Shop;
use crate::rig::{Control, Pay};
use crate::scale::Draws;
use crate::till::{Exchange, Sale, Till};

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

/// A request that took as long was given up by its till, by whichever clock that is read.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(4_900);
/// A create may take longer than a till under load waits for it: of so many requests one may be given up.
const REQUESTS_TO_ONE_GIVEN_UP: usize = 100;

/// How tills under load were answered where they did not get what they wanted.
#[derive(Debug, Default)]
pub(super) struct Setbacks {
    requests: usize,
    /// Answers above 499, by their status.
    pub(super) failures: BTreeMap<u16, usize>,
    /// 503 that do not say when to come back.
    pub(super) not_said_when: usize,
    /// Nothing came back, though their till still waited.
    pub(super) cut_off: usize,
    /// Their till gave up.
    given_up: usize,
}

impl Setbacks {
    pub(super) fn of(log: &[Exchange]) -> Self {
        let mut setbacks = Self { requests: log.len(), ..Self::default() };
        for exchange in log {
            let Some(answer) = exchange.answer() else {
                let count =
                    if exchange.took() < GIVEN_UP_AFTER { &mut setbacks.cut_off } else { &mut setbacks.given_up };
                *count += 1;
                continue;
            };
            if answer.status >= 500 {
                *setbacks.failures.entry(answer.status).or_default() += 1;
            }
            setbacks.not_said_when += usize::from(answer.status == 503 && answer.retry_after.is_none());
        }
        setbacks
    }

    /// Answers above 499.
    pub(super) fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// Nothing was worse than a 503 that says when to come back, and nobody was cut off.
    pub(super) fn assert_mild(&self) {
        let others: Vec<&u16> = self.failures.keys().filter(|status| **status != 503).collect();
        assert!(others.is_empty(), "answers of {others:?}");
        assert_eq!(self.not_said_when, 0, "answers of 503 without Retry-After");
        assert_eq!(self.cut_off, 0, "nothing came back, and the till still waited");
        let few = self.requests / REQUESTS_TO_ONE_GIVEN_UP + 1;
        assert!(self.given_up <= few, "{} of {} given up", self.given_up, self.requests);
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
