use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::shop::{Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::{Pay, Plan, Provider, Rig, StoreKind};
use crate::scale::{at_once, cases, percentile, prompt};
use crate::till::{PAYMENTS, Sale};

const WEBHOOKS: u64 = 5_000;
/// One of so many makes the worker panic that takes it up, each time.
const POISON_ONE_OF: u64 = 100;
/// What every such webhook holds: it stands in our reference.
const POISON: &str = "POISON";
const AT_ONCE: usize = 8;
const TRIES_MAX: usize = 10;
/// Starts by which all is given up; some are for a machine so busy that one of them did not try everything.
const STARTS_MAX: usize = TRIES_MAX + 2;
/// For what was replayed, a try that fails among it: its next ones are 5, 10 and 20 seconds later.
const SETTLED_WITHIN: Duration = Duration::from_secs(45);
/// Webhooks that wait to be dealt with.
const OPEN: &str = "SELECT count(*) AS count FROM webhook_inbox WHERE state = 'open'";
const TOLD_WITHIN: Duration = Duration::from_secs(30);
/// For a try of everything that is due.
const TRIED_WITHIN: Duration = Duration::from_secs(10);
/// What differs between two measurements of a few milliseconds each.
const NOISE_MILLIS: u64 = 25;

fn log(rig: &Rig) -> String {
    std::fs::read_to_string(rig.log()).expect("the gateway's log")
}

/// How often the failpoint struck so far, by the gateway's log.
fn strikes(rig: &Rig) -> usize {
    log(rig).matches("failpoint worker_after_lease strikes").count()
}

/// Deliveries that were given up so far, by the gateway's log.
fn given_up(rig: &Rig) -> BTreeSet<String> {
    let log = log(rig);
    let lines = log.lines().filter(|line| line.contains("was given up"));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.filter(|word| word.starts_with("dlv_")).map(str::to_owned).collect()
}

fn is_poisoned(number: u64) -> bool {
    number.is_multiple_of(POISON_ONE_OF)
}

/// Sells and is paid so often; how long each till waited from the money to its word, and the payments of those whose
/// webhooks are poison.
async fn trade(shop: &Shop, n: u64, name: fn(u64) -> String) -> (Vec<u64>, Vec<String>) {
    let ends = at_once(n, AT_ONCE, |number| async move {
        let order = name(number);
        let is_poison = order.starts_with(POISON);
        let shown = shop.show(&Sale::of(order, 33_000)).await;
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        let wait = format!("{PAYMENTS}/{}?wait=10", shown.payment_id);
        let told = async {
            let told = shop.till.read(&wait).await;
            (told.data()["status"].clone(), Instant::now())
        };
        let paid = async {
            shop.rig.control.pay(&object, &Pay::default()).await;
            Instant::now()
        };
        if is_poison {
            paid.await;
            return (None, Some(shown.payment_id));
        }
        let ((status, told_at), paid_at) = tokio::join!(told, paid);
        assert_eq!(status, "paid", "{}", shown.payment_id);
        (Some(millis(told_at.saturating_duration_since(paid_at))), None)
    })
    .await;
    (ends.iter().filter_map(|end| end.0).collect(), ends.into_iter().filter_map(|end| end.1).collect())
}

/// What tills are told of these payments, how much is on their records, and what is before a person.
async fn told(shop: &Shop, payments: &[String]) -> Vec<Value> {
    let mut told = Vec::new();
    for payment in payments {
        let paid = shop.till.await_status(payment, "paid", TOLD_WITHIN).await;
        // Links lead to where the gateway answers now.
        let timeline = shop.till.read(&format!("{PAYMENTS}/{payment}/timeline")).await.data();
        let entries = timeline["items"].as_array().map(Vec::len);
        told.push(json!([paid["status"], paid["paid_at"], paid["order_status"], entries]));
    }
    told.extend(shop.till.exceptions().await);
    told
}

/// Has all that is poison tried until it is given up, or was tried often enough for that. The pauses between ten tries
/// are an hour long: they are skipped.
async fn try_to_the_end(rig: &mut Rig, poison: usize) {
    for _ in 0..STARTS_MAX {
        if given_up(rig).len() >= poison {
            return;
        }
        let before = strikes(rig);
        rig.kill_gateway();
        rig.hurry_webhooks();
        rig.start_gateway().await;
        let began = Instant::now();
        while strikes(rig) < before + poison && began.elapsed() < TRIED_WITHIN {
            sleep(Duration::from_millis(100)).await;
        }
        // What was tried is written down.
        sleep(Duration::from_millis(500)).await;
    }
}

/// Waits until no webhook is left to be dealt with: what a look put on record first gains an entry when its webhook is.
async fn await_settled(rig: &Rig) {
    let began = Instant::now();
    loop {
        let open = rig.count(OPEN);
        if open == 0 {
            return;
        }
        assert!(began.elapsed() < SETTLED_WITHIN, "{open} webhooks still wait to be dealt with");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn check(provider: Provider) {
    // The list of arrived money stays empty, so that webhooks and looks alone bring the news.
    let plan = Plan::over(StoreKind::of_run()).selling_at(&[provider]).listing_after(3_600_000);
    let mut shop = Shop::open_as(plan).await;
    let n = cases(WEBHOOKS).max(2 * POISON_ONE_OF);
    let (baseline, _) = trade(&shop, n, |number| format!("BEFORE-{number}")).await;
    shop.rig.kill_gateway();
    shop.rig.set("FAILPOINTS", format!("worker_after_lease[{POISON}]=panic"));
    shop.rig.start_gateway().await;
    let name = |number| if is_poisoned(number) { format!("{POISON}-{number}") } else { format!("SOUND-{number}") };
    let (waits, poisoned) = trade(&shop, n, name).await;
    let told_of = shop.rig.control.deliveries().await;
    let bodies = told_of.iter().map(|delivery| delivery.body.get()).filter(|body| body.contains(POISON));
    let poison = bodies.collect::<BTreeSet<_>>().len();

    try_to_the_end(&mut shop.rig, poison).await;
    let (dead, strikes) = (given_up(&shop.rig), strikes(&shop.rig));
    let (p99_before, p99) = (percentile(baseline, 99), percentile(waits, 99));
    println!(
        "F16 at {} n={n} poison={poison} dead={} tries={strikes} p99={p99}ms p99_without={p99_before}ms",
        provider.word(),
        dead.len(),
    );
    assert_eq!(dead.len(), poison, "what breaks its worker each time is given up, and nothing else is");
    assert!(strikes <= TRIES_MAX * poison, "tried {strikes} times");
    assert!(p99 <= prompt((2 * p99_before).max(NOISE_MILLIS)), "the others wait for the poison");

    // The fault is mended, and an operator replays all of it, twice.
    shop.rig.kill_gateway();
    shop.rig.set("FAILPOINTS", "");
    let (replayed, said) = shop.rig.run(&["webhooks", "replay", "--dead", "--reason", "the fault is mended"]);
    assert!(replayed && said.matches("is due again").count() == poison, "{said}");
    shop.rig.start_gateway().await;
    await_settled(&shop.rig).await;
    let before = told(&shop, &poisoned).await;
    shop.rig.kill_gateway();
    let named = ["webhooks", "replay", "--reason", "to be sure"].into_iter();
    let (again, said) = shop.rig.run(&named.chain(dead.iter().map(String::as_str)).collect::<Vec<_>>());
    let untouched = said.matches("is neither parked nor dead").count();
    shop.rig.start_gateway().await;
    // What a second replay made due would be dealt with by then.
    await_settled(&shop.rig).await;
    let after = told(&shop, &poisoned).await;
    let effects = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    let judged = checker::judge("F17", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence { panics: true }).await;
    println!(
        "F17 at {} replayed={poison} dead_letters={} second_replay_untouched={untouched} effects={effects}",
        provider.word(),
        judged.dead_letters
    );
    assert!(again && untouched == poison, "{said}");
    assert_eq!((effects, before.len(), judged.dead_letters), (0, after.len(), 0), "the second replay did something");
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_webhooks_that_break_their_worker_are_given_up_and_f17_replayed_with_one_effect() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_notifications_of_midtrans_that_break_their_worker_are_given_up_and_f17_replayed_with_one_effect() {
    check(Provider::Midtrans).await;
}
