//! The day of a shop: two thousand sales at three tills, of which the line goes down twice.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::offline::{Kept, SYNC, TRANSACTIONS, paid, reference};
use super::shop::{PATIENCE, Shop};
use crate::rig::Pay;
use crate::scale::{Draws, at_once, cases};
use crate::till::{Sale, Till};

const SALES: u64 = 2_000;
const SEED: u64 = 20_261_126;
const DEVICES: [&str; 3] = ["DEV1", "DEV2", "DEV3"];
/// What each till's clock shows beyond ours, in seconds.
const SKEWS: [i64; 3] = [0, 95, -240];
/// The till that is restored from a backup, taken in the middle of the first time without a line.
const RESTORED: usize = 2;
/// Of the day's five parts the line is down in these.
const LINE_IS_DOWN: [u64; 2] = [1, 3];
/// Sales in one batch: each is a sale and its payment.
const SALES_PER_BATCH: usize = 200;
const AT_ONCE: usize = 6;

/// How a customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cash,
    Qris,
    /// By QR code, and in cash as well.
    Both,
    /// By a code on paper, of which nobody but the customer's phone tells.
    Unproven,
}

#[derive(Debug, Clone)]
struct Bought {
    order: String,
    device: usize,
    amount: i64,
    way: Way,
}

/// A till without a line: what it has yet to report, and the number that it gives next.
#[derive(Debug, Clone, Default)]
struct Notes {
    sold: Vec<(u64, Bought)>,
    next: u64,
}

impl Notes {
    fn note(&mut self, bought: Bought) {
        self.next += 1;
        self.sold.push((self.next, bought));
    }
}

fn draw(part: u64, number: u64, draws: &mut Draws) -> Bought {
    let amount = 1_000 + 500 * i64::try_from(draws.below(200)).expect("few");
    let percent = draws.below(100);
    let way = match (LINE_IS_DOWN.contains(&part), percent) {
        (_, 0) => Way::Both,
        (true, 1..=10) => Way::Unproven,
        (false, 1..=55) => Way::Qris,
        (true | false, _) => Way::Cash,
    };
    let device = usize::try_from(number % 3).expect("few");
    Bought { order: format!("DAY-{number}"), device, amount, way }
}

async fn must_be(till: &Till, path: &str, body: &Value, status: u16) {
    let answer = till.post(path, body).await;
    assert_eq!(answer.status(), status, "{path}: {:?}", answer.outcome);
}

/// A sale while the line is up.
async fn sell_online(shop: &Shop, bought: &Bought) {
    let (till, order) = (&shop.till, &bought.order);
    let registered = json!({"transaction_code": order, "grand_total": bought.amount});
    must_be(till, TRANSACTIONS, &registered, 201).await;
    let cash = json!({"amount": bought.amount, "device_id": DEVICES[bought.device]});
    let cash_path = format!("{TRANSACTIONS}/{order}/cash");
    if bought.way == Way::Cash {
        return must_be(till, &cash_path, &cash, 200).await;
    }
    let shown = shop.show(&Sale::of(order, bought.amount)).await;
    let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
    let inquired_at = Some(Utc::now());
    if bought.way == Way::Both {
        must_be(till, &cash_path, &cash, 200).await;
    }
    shop.rig.control.pay(&object, &Pay { inquired_at, ..Pay::default() }).await;
}

/// A sale without a line: the till notes it. Who pays both ways had the QR code on the screen when the line went down.
async fn sell_offline(shop: &Shop, bought: &Bought) {
    if bought.way == Way::Both {
        let shown = shop.show(&Sale::of(&bought.order, bought.amount)).await;
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        shop.rig.control.pay(&object, &Pay { silent: true, ..Pay::default() }).await;
    }
}

