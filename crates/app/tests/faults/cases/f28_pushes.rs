use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::f03_lost_pushes::{Looked, Push, Pushed, looked_for};
use super::shop::Shop;
use super::trouble::Trouble;
use crate::rig::{Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};

const CREATES: u64 = 500;
const TILLS: usize = 12;
/// Between two sales of a till.
const SALE_EVERY: Duration = Duration::from_millis(150);
/// How long a breaker has until it lets calls through again once all is well.
const CLOSED_WITHIN: Duration = Duration::from_secs(30);

/// How long a till tries to sell one thing.
const TRIED_FOR: Duration = Duration::from_secs(40);

/// One sale as its till knows it; no push where the only provider that knows the card's token took none.
struct Sold {
    code: String,
    kind: Push,
    push: Option<Pushed>,
}

async fn sell(shop: &Shop, trouble: Trouble, number: u64) -> Sold {
    let kind = if number.is_multiple_of(2) { Push::Ovo } else { Push::CardToken };
    let sale = kind.sale(&format!("F28-{}-{kind:?}-{number}", trouble.word()));
    let deadline = Instant::now() + TRIED_FOR;
    loop {
        let answer = shop.till.create(&sale).await;
        sleep(SALE_EVERY).await;
        let code = sale.order_code.clone();
        match answer.status() {
            status @ (200 | 202) => {
                let payment_id = answer.data()["payment_id"].as_str().map(str::to_owned);
                let payment_id = payment_id.unwrap_or_else(|| panic!("no payment: {answer:?}"));
                let pushed = Pushed {
                    push: kind,
                    code: code.clone(),
                    payment_id,
                    is_unknown: status == 202,
                    is_approved: false,
                };
                return Sold { code, kind, push: Some(pushed) };
            }
            // The second provider does not know the token, which is the first's: the customer pays by something else.
            503 if kind == Push::CardToken => return Sold { code, kind, push: None },
            0 | 409 | 429 | 502..=504 if Instant::now() < deadline => {}
            _ => panic!("{code}: {answer:?}"),
        }
    }
}

/// Sells until the first provider is asked again for both kinds.
async fn recover(shop: &Shop, trouble: Trouble) {
    let healed = Instant::now();
    for number in 0.. {
        for kind in Push::ALL {
            shop.till.create(&kind.sale(&format!("F28-{}-healed-{kind:?}-{number}", trouble.word()))).await;
        }
        let lines = [shop.breaker(Provider::Xendit, "ovo").await, shop.breaker(Provider::Xendit, "credit_card").await];
        if lines.iter().all(|line| line == "closed") {
            return;
        }
        assert!(healed.elapsed() < CLOSED_WITHIN, "{}: the breakers stay {lines:?}", trouble.word());
        sleep(SALE_EVERY).await;
    }
}

/// What both ledgers and the tills' know of the sales in one kind of trouble.
#[derive(Debug, Default)]
struct Counted {
    /// Of which their till was told that nobody knows.
    unknown: usize,
    /// Of which the first provider has heard.
    heard_of_by_the_first: usize,
    /// Cards among them.
    tokens_heard_of_by_the_first: usize,
    /// Openings sent to the first provider beyond the first of an order, whether or not they made anything.
    sent_to_the_first_again: usize,
    /// Objects at the first provider beyond the first of an order.
    second_at_the_first: usize,
    /// Openings sent to the second provider of orders of which the first has heard, or nobody knows whether it has.
    sent_to_the_second_too: usize,
    /// Openings of cards sent to the second provider, which does not know their tokens.
    tokens_sent_to_the_second: usize,
    /// Objects at the second provider.
    pushed_by_the_second: usize,
    /// Objects of an order at both, the most there are.
    most_objects_of_an_order: usize,
}

