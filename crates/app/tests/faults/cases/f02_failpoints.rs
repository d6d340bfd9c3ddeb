use std::time::{Duration, Instant};

use mstore_pay_domain::ports::CrashPoint;
use serde_json::json;

use super::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::checker::{self, Licence};
use crate::rig::Pay;
use crate::rig::Provider;
use crate::scale::{at_once, cases, percentile, repeats};
use crate::till::{Sale, Till};

const REPEATS: u64 = 5;
const F05_RUNS: u64 = 200;
/// Sales under way when it strikes.
const SALES: u64 = 3;
/// How long tills try where the gateway is dead for good.
const DEAD_WITHIN: Duration = Duration::from_secs(2);
/// How long an effect other than an abort may keep a till without its QR code: nobody starts the gateway anew.
const STRUCK_WITHIN: Duration = Duration::from_secs(12);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strike {
    Abort,
    Panic,
    Error,
    Sleep,
}

impl Strike {
    pub(super) const ALL: [Self; 4] = [Self::Abort, Self::Panic, Self::Error, Self::Sleep];

    /// As `FAILPOINTS` spells it: an abort is the last thing that happens, the others strike a few times.
    pub(super) fn at(self, point: CrashPoint) -> String {
        let effect = match self {
            Self::Abort => "abort",
            Self::Panic => "panic*2",
            Self::Error => "error*2",
            Self::Sleep => "sleep(5000)*2",
        };
        format!("{}={effect}", point.word())
    }
}

fn sale(name: &str, number: u64) -> Sale {
    Sale::of(format!("{name}-{number}"), 25_000).with_key(format!("key-{name}-{number}"))
}

/// Three sales at once: each is created, paid and looked at, whatever happens meanwhile.
async fn trade(shop: &Shop, name: &str, effect: Strike) {
    let till = shop.till.patient(Duration::from_secs(4));
    let within = if effect == Strike::Abort { DEAD_WITHIN } else { STRUCK_WITHIN };
    at_once(SALES, 3, |number| {
        let (till, control, sale) = (till.clone(), shop.rig.control.clone(), sale(name, number));
        async move {
            let sold = till.sell(&sale, within).await;
            assert!(sold.is_ok() || effect == Strike::Abort, "{} got no QR code: {sold:?}", sale.order_code);
            let Ok(shown) = sold else { return };
            let object = control.scan(&shown.reference, &shown.qr).await;
            control.pay(&object, &Pay::default()).await;
            till.await_status(&shown.payment_id, "paid", Duration::from_secs(2)).await;
        }
    })
    .await;
}

/// Cuts sales off while the provider is asked to open them, so that a worker has something to take up.
async fn leave_unfinished(shop: &mut Shop, name: &str) {
    let silence = json!([{"provider": "xendit", "operation": "open", "effect": "timeout_after"}]);
    shop.rig.control.faults(&silence).await;
    let till = shop.till.patient(Duration::from_millis(700));
    at_once(SALES, 3, |number| {
        let (till, sale) = (till.clone(), sale(name, number));
        async move { till.create(&sale).await }
    })
    .await;
    shop.rig.kill_gateway();
    shop.rig.control.faults(&json!([])).await;
}

/// How often a failpoint struck so far, by the gateway's log.
pub(super) fn strikes(shop: &Shop, point: CrashPoint) -> usize {
    let log = std::fs::read_to_string(shop.rig.log()).expect("the gateway's log");
    log.matches(&format!("failpoint {} strikes", point.word())).count()
}

/// One strike: trade with the failpoint armed, start anew what it killed, and bring every sale to its end. Returns
/// whether it struck and how long the ends took from then on.
async fn strike(shop: &mut Shop, point: CrashPoint, effect: Strike, round: u64) -> (bool, u64) {
    let name = format!("F02-{}-{effect:?}-{round}", point.word());
    if point == CrashPoint::WorkerAfterLease {
        leave_unfinished(shop, &name).await;
    }
    shop.rig.kill_gateway();
    let before = strikes(shop, point);
    shop.rig.arm_gateway(&effect.at(point)).await;
    trade(shop, &name, effect).await;
    let struck = strikes(shop, point) > before;
    if effect == Strike::Abort {
        shop.rig.kill_gateway();
        shop.rig.start_gateway().await;
    }
    let began = Instant::now();
    let till: &Till = &shop.till;
    at_once(SALES, 3, |number| {
        let sale = sale(&name, number);
        async move {
            let answer = till.create(&sale).await;
            // A paid order says so; any other gets its QR code, or its first answer again.
            let paid = answer.error_code() == "order_already_paid" || answer.data()["status"] == "paid";
            if !paid {
                let shown = till.sell(&sale, RECOVERED_WITHIN).await;
                assert!(shown.is_ok(), "{} got no QR code again: {shown:?}", sale.order_code);
            }
        }
    })
    .await;
    let recovery = began.elapsed();
    assert!(recovery <= RECOVERED_WITHIN, "{name}: recovered only after {recovery:?}");
    (struck, millis(recovery))
}

