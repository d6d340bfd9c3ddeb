use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mstore_pay_domain::ids::{MerchantId, OrderCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::f03_lost_answers::double_paid;
use super::shop::Shop;
use crate::rig::ledger::ProviderCall;
use crate::rig::{Pay, Provider};
use crate::scale::{Draws, at_once, cases};
use crate::till::{PAYMENTS, Sale, Till};

const CREATES: u64 = 500;
/// Between two tries of a till that heard nothing.
const RETRY_PAUSE: Duration = Duration::from_millis(300);
/// How long such a till tries.
const TRIED_FOR: Duration = Duration::from_secs(40);
/// When the last look for money on a push is over, and a little more.
const LOOKED_FOR: Duration = Duration::from_secs(80);
/// How long money that came may take to be seen.
const PAID_WITHIN: Duration = Duration::from_secs(15);
/// How long a push may take to be found by our reference: it is looked for after five and fifteen seconds.
const FOUND_WITHIN: Duration = Duration::from_secs(25);
const LOOK_EVERY: Duration = Duration::from_secs(1);

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

    /// The same, where the provider that is asked first charges only cards that it made a token of.
    pub(super) async fn sale_in(self, shop: &Shop, code: &str) -> Sale {
        match (self, shop.rig.provider()) {
            (Self::CardToken, Provider::Midtrans) => {
                Sale::of(code, 33_000).by_token(shop.rig.control.card_token().await)
            }
            (Self::CardToken, Provider::Xendit) | (Self::Ovo, _) => self.sale(code),
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

/// What became of pushes once the looks for money on them were over.
pub(super) struct Looked {
    /// Approved, and not paid.
    pub(super) unpaid: usize,
    /// Of which nobody knows, and no person was told.
    pub(super) unflagged: usize,
    /// Of which nobody knows.
    pub(super) unseen: Vec<Pushed>,
}

/// Waits until every approved push counts as paid, and the looks for the others are over.
pub(super) async fn looked_for(shop: &Shop, pushed: &[Pushed], began: Instant) -> Looked {
    let mut unpaid = 0;
    for approved in pushed.iter().filter(|pushed| pushed.is_approved) {
        let told = shop.till.await_status(&approved.payment_id, "paid", PAID_WITHIN).await;
        unpaid += usize::from(told["status"] != "paid");
    }
    let unknown: Vec<Pushed> =
        pushed.iter().filter(|pushed| pushed.is_unknown && !pushed.is_approved).cloned().collect();
    let unseen = match shop.rig.provider() {
        Provider::Xendit => not_ended(shop, unknown, began + LOOKED_FOR).await,
        // It is asked by our reference, and none is lost sight of.
        Provider::Midtrans => not_found(shop, unknown).await,
    };
    let mut unflagged = 0;
    for pushed in &unseen {
        unflagged += usize::from(!is_before_a_person(shop, &pushed.payment_id).await);
    }
    Looked { unpaid, unflagged, unseen }
}

/// Those that have not ended by then. The webhook about an end tells the provider's id, by which it can be asked about.
async fn not_ended(shop: &Shop, unknown: Vec<Pushed>, by: Instant) -> Vec<Pushed> {
    sleep_until(by).await;
    let mut unseen = Vec::new();
    for pushed in unknown {
        if shop.till.get(&pushed.payment_id).await.data()["status"] != "expired" {
            unseen.push(pushed);
        }
    }
    unseen
}

/// Those of which the gateway has not learnt by what name the provider knows them.
async fn not_found(shop: &Shop, mut unknown: Vec<Pushed>) -> Vec<Pushed> {
    let store = shop.rig.store_to_read().await;
    let merchant = MerchantId::parse(shop.till.merchant.as_str()).expect("a merchant");
    let deadline = Instant::now() + FOUND_WITHIN;
    loop {
        let mut unseen = Vec::new();
        for pushed in unknown {
            let code = OrderCode::parse(pushed.code.as_str()).expect("an order code");
            let payments = store.of_order(&merchant, &code).await.expect("payments of an order");
            let payment = payments.iter().find(|payment| payment.id.to_string() == pushed.payment_id);
            if payment.is_none_or(|payment| payment.charges.iter().any(|charge| charge.provider_ref().is_none())) {
                unseen.push(pushed);
            }
        }
        if unseen.is_empty() || Instant::now() >= deadline {
            return unseen;
        }
        unknown = unseen;
        sleep(LOOK_EVERY).await;
    }
}

/// Whether a payment's timeline says that somebody has to look for it. The list of exceptions shows the newest only.
async fn is_before_a_person(shop: &Shop, payment_id: &str) -> bool {
    let timeline = shop.till.read(&format!("{PAYMENTS}/{payment_id}/timeline")).await.data();
    let raised = |item: &Value| item["kind"] == "exception_raised" && item["detail"]["kind"] == "outcome_unknown";
    timeline["items"].as_array().is_some_and(|items| items.iter().any(raised))
}

/// Has the provider keep to itself how every other push over OVO ended.
pub(super) fn silence_about_ends(provider: Provider) -> Value {
    json!({"provider": provider.word(), "operation": "webhook", "effect": "drop", "method": "ovo", "probability": 0.5,
        "seed": 3})
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

/// Orders of which the provider was sent more than one opening, unless it was OVO's, all under one key.
pub(super) fn sent_anew(calls: &[ProviderCall], pushed: &[Pushed]) -> usize {
    let mut keys: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.opens()) {
        keys.entry(call.order_code()).or_default().push(call.key());
    }
    let is_anew = |pushed: &&Pushed| match keys.get(pushed.code.as_str()).map(Vec::as_slice).unwrap_or_default() {
        [] | [_] => false,
        [first, again @ ..] => {
            pushed.push == Push::CardToken || first.is_none() || again.iter().any(|key| key != first)
        }
    };
    pushed.iter().filter(is_anew).count()
}

/// The cashier leaves every push that was not seen paid for a QR code: refused without a word, done with it.
async fn leave_unseen(shop: &Shop, unseen: &[Pushed]) -> (usize, usize) {
    let count = u64::try_from(unseen.len()).expect("a count");
    let wrong = at_once(count, 8, |index| {
        let Pushed { code, payment_id, .. } = unseen[usize::try_from(index).expect("an index")].clone();
        async move {
            let told = shop.till.get(&payment_id).await.data();
            assert_eq!(
                (&told["status"], &told["status_reason"]),
                (&json!("pending"), &json!("not_seen_paid")),
                "{told}"
            );
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
    let again = push.sale_in(shop, &code).await;
    let sale = if draws.percent(50) { again.clone().with_key(format!("key-{code}")) } else { again.clone() };
    let (payment_id, is_unknown) = self::push(till, &sale).await;
    // Whoever sends the same again gets the same payment.
    let (again, _) = self::push(till, &again).await;
    assert_eq!(again, payment_id, "{code}");
    // Half of the customers approve; of every other one nobody is told.
    let is_approved = draws.percent(50) && shop.has_object(&code).await;
    if is_approved {
        shop.rig.control.approve(&code, &Pay { silent: draws.percent(50), ..Pay::default() }).await;
    }
    Pushed { push, code, payment_id, is_unknown, is_approved }
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_when_answers_to_pushes_are_lost_nothing_is_pushed_twice() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_when_answers_of_midtrans_to_pushes_are_lost_ovo_is_sent_under_one_key_and_a_card_once() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(CREATES);
    let rule = |effect: &str, probability: &str, seed: u64| {
        let probability: serde_json::Number = probability.parse().expect("a number");
        json!({"provider": provider.word(), "operation": "open", "effect": effect, "probability": probability,
            "seed": seed})
    };
    shop.rig
        .control
        .faults(&json!([
            rule("timeout_after", "0.1", 34),
            rule("disconnect_after", "0.1111", 35),
            rule("status_after", "0.125", 36),
            silence_about_ends(provider),
        ]))
        .await;
    let count = u64::try_from(Push::ALL.len()).expect("a count");
    let pushed = at_once(count * n, 12, |number| {
        let push = Push::ALL[usize::try_from(number % count).expect("an index")];
        sell(&shop, push, number / count)
    })
    .await;
    shop.rig.control.faults(&json!([silence_about_ends(provider)])).await;
    let Looked { unpaid, unflagged, unseen } = looked_for(&shop, &pushed, Instant::now()).await;
    // Whoever would send something again has had its time by then.
    let (second, doubles) = (second_objects(&shop, &pushed).await, double_paid(&shop.rig.control.charges().await));
    let anew = sent_anew(&shop.rig.control.calls().await, &pushed);
    let (left_without_a_word, not_left) = leave_unseen(&shop, &unseen).await;
    shop.judge("F03 pushes").await;
    for push in Push::ALL {
        let of_kind = || pushed.iter().filter(|pushed| pushed.push == push);
        println!(
            "F03 {} at {} n={n} unknown={} approved={} second_objects={second} sent_anew={anew} double_paid={doubles} \
             unpaid={unpaid} not_seen_paid={} unflagged={unflagged} left_without_a_word={left_without_a_word} \
             not_left={not_left}",
            push.word(),
            provider.word(),
            of_kind().filter(|pushed| pushed.is_unknown).count(),
            of_kind().filter(|pushed| pushed.is_approved).count(),
            unseen.iter().filter(|pushed| pushed.push == push).count(),
        );
    }
    assert!(pushed.iter().any(|pushed| pushed.is_unknown), "the faults never struck");
    assert_eq!((second, anew, doubles), (0, 0, 0), "second objects, sent again, paid twice");
    assert_eq!((unpaid, unflagged), (0, 0), "approved and not paid, before no person");
    assert_eq!((left_without_a_word, not_left), (0, 0), "left without the cashier's word, or not with it");
}