async fn count(shop: &Shop, sold: &[Sold]) -> Counted {
    let mut openings: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    for call in shop.rig.control.calls().await.iter().filter(|call| call.opens()) {
        *openings.entry((call.order_code().to_owned(), call.provider().word())).or_default() += 1;
    }
    let mut objects: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    for charge in shop.rig.control.charges().await {
        let provider = charge.provider().word();
        *objects.entry((charge.order_code.unwrap_or_default(), provider)).or_default() += 1;
    }
    let of = |what: &BTreeMap<(String, &'static str), usize>, code: &str, provider: Provider| {
        what.get(&(code.to_owned(), provider.word())).copied().unwrap_or_default()
    };
    let mut counted = Counted::default();
    for Sold { code, kind, push } in sold {
        let sent_to_the_first = of(&openings, code, Provider::Xendit);
        let is_heard_of = sent_to_the_first > 0;
        let is_unknown = push.as_ref().is_some_and(|pushed| pushed.is_unknown);
        let (at_the_first, at_the_second) =
            (of(&objects, code, Provider::Xendit), of(&objects, code, Provider::Midtrans));
        counted.unknown += usize::from(is_unknown);
        counted.heard_of_by_the_first += usize::from(is_heard_of);
        // None of these troubles is a plain no: after each of them the push may be on the customer's phone.
        counted.sent_to_the_first_again += sent_to_the_first.saturating_sub(1);
        counted.second_at_the_first += at_the_first.saturating_sub(1);
        if *kind == Push::CardToken {
            counted.tokens_heard_of_by_the_first += usize::from(is_heard_of);
            counted.tokens_sent_to_the_second += of(&openings, code, Provider::Midtrans);
        }
        if is_heard_of || is_unknown {
            counted.sent_to_the_second_too += of(&openings, code, Provider::Midtrans);
        }
        counted.pushed_by_the_second += at_the_second;
        counted.most_objects_of_an_order = counted.most_objects_of_an_order.max(at_the_first + at_the_second);
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn f28_whatever_trouble_the_first_provider_is_in_no_push_goes_out_twice() {
    let plan = Plan::over(StoreKind::of_run()).selling_at(&Provider::ALL).by_line();
    let mut shop = Shop::open_as(plan).await;
    let n = cases(CREATES);
    let mut all = Vec::new();
    for trouble in Trouble::ALL {
        trouble.begin(&mut shop).await;
        let over = AtomicBool::new(false);
        let selling = async {
            let sold = at_once(n, TILLS, |number| sell(&shop, trouble, number)).await;
            over.store(true, Ordering::Relaxed);
            sold
        };
        let (sold, ()) = tokio::join!(selling, trouble.keep_on(&shop, &over));
        trouble.heal(&mut shop).await;
        recover(&shop, trouble).await;
        all.push((trouble, sold));
    }
    let pushed: Vec<Pushed> = all.iter().flat_map(|(_, sold)| sold).filter_map(|sold| sold.push.clone()).collect();
    // Whoever would send something again has had its time by then.
    let Looked { unflagged, .. } = looked_for(&shop, &pushed, Instant::now()).await;
    let mut counts = Vec::new();
    for (trouble, sold) in &all {
        let counted = count(&shop, sold).await;
        println!("F28 pushes {} n={n} {counted:?}", trouble.word());
        counts.push((trouble.word(), counted));
    }
    shop.judge("F28 pushes").await;
    let sum = |what: fn(&Counted) -> usize| counts.iter().map(|(_, counted)| what(counted)).sum::<usize>();
    let (unknown, moved) = (sum(|counted| counted.unknown), sum(|counted| counted.pushed_by_the_second));
    let second = (sum(|counted| counted.second_at_the_first), sum(|counted| counted.sent_to_the_second_too));
    let sent = (sum(|counted| counted.sent_to_the_first_again), sum(|counted| counted.tokens_sent_to_the_second));
    println!(
        "F28 pushes n={} unknown={unknown} sent_again={} second_objects={} sent_to_the_second_too={} \
         tokens_sent_to_the_second={} unflagged={unflagged} pushed_by_the_second={moved}",
        all.iter().map(|(_, sold)| sold.len()).sum::<usize>(),
        sent.0,
        second.0,
        second.1,
        sent.1,
    );
    assert!(unknown > 0 && moved > 0, "{unknown} unknown, {moved} pushed by the second: the faults never struck");
    let tokens = sum(|counted| counted.tokens_heard_of_by_the_first);
    assert!(tokens > 0, "no token was sent to its maker: nothing is proven of tokens");
    assert_eq!(sent, (0, 0), "openings sent to the first again, and tokens to the second, which did not make them");
    assert_eq!(second, (0, 0), "second objects at the first provider, and sent to the second too");
    assert!(counts.iter().all(|(_, counted)| counted.most_objects_of_an_order <= 1), "{counts:?}");
    assert_eq!(unflagged, 0, "of which nobody knows, and no person was told");
}
