use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::shop::Shop;
use crate::rig::Pay;
use crate::scale::{Draws, at_once, cases};
use crate::till::{Sale, Till};

const CREATES: u64 = 500;
/// Between two tries of a till that heard nothing.
const RETRY_PAUSE: Duration = Duration::from_millis(300);
/// How long such a till tries.
const TRIED_FOR: Duration = Duration::from_secs(40);
/// When the last look for money on a push is over, and a little more.
const LOOKED_FOR: Duration = Duration::from_secs(80);

/// What goes to a customer's phone or card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Push {
    Ovo,
    CardToken,
}

impl Push {
    pub(super) const ALL: [Self; 2] = [Self::Ovo, Self::CardToken];

    pub(super) fn sale(self, code: &str) -> Sale {
        let sale = Sale::of(code, 33_000);
        match self {
            Self::Ovo => sale.by("ovo"),
            Self::CardToken => sale.by_card_token(),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ovo => "ovo",
            Self::CardToken => "card token",
        }
    }
}

/// A push as its till knows it.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub(super) push: Push,
    pub(super) code: String,
    pub(super) payment_id: String,
    /// Whether the till was told that nobody knows.
    pub(super) is_unknown: bool,
    /// Whether the customer approved it.
    pub(super) is_approved: bool,
}

/// Sends the create request until it is answered 200 or 202: the payment, and whether nobody knows of it.
pub(super) async fn push(till: &Till, sale: &Sale) -> (String, bool) {
    let deadline = Instant::now() + TRIED_FOR;
    loop {
        let exchange = till.create(sale).await;
        match exchange.status() {
            status @ (200 | 202) => {
                let id = exchange.data()["payment_id"].as_str().map(str::to_owned);
                return (id.unwrap_or_else(|| panic!("no payment: {exchange:?}")), status == 202);
            }
            0 | 409 | 429 | 502..=504 if Instant::now() < deadline => sleep(RETRY_PAUSE).await,
            _ => panic!("{}: {exchange:?}", sale.order_code),
        }
    }
}

/// Waits until every approved push counts as paid and the looks for the others are over; gives how many do not, and
/// how many of those that nobody saw paid are before no person, or before one although they are paid.
pub(super) async fn looked_for(shop: &Shop, pushed: &[Pushed], began: Instant) -> (usize, usize) {
    let mut unpaid = 0;
    for approved in pushed.iter().filter(|pushed| pushed.is_approved) {
        let told = shop.till.await_status(&approved.payment_id, "paid", Duration::from_secs(15)).await;
        unpaid += usize::from(told["status"] != "paid");
    }
    tokio::time::sleep_until(began + LOOKED_FOR).await;
    let unknown = |pushed: &&Pushed| pushed.is_unknown && !pushed.is_approved;
    let ids: Vec<String> = pushed.iter().filter(unknown).map(|pushed| pushed.payment_id.clone()).collect();
    let unflagged = shop.unflagged(&ids, &["outcome_unknown"], Duration::from_secs(10)).await;
    (unpaid, unflagged.len())
}

/// Objects beyond the first of any of these orders.
pub(super) async fn second_objects(shop: &Shop, pushed: &[Pushed]) -> usize {
    let codes: BTreeSet<&str> = pushed.iter().map(|pushed| pushed.code.as_str()).collect();
    let mut by_order: BTreeMap<String, usize> = BTreeMap::new();
    for charge in shop.rig.control.charges().await {
        if let Some(code) = charge.order_code.filter(|code| codes.contains(code.as_str())) {
            *by_order.entry(code).or_default() += 1;
        }
    }
    by_order.values().map(|count| count - 1).sum()
}

/// The cashier leaves every push that was not seen paid for a QR code: refused without a word, done with it.
async fn leave_unseen(shop: &Shop, pushed: &[Pushed]) -> (usize, usize) {
    let unseen: Vec<&Pushed> = pushed.iter().filter(|pushed| pushed.is_unknown && !pushed.is_approved).collect();
    let count = u64::try_from(unseen.len()).expect("a count");
    let wrong = at_once(count, 8, |index| {
        let code = unseen[usize::try_from(index).expect("an index")].code.clone();
        async move {
            let without = shop.till.create(&Sale::of(&code, 33_000)).await;
            let with = shop.till.create(&Sale::of(&code, 33_000).switch_confirmed()).await;
            (without.error_code() != "order_has_live_payment", with.data()["qr_string"].is_null())
        }
    });
    let wrong = wrong.await;
    let count = |what: fn(&(bool, bool)) -> bool| wrong.iter().filter(|wrong| what(wrong)).count();
    (count(|wrong| wrong.0), count(|wrong| wrong.1))
}

async fn sell(shop: &Shop, push: Push, number: u64) -> Pushed {
    let mut draws = Draws::seeded(number);
    let code = format!("F03-{push:?}-{number}");
    // A third of the tills give up early and send the same again while the first still runs.
    let patient = shop.till.patient(Duration::from_millis(2_500));
    let till = if draws.percent(33) { &patient } else { &shop.till };
    let sale = push.sale(&code);
    let sale = if draws.percent(50) { sale.with_key(format!("key-{code}")) } else { sale };
    let (payment_id, is_unknown) = self::push(till, &sale).await;
    // Half of the customers approve; of every other one nobody is told.
    let is_approved = draws.percent(50) && shop.has_object(&code).await;
    if is_approved {
        shop.rig.control.approve(&code, &Pay { silent: draws.percent(50), ..Pay::default() }).await;
    }
    // Whoever sends the same again gets the same payment.
    let (again, _) = self::push(till, &push.sale(&code)).await;
    assert!(is_approved || again == payment_id, "{code}: {again} and {payment_id}");
    Pushed { push, code, payment_id, is_unknown, is_approved }
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_when_answers_to_pushes_are_lost_nothing_is_pushed_twice() {
    let shop = Shop::open().await;
    let n = cases(CREATES);
    shop.rig
        .control
        .faults(&json!([
            {"provider": "xendit", "operation": "open", "effect": "timeout_after", "probability": 0.1, "seed": 34},
            {"provider": "xendit", "operation": "open", "effect": "disconnect_after", "probability": 0.1111, "seed": 35},
            {"provider": "xendit", "operation": "open", "effect": "status_after", "probability": 0.125, "seed": 36},
        ]))
        .await;
    let pushed = at_once(2 * n, 12, |number| {
        let push = if number.is_multiple_of(2) { Push::Ovo } else { Push::CardToken };
        sell(&shop, push, number / 2)
    })
    .await;
    shop.rig.control.faults(&json!([])).await;
    let second = second_objects(&shop, &pushed).await;
    let (unpaid, unflagged) = looked_for(&shop, &pushed, Instant::now()).await;
    let (left_without_a_word, not_left) = leave_unseen(&shop, &pushed).await;
    shop.judge("F03 pushes").await;
    for push in Push::ALL {
        let of_kind = || pushed.iter().filter(|pushed| pushed.push == push);
        println!(
            "F03 {} n={n} unknown={} approved={} second_objects={second} unpaid={unpaid} unflagged={unflagged} \
             left_without_a_word={left_without_a_word} not_left={not_left}",
            push.word(),
            of_kind().filter(|pushed| pushed.is_unknown).count(),
            of_kind().filter(|pushed| pushed.is_approved).count(),
        );
    }
    assert!(pushed.iter().any(|pushed| pushed.is_unknown), "the faults never struck");
    assert_eq!((second, unpaid, unflagged), (0, 0, 0), "second objects, approved and not paid, before no person");
    assert_eq!((left_without_a_word, not_left), (0, 0), "left without the cashier's word, or not with it");
}
