use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tokio::time::Instant;

use super::shop::{Shop, millis};
use crate::rig::Provider;
use crate::rig::ledger::ProviderCall;
use crate::scale::{at_once, cases, percentile};
use crate::till::{Exchange, Sale, Till};

const CREATES: u64 = 500;
/// One of ten meets a provider that does not even listen.
const REFUSED_OF: u64 = 10;
/// Creates that are sent at the same time, time and again, while the provider cuts off whoever calls: the first of them
/// are cut off, the others meet a breaker that has opened over that.
const CUT_AT_ONCE: u64 = 25;
/// The same while nobody listens: too few for the breaker, which opens over eight failures, to spare one of them its
/// call.
const REFUSED_AT_ONCE: u64 = 5;
/// Creates of new orders each time, once all is well and the breaker closed.
const AFTERWARDS: u64 = 5;

/// How a provider cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It closes or resets every connection before it does anything.
    Cut,
    /// Nobody listens.
    Refused,
}

impl Fault {
    async fn begin(self, shop: &mut Shop) {
        match self {
            Self::Cut => {
                let (mut closed, reset) = (shop.rule("open", "disconnect_before"), shop.rule("open", "reset"));
                (closed["probability"], closed["seed"]) = (json!(0.5), json!(4));
                shop.rig.control.faults(&json!([closed, reset])).await;
            }
            Self::Refused => shop.rig.kill_sandbox(),
        }
    }

    async fn end(self, shop: &mut Shop) {
        match self {
            Self::Cut => shop.rig.control.faults(&json!([])).await,
            Self::Refused => shop.rig.restart_sandbox(),
        }
    }

    /// So many sales that meet it, those with a key at the cut.
    fn sales(self, count: u64) -> Vec<Sale> {
        let sale = |number: u64| match self {
            Self::Cut => Sale::of(format!("F04-cut-{number}"), 33_000).with_key(format!("key-F04-cut-{number}")),
            Self::Refused => Sale::of(format!("F04-refused-{number}"), 33_000),
        };
        (0..count).map(sale).collect()
    }
}

/// What came of all sales.
#[derive(Default)]
struct Tally {
    /// First creates that were answered 200 although the fault was on.
    unharmed: usize,
    /// First creates of which a call came to the provider, which cut it off.
    cut: usize,
    /// First creates of which none did: the open breaker ended them.
    spared: usize,
    /// First creates while nobody listened.
    refused: usize,
    /// Creates once all was well again.
    afterwards: usize,
    /// Those of them that failed all the same.
    failed_afterwards: usize,
    /// From the end of the fault to a QR code, in milliseconds.
    delays: Vec<u64>,
}

/// Sends each of them once, all at the same time.
async fn create(till: &Till, sales: &[Sale]) -> Vec<Exchange> {
    let count = u64::try_from(sales.len()).expect("a count");
    at_once(count, sales.len(), |index| till.create(&sales[usize::try_from(index).expect("an index")])).await
}

/// Sells each of them; gives how long that took, in milliseconds.
async fn show(shop: &Shop, sales: &[Sale]) -> Vec<u64> {
    let (count, began) = (u64::try_from(sales.len()).expect("a count"), Instant::now());
    at_once(count, sales.len(), |index| {
        let sale = &sales[usize::try_from(index).expect("an index")];
        async move {
            shop.show(sale).await;
            millis(began.elapsed())
        }
    })
    .await
}

fn count_failed(heard: &[Exchange]) -> usize {
    heard.iter().filter(|exchange| exchange.status() != 200).count()
}

/// Lets these sales meet the fault, and then no fault.
async fn meet(shop: &mut Shop, fault: Fault, sales: &[Sale], tally: &mut Tally) {
    fault.begin(shop).await;
    let heard = create(&shop.till, sales).await;
    tally.unharmed += heard.len() - count_failed(&heard);
    match fault {
        Fault::Cut => {
            let calls = shop.rig.control.calls().await;
            let called: BTreeSet<&str> =
                calls.iter().filter(|call| call.opens()).map(ProviderCall::order_code).collect();
            let cut = sales.iter().filter(|sale| called.contains(sale.order_code.as_str())).count();
            assert!(cut > 0, "the fault struck nobody");
            tally.cut += cut;
            tally.spared += sales.len() - cut;
        }
        Fault::Refused => tally.refused += sales.len(),
    }
    fault.end(shop).await;
    tally.delays.extend(show(shop, sales).await);
    assert_eq!(shop.breaker(shop.rig.provider(), "qris").await, "closed", "the breaker, once all have their QR code");
    let of = &sales[0].order_code;
    let others: Vec<Sale> = (0..AFTERWARDS).map(|number| Sale::of(format!("{of}-after-{number}"), 33_000)).collect();
    let heard = create(&shop.till, &others).await;
    tally.afterwards += heard.len();
    tally.failed_afterwards += count_failed(&heard);
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_never_arrived_is_not_there_and_the_same_request_makes_it_once() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_never_arrived_at_midtrans_is_not_there_and_the_same_request_makes_it_once() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let mut shop = Shop::open_at(&[provider]).await;
    let n = cases(CREATES);
    let refused = (n / REFUSED_OF).max(1);
    let mut tally = Tally::default();
    for (fault, count, width) in [(Fault::Cut, n - refused, CUT_AT_ONCE), (Fault::Refused, refused, REFUSED_AT_ONCE)] {
        for sales in fault.sales(count).chunks(usize::try_from(width).expect("a width")) {
            meet(&mut shop, fault, sales, &mut tally).await;
        }
    }
    let mut objects: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for charge in shop.rig.control.charges().await {
        *objects.entry(charge.order_code).or_default() += 1;
    }
    let doubled = objects.values().filter(|count| **count != 1).count();
    shop.judge("F04").await;
    let Tally { unharmed, cut, spared, refused, afterwards, failed_afterwards, delays } = tally;
    println!(
        "F04 at {} n={n} cut={cut} met_open_breaker={spared} refused={refused} unharmed={unharmed} \
         failed_afterwards={failed_afterwards}/{afterwards} objects_not_one={doubled} \
         qr_after_healing_p50={}ms max={}ms",
        provider.word(),
        percentile(delays.clone(), 50),
        percentile(delays, 100),
    );
    let met = u64::try_from(cut + spared + refused).expect("a count");
    assert_eq!((met, unharmed), (n, 0), "first creates while the fault was on, and those it did not harm");
    assert_eq!(failed_afterwards, 0, "creates that failed although all was well");
    let orders = u64::try_from(afterwards).expect("a count") + n;
    assert_eq!((u64::try_from(objects.len()), doubled), (Ok(orders), 0), "every order has exactly one object");
}
