use std::time::{Duration, Instant};

use mstore_pay_domain::ports::CrashPoint;
use tokio::time::sleep;

use super::shop::{Shop, at_once, millis};
use crate::checker::{self, Licence};
use crate::rig::{Pay, Setup};
use crate::scale::{cases, percentile, repeats};
use crate::till::{Sale, Shown, Till};

const REPEATS: u64 = 5;
const F05_RUNS: u64 = 200;
/// Sales under way when it strikes.
const SALES: u64 = 3;
const RECOVERY_WITHIN: Duration = Duration::from_secs(10);
/// How long an effect other than an abort may hold things up before the gateway is started anew.
const STRUCK_WITHIN: Duration = Duration::from_secs(12);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strike {
    Abort,
    Panic,
    Error,
    Sleep,
}

impl Strike {
    const ALL: [Self; 4] = [Self::Abort, Self::Panic, Self::Error, Self::Sleep];

    /// As `FAILPOINTS` spells it: an abort is the last thing that happens, the others strike a few times.
    fn at(self, point: CrashPoint) -> String {
        let effect = match self {
            Self::Abort => "abort",
            Self::Panic => "panic*2",
            Self::Error => "error*2",
            Self::Sleep => "sleep(5000)*2",
        };
        format!("{}={effect}", point.word())
    }
}

/// Three sales at once: each is created, paid and looked at, whatever happens meanwhile.
async fn trade(shop: &Shop, name: &str) -> Vec<Option<Shown>> {
    let till = shop.till.patient(Duration::from_secs(4));
    let control = shop.rig.control.clone();
    at_once(SALES, 3, |number| {
        let (till, control) = (till.clone(), control.clone());
        async move {
            let sale = Sale::of(format!("{name}-{number}"), 25_000).with_key(format!("key-{name}-{number}"));
            let shown = till.sell(&sale, STRUCK_WITHIN).await;
            if let Some(shown) = &shown {
                let object = control.scan(&shown.reference, &shown.qr).await;
                control.pay(&object, &Pay::default()).await;
                till.await_status(&shown.payment_id, "paid", Duration::from_secs(1)).await;
            }
            shown
        }
    })
    .await
}

/// One strike: trade with the failpoint armed, start anew, and bring every sale to its end. Returns whether it struck
/// and how long the ends took after the restart.
async fn strike(shop: &mut Shop, point: CrashPoint, effect: Strike, round: u64) -> (bool, u64) {
    let name = format!("F02-{}-{effect:?}-{round}", point.word());
    shop.rig.kill_gateway();
    shop.rig.start_gateway(Some(&effect.at(point))).await;
    trade(shop, &name).await;
    // Points that only workers pass come a moment later.
    if effect == Strike::Abort && point == CrashPoint::WorkerAfterLease {
        sleep(Duration::from_secs(1)).await;
    }
    let log = std::fs::read_to_string(shop.rig.log()).expect("the gateway's log");
    let struck = shop.rig.gateway_is_dead() || log.contains(&format!("failpoint {} strikes", point.word()));
    shop.rig.kill_gateway();
    shop.rig.start_gateway(None).await;
    let began = Instant::now();
    let till: &Till = &shop.till;
    at_once(SALES, 3, |number| {
        let name = &name;
        async move {
            let sale = Sale::of(format!("{name}-{number}"), 25_000).with_key(format!("key-{name}-{number}"));
            let answer = till.create(&sale).await;
            // A paid order says so; any other gets its QR code.
            if answer.error_code() != "order_already_paid" {
                let shown = till.sell(&sale, RECOVERY_WITHIN).await;
                assert!(shown.is_some(), "{name}-{number} got no QR code after the restart: {answer:?}");
            }
        }
    })
    .await;
    let recovery = began.elapsed();
    assert!(recovery <= RECOVERY_WITHIN, "{name}: recovered only after {recovery:?}");
    (struck, millis(recovery))
}

async fn every_strike_at(point: CrashPoint) {
    for effect in Strike::ALL {
        // The sweep would find the money before a worker had to, were the provider's list not slow.
        let sandbox = vec!["--sweep-lag".to_owned(), "3000".to_owned()];
        let mut shop = Shop::open_with(Setup { sandbox, ..Setup::default() }).await;
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
    let mut shop = Shop::open().await;
    let n = cases(F05_RUNS);
    let mut recoveries = Vec::new();
    for round in 0..n {
        let name = format!("F05-{round}");
        shop.rig.kill_gateway();
        shop.rig.start_gateway(Some("after_call_before_commit=abort")).await;
        let sale = Sale::of(&name, 25_000);
        let lost = shop.till.create(&sale).await;
        assert!(lost.lost().is_some(), "{name}: the gateway was to die, and answered {}", lost.status());
        shop.rig.kill_gateway();
        shop.rig.start_gateway(None).await;
        let began = Instant::now();
        shop.show(&sale).await;
        recoveries.push(millis(began.elapsed()));
    }
    let orders = u64::try_from(shop.rig.control.charges().await.len()).expect("a count");
    assert!(orders >= 2 * n, "each answer that was lost had made an object");
    shop.judge("F05").await;
    println!("F05 n={n} orphans=0 objects={orders} qr_again_max={}ms", percentile(recoveries, 100));
}