/// Reports what a till noted, each batch twice: the first answer may be lost to it.
async fn report(shop: &Shop, device: usize, notes: &mut Notes) {
    let name = DEVICES[device];
    let theirs = |now: DateTime<Utc>| now + TimeDelta::seconds(SKEWS[device]);
    for batch in notes.sold.chunks(SALES_PER_BATCH) {
        let sale = |(number, bought): &(u64, Bought)| {
            json!({"offline_reference": reference(name, *number), "transaction_code": bought.order,
                "grand_total": bought.amount, "created_at_device": "2026-11-26T08:00:00Z"})
        };
        let payment = |(number, bought): &(u64, Bought)| {
            let method = if bought.way == Way::Unproven { "qris" } else { "cash" };
            paid(&reference(name, *number), &bought.order, method, bought.amount)
        };
        let body = json!({"device_id": name, "synced_at": theirs(Utc::now()),
            "transactions": batch.iter().map(sale).collect::<Vec<_>>(),
            "payments": batch.iter().map(payment).collect::<Vec<_>>()});
        let first = shop.till.post(SYNC, &body).await;
        let again = shop.till.post(SYNC, &body).await;
        assert_eq!((first.status(), again.status()), (200, 200), "{:?}", first.outcome);
        assert_eq!(first.data()["results"], again.data()["results"]);
        let told = first.data();
        let failed = told["results"]
            .as_array()
            .expect("results")
            .iter()
            .filter(|result| result["success"] == false && result["conflict_detected"] == false);
        assert_eq!(failed.count(), 0, "{:?}", first.outcome);
    }
    notes.sold.clear();
}

/// The owner resolves every conflict as it is suggested; gives how many there were.
async fn resolve_all(shop: &Shop, owner: &Till) -> usize {
    let open = owner.listed("/api/v1/pos/offline/conflicts?limit=100&state=open").await;
    at_once(u64::try_from(open.len()).expect("a count"), 4, |index| {
        let conflict = open[usize::try_from(index).expect("an index")].clone();
        async move {
            let url = conflict["resolution_url"].as_str().expect("a path").to_owned();
            let word = json!({"resolution": conflict["suggested_fix"], "reason": "the till was set back"});
            must_be(owner, &url, &word, 200).await;
        }
    })
    .await;
    let left = shop.till.listed("/api/v1/pos/offline/conflicts?limit=100&state=open").await;
    assert!(left.is_empty(), "{left:?}");
    open.len()
}

