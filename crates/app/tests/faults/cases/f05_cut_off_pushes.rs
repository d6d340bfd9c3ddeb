use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::f03_lost_pushes::{Looked, Push, Pushed, looked_for, push, second_objects, silence_about_ends};
use super::shop::{Shop, millis};
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases, percentile};

const RUNS: u64 = 200;
/// Of each kind at a time: all of them are cut off by one kill.
const PER_KILL: u64 = 20;
/// The gateway holds still between the provider's answer and its commit.
const HELD: &str = "after_call_before_commit=sleep(8000)";
/// Gives up long before that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has so many pushes of each kind sent, and kills the gateway before any of their answers is written down.
async fn cut_off(shop: &mut Shop, codes: &[(Push, String)]) {
    shop.rig.kill_gateway();
    shop.rig.arm_gateway(HELD).await;
    let till = shop.till.patient(PATIENCE);
    let count = u64::try_from(codes.len()).expect("a count");
    let answers = at_once(count, codes.len(), |index| {
        let (push, code) = &codes[usize::try_from(index).expect("an index")];
        let (till, sale) = (till.clone(), push.sale(code));
        async move { till.create(&sale).await }
    })
    .await;
    for answer in answers {
        assert!(answer.lost().is_some(), "the gateway was to hold still, and answered {answer:?}");
    }
    shop.rig.kill_gateway();
    shop.rig.start_gateway().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_pushes_cut_off_between_the_providers_answer_and_the_commit_are_found_and_never_sent_again() {
    let mut shop = Shop::open().await;
    shop.rig.control.faults(&json!([silence_about_ends(Provider::Xendit)])).await;
    let n = cases(RUNS);
    let codes: Vec<(Push, String)> =
        (0..n).flat_map(|number| Push::ALL.map(|push| (push, format!("F05-{push:?}-{number}")))).collect();
    let per_kill = usize::try_from(2 * PER_KILL).expect("a count");
    for some in codes.chunks(per_kill) {
        cut_off(&mut shop, some).await;
    }
    let began = Instant::now();
    let objects = shop.rig.control.charges().await.len();
    let count = u64::try_from(codes.len()).expect("a count");
    let pushed = at_once(count, 16, |index| {
        let ((kind, code), shop) = (&codes[usize::try_from(index).expect("an index")], &shop);
        async move {
            let asked = Instant::now();
            let (payment_id, is_unknown) = push(&shop.till, &kind.sale(code)).await;
            let took = millis(asked.elapsed());
            let is_approved = index.is_multiple_of(4) || index % 4 == 3;
            if is_approved {
                shop.rig.control.approve(code, &Pay { silent: index.is_multiple_of(4), ..Pay::default() }).await;
            }
            (took, Pushed { push: *kind, code: code.clone(), payment_id, is_unknown, is_approved })
        }
    })
    .await;
    let (delays, pushed): (Vec<u64>, Vec<Pushed>) = pushed.into_iter().unzip();
    let answered = pushed.iter().filter(|pushed| !pushed.is_unknown).count();
    sleep(Duration::from_secs(1)).await;
    let second = second_objects(&shop, &pushed).await;
    let Looked { unpaid, unflagged, unseen } = looked_for(&shop, &pushed, began).await;
    let orphans = shop.judge("F05 pushes").await.broken("I2");
    for push in Push::ALL {
        println!(
            "F05 {} n={n} objects={objects} orphans={orphans} second_objects={second} unpaid={unpaid} not_seen_paid={} \
             unflagged={unflagged} answered_again_max={}ms",
            push.word(),
            unseen.iter().filter(|pushed| pushed.push == push).count(),
            percentile(delays.clone(), 100),
        );
    }
    assert_eq!(objects, codes.len(), "each answer that was lost had made an object");
    assert_eq!(answered, 0, "an answer that was never written down cannot be known");
    assert_eq!((second, unpaid, unflagged), (0, 0, 0), "second objects, approved and not paid, before no person");
}