async fn every_strike_at(point: CrashPoint) {
    for effect in Strike::ALL {
        // The sweep would find the money before a worker had to, were the provider's list not slow.
        let mut shop = Shop::open_listing_after(3_000).await;
        let n = repeats(REPEATS);
        let (mut struck, mut recoveries) = (0_u64, Vec::new());
        for round in 0..n {
            let (hit, recovery) = strike(&mut shop, point, effect, round).await;
            struck += u64::from(hit);
            recoveries.push(recovery);
        }
        let case = format!("F02 {} {effect:?}", point.word());
        let licence = Licence { panics: effect == Strike::Panic };
        checker::judge(&case, &mut shop.rig, &shop.log, &[shop.till.clone()], licence).await;
        println!("{case} n={n} struck={struck} recovery_max={}ms", percentile(recoveries, 100));
        assert_eq!(struck, n, "{case}: the failpoint was not reached each time");
    }
}

macro_rules! struck_at {
    ($($name:ident => $point:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                every_strike_at(CrashPoint::$point).await;
            }
        )*
    };
}

struck_at! {
    f02_struck_after_the_intent_every_sale_comes_to_its_end => AfterIntentCommit,
    f02_struck_before_the_call_every_sale_comes_to_its_end => BeforeCall,
    f02_struck_after_the_call_every_sale_comes_to_its_end => AfterCallBeforeCommit,
    f02_struck_before_the_reply_every_sale_comes_to_its_end => AfterCommitBeforeReply,
    f02_struck_before_a_webhook_is_stored_the_money_is_found => WebhookAfterVerify,
    f02_struck_before_a_webhook_is_acknowledged_the_money_is_found => WebhookAfterInsertBeforeAck,
    f02_struck_after_a_lease_the_work_is_done_by_the_next => WorkerAfterLease,
    f02_struck_before_work_is_marked_done_it_takes_effect_once => WorkerAfterApplyBeforeDone,
    f02_struck_after_a_look_up_it_is_made_again => ReconcileAfterLookup,
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_killed_between_the_providers_answer_and_the_commit_no_object_is_orphaned() {
    // What was made is hidden, and another is made and shown.
    check_killed(Provider::Xendit, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_killed_between_the_answer_of_midtrans_and_the_commit_the_object_is_adopted() {
    // Its key brings what was made.
    check_killed(Provider::Midtrans, 1).await;
}

async fn check_killed(provider: Provider, objects_an_order: u64) {
    let mut shop = Shop::open_at(&[provider]).await;
    let n = cases(F05_RUNS);
    let mut recoveries = Vec::new();
    for round in 0..n {
        let name = format!("F05-{round}");
        shop.rig.kill_gateway();
        shop.rig.arm_gateway("after_call_before_commit=abort").await;
        let sale = Sale::of(&name, 25_000);
        let lost = shop.till.create(&sale).await;
        assert!(lost.lost().is_some(), "{name}: the gateway was to die, and answered {}", lost.status());
        shop.rig.kill_gateway();
        shop.rig.start_gateway().await;
        let began = Instant::now();
        shop.show(&sale).await;
        recoveries.push(millis(began.elapsed()));
    }
    let objects = u64::try_from(shop.rig.control.charges().await.len()).expect("a count");
    let orphans = shop.judge("F05").await.broken("I2");
    println!(
        "F05 at {} n={n} orphans={orphans} objects={objects} qr_again_max={}ms",
        provider.word(),
        percentile(recoveries, 100)
    );
    assert_eq!(objects, objects_an_order * n, "objects");
}
