use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::shop::Shop;
use crate::scale::{cases, percentile, prompt_but_for};
use crate::till::{Exchange, Messenger, Sale};

const EACH: u64 = 1_000;
/// Below this the machine says more than the gateway; in a small run, with others beside it, it says more than it.
const MICROS_SPARE: u64 = 200;
const MICROS_IN_MILLI: u64 = 1_000;

fn micros(exchange: &Exchange) -> u64 {
    u64::try_from(exchange.took().as_micros()).unwrap_or(u64::MAX)
}

fn medians(told: &[[u64; 2]]) -> [u64; 2] {
    [0, 1].map(|which| percentile(told.iter().map(|pair| pair[which]).collect(), 50))
}

fn are_alike([known, unknown]: [u64; 2]) -> bool {
    known.abs_diff(unknown) <= (known.min(unknown) / 10).max(prompt_but_for(0, 2) * MICROS_IN_MILLI).max(MICROS_SPARE)
}

/// Whoever calls where webhooks come in learns nothing of what is sold here: with the account's token or without.
#[tokio::test(flavor = "multi_thread")]
async fn s36_word_of_an_order_that_is_known_is_answered_as_word_of_one_that_is_not() {
    let shop = Shop::open_listing_after(3_600_000).await;
    let n = cases(EACH);
    let shown = shop.show(&Sale::of("S36-known", 33_000)).await;
    let messenger = Messenger::new(&shop.rig, &shop.log);
    let word = |order: &str, reference: &str, number: u64| {
        // Nothing is claimed, so nobody is asked about it: what is measured is the door.
        let body = json!({"id": reference, "external_id": order, "status": "PENDING", "amount": 33_000, "n": number});
        body.to_string()
    };
    // As long as the other.
    let stranger: String = shown.reference.chars().rev().collect();
    let (mut taken, mut refused, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..n {
        // The one first as often as the other.
        let both = [("S36-known", shown.reference.as_str()), ("S36-other", stranger.as_str())];
        let turn = usize::from(number % 2 == 1);
        let (mut told, mut forged) = ([0; 2], [0; 2]);
        for which in [turn, 1 - turn] {
            let (order, reference) = both[which];
            let answer = messenger.deliver(&word(order, reference, number)).await;
            told[which] = micros(&answer);
            bodies.push(answer.answer().map(|answer| (answer.status, answer.body.clone())));
            sleep(Duration::from_millis(2)).await;
            let path = shop.rig.provider().webhook();
            let answer = messenger.bring(path, &[("x-callback-token", "none")], &word(order, reference, number)).await;
            forged[which] = micros(&answer);
            assert_eq!(answer.status(), 401, "{answer:?}");
        }
        taken.push(told);
        refused.push(forged);
    }
    bodies.sort_unstable();
    bodies.dedup();
    let (taken, refused) = (medians(&taken), medians(&refused));
    shop.judge("S36").await;
    println!(
        "S36 n={n} known={}us unknown={}us forged_known={}us forged_unknown={}us bodies={}",
        taken[0],
        taken[1],
        refused[0],
        refused[1],
        bodies.len(),
    );
    assert_eq!(bodies.len(), 1, "answers differ: {bodies:?}");
    assert!(are_alike(taken) && are_alike(refused), "medians of known and unknown: {taken:?}, refused {refused:?}");
}