/// Whether an order stands where its sale left it.
async fn stands(shop: &Shop, bought: &Bought) -> Result<(), String> {
    let order = shop.till.read(&format!("{TRANSACTIONS}/{}", bought.order)).await.data();
    let (status, by) = match bought.way {
        Way::Cash => ("paid", json!("cash")),
        Way::Qris => ("paid", json!("payment")),
        // Whichever was known first.
        Way::Both => ("paid", order["paid_by"].clone()),
        Way::Unproven => ("pending_payment", Value::Null),
    };
    let payments = shop.till.listed(&format!("/api/v1/pos/payments?limit=100&order_code={}", bought.order)).await;
    let money = payments.iter().filter(|payment| payment["status"] == "paid").count();
    let waiting = payments.iter().filter(|payment| payment["status_reason"] == "unproven").count();
    let wanted = match bought.way {
        Way::Cash => (0, 0),
        Way::Qris | Way::Both => (1, 0),
        Way::Unproven => (0, 1),
    };
    let holds = order["status"] == status
        && order["paid_by"] == by
        && order["grand_total"] == bought.amount
        && (money, waiting) == wanted;
    if holds { Ok(()) } else { Err(format!("{bought:?}: {order}, {payments:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_after_the_day_of_a_shop_every_sale_is_there_once_and_the_sums_are_right_to_the_rupiah() {
    let shop = Shop::open().await;
    let owner = Till::new(&shop.rig, "M1", "L0_OWNER", PATIENCE, &shop.log);
    let n = cases(SALES);
    let mut draws = Draws::seeded(SEED);
    let day: Vec<(u64, Bought)> = (0..n)
        .map(|number| (number * 5 / n, number))
        .map(|(part, number)| (part, draw(part, number, &mut draws)))
        .collect();
    let (mut notes, mut backup) = (vec![Notes::default(); DEVICES.len()], Notes::default());
    let (mut collisions, mut used_up_to) = (0, 0);
    for part in 0..5 {
        let sold: Vec<&Bought> = day.iter().filter(|(of, _)| *of == part).map(|(_, bought)| bought).collect();
        let down = LINE_IS_DOWN.contains(&part);
        if part == LINE_IS_DOWN[1] {
            notes[RESTORED] = backup.clone();
        }
        for (index, bought) in sold.iter().enumerate().filter(|_| down) {
            if part == LINE_IS_DOWN[0] && index == sold.len() / 2 {
                backup = notes[RESTORED].clone();
            }
            let till = &mut notes[bought.device];
            till.note((*bought).clone());
            // The number was given before it was restored, to another sale.
            collisions += u64::from(part == LINE_IS_DOWN[1] && bought.device == RESTORED && till.next <= used_up_to);
        }
        if part == LINE_IS_DOWN[0] {
            used_up_to = notes[RESTORED].next;
        }
        let count = u64::try_from(sold.len()).expect("a count");
        at_once(count, AT_ONCE, |index| {
            let (shop, bought) = (&shop, sold[usize::try_from(index).expect("an index")]);
            async move { if down { sell_offline(shop, bought).await } else { sell_online(shop, bought).await } }
        })
        .await;
        if down {
            // The line is back, for all of them at once.
            let (shop, notes) = (&shop, &mut notes);
            futures::future::join_all(notes.iter_mut().enumerate().map(|(device, notes)| report(shop, device, notes)))
                .await;
        }
    }
    let conflicts = resolve_all(&shop, &owner).await;
    let both: Vec<&Bought> = day.iter().map(|(_, bought)| bought).filter(|bought| bought.way == Way::Both).collect();
    let doubles = until_flagged(&shop, both.len()).await;
    let wrong: Vec<String> = at_once(n, AT_ONCE, |index| {
        let (shop, bought) = (&shop, &day[usize::try_from(index).expect("an index")].1);
        async move { stands(shop, bought).await }
    })
    .await
    .into_iter()
    .filter_map(Result::err)
    .collect();
    let off = cash_is_off(&shop, &day).await;
    let skews_off = skews_are_off(&shop).await;
    shop.judge("S22 the day of a shop").await;
    println!(
        "S22 n={n} wrong={} conflicts={conflicts} of {} paid_twice={doubles} of {} rupiah_off={off:?} skews_off={skews_off}",
        wrong.len(),
        2 * collisions,
        both.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(u64::try_from(conflicts).expect("a count"), 2 * collisions, "a sale and its payment each");
    assert_eq!((doubles, off, skews_off), (both.len(), vec![0; DEVICES.len() + 1], 0));
}

/// Waits until so many orders were put before a person as paid twice; gives how many were, and nothing else.
async fn until_flagged(shop: &Shop, wanted: usize) -> usize {
    let mut flagged = 0;
    for _ in 0..40 {
        let exceptions = shop.till.exceptions().await;
        let others: Vec<_> = exceptions.iter().filter(|exception| exception["kind"] != "paid_twice").collect();
        assert!(others.is_empty(), "{others:?}");
        flagged = exceptions.len();
        if flagged >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    flagged
}

/// By how much the cash of each till, and of all, is not what was taken.
async fn cash_is_off(shop: &Shop, day: &[(u64, Bought)]) -> Vec<i64> {
    let kept = Kept::of(shop, &DEVICES, day.iter().map(|(_, bought)| bought.order.clone())).await;
    let mut off: BTreeMap<&str, i64> = DEVICES.iter().map(|device| (*device, 0)).collect();
    for tender in &kept.tenders {
        let device = tender.device.as_ref().map_or("", |device| device.as_str());
        *off.get_mut(device).unwrap_or_else(|| panic!("{tender:?}")) += tender.amount.minor_units() / 100;
    }
    for (_, bought) in day.iter().filter(|(_, bought)| matches!(bought.way, Way::Cash | Way::Both)) {
        *off.get_mut(DEVICES[bought.device]).expect("a till") -= bought.amount;
    }
    let total = off.values().sum();
    off.into_values().chain([total]).collect()
}

/// How many tills are told of with another skew than their clock has, or with numbers missing.
async fn skews_are_off(shop: &Shop) -> usize {
    let mut off = 0;
    for (device, skew) in DEVICES.iter().zip(SKEWS) {
        let told = shop.till.read(&format!("/api/v1/pos/offline/devices/{device}")).await.data();
        let near = told["clock_skew_ms"].as_i64().is_some_and(|millis| (millis - skew * 1_000).abs() < 5_000);
        off += usize::from(!near || told["gaps"] != json!([]));
    }
    off
}
