use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::f03_lost_answers::double_paid;
use super::f03_lost_pushes::{Looked, Push, Pushed, looked_for, push, second_objects, sent_anew, silence_about_ends};
use super::shop::{Shop, millis};
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases, percentile};
use crate::till::Sale;

const RUNS: u64 = 200;
/// Of each kind at a time: all of them are cut off by one kill.
const PER_KILL: u64 = 20;
/// The gateway holds still between the provider's answer and its commit.
const HELD: &str = "after_call_before_commit=sleep(8000)";
/// Gives up long before that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has these sent, and kills the gateway before any of their answers is written down.
async fn cut_off(shop: &mut Shop, sales: &[(Push, Sale)]) {
    shop.rig.kill_gateway();
    shop.rig.arm_gateway(HELD).await;
    let till = shop.till.patient(PATIENCE);
    let count = u64::try_from(sales.len()).expect("a count");
    let answers = at_once(count, sales.len(), |index| {
        let (_, sale) = &sales[usize::try_from(index).expect("an index")];
        till.create(sale)
    })
    .await;
    for answer in answers {
        assert!(answer.lost().is_some(), "the gateway was to hold still, and answered {answer:?}");
    }
    shop.rig.kill_gateway();
    shop.rig.start_gateway().await;
}

/// Whoever was cut off asks again: what each till is told, and how long that took. Half of the customers approve; of
/// every other one nobody is told.
async fn ask_again(shop: &Shop, sales: &[(Push, Sale)]) -> (Vec<u64>, Vec<Pushed>) {
    let count = u64::try_from(sales.len()).expect("a count");
    let pushed = at_once(count, 16, |index| {
        let (kind, sale) = &sales[usize::try_from(index).expect("an index")];
        async move {
            let asked = Instant::now();
            let (payment_id, is_unknown) = push(&shop.till, sale).await;
            let took = millis(asked.elapsed());
            let is_approved = index.is_multiple_of(4) || index % 4 == 3;
            let code = sale.order_code.clone();
            if is_approved {
                shop.rig.control.approve(&code, &Pay { silent: index.is_multiple_of(4), ..Pay::default() }).await;
            }
            (took, Pushed { push: *kind, code, payment_id, is_unknown, is_approved })
        }
    });
    pushed.await.into_iter().unzip()
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_pushes_cut_off_between_the_providers_answer_and_the_commit_are_found_and_never_sent_again() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_pushes_cut_off_between_the_answer_of_midtrans_and_the_commit_are_found_and_never_sent_again() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let mut shop = Shop::open_at(&[provider]).await;
    shop.rig.control.faults(&json!([silence_about_ends(provider)])).await;
    let n = cases(RUNS);
    let mut sales = Vec::new();
    for number in 0..n {
        for push in Push::ALL {
            sales.push((push, push.sale_in(&shop, &format!("F05-{push:?}-{number}")).await));
        }
    }
    let per_kill = usize::try_from(2 * PER_KILL).expect("a count");
    let (mut delays, mut pushed) = (Vec::new(), Vec::new());
    for some in sales.chunks(per_kill) {
        cut_off(&mut shop, some).await;
        let (took, again) = ask_again(&shop, some).await;
        delays.extend(took);
        pushed.extend(again);
    }
    let began = Instant::now();
    let objects = shop.rig.control.charges().await.len();
    let answered = pushed.iter().filter(|pushed| !pushed.is_unknown).count();
    let Looked { unpaid, unflagged, unseen } = looked_for(&shop, &pushed, began).await;
    // Whoever would send something again has had its time by then.
    let (second, doubles) = (second_objects(&shop, &pushed).await, double_paid(&shop.rig.control.charges().await));
    let calls = shop.rig.control.calls().await;
    let (openings, anew) = (calls.iter().filter(|call| call.opens()).count(), sent_anew(&calls, &pushed));
    let orphans = shop.judge("F05 pushes").await.broken("I2");
    for push in Push::ALL {
        println!(
            "F05 {} at {} n={n} objects={objects} openings={openings} orphans={orphans} second_objects={second} \
             sent_anew={anew} double_paid={doubles} unpaid={unpaid} not_seen_paid={} unflagged={unflagged} \
             answered_again_max={}ms",
            push.word(),
            provider.word(),
            unseen.iter().filter(|pushed| pushed.push == push).count(),
            percentile(delays.clone(), 100),
        );
    }
    assert_eq!(objects, sales.len(), "each answer that was lost had made an object");
    assert_eq!(answered, 0, "an answer that was never written down cannot be known");
    assert_eq!((second, anew, doubles), (0, 0, 0), "second objects, sent again, paid twice");
    assert_eq!((unpaid, unflagged), (0, 0), "approved and not paid, before no person");
}
