use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::json;
use tokio::time::sleep;

use super::shop::{SALE_WITHIN, Shop};
use crate::rig::ledger::ProviderCall;
use crate::rig::{Plan, Provider, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const SALES: u64 = 50;
/// The longest wait that is kept to.
const KEPT_SECONDS_MAX: u32 = 60;
/// Between two tries of a till meanwhile.
const TRY_EVERY: Duration = Duration::from_secs(2);
/// Tills stop trying so long before the provider may be asked again.
const STOPS_SECONDS_BEFORE: i64 = 6;

/// What a provider says, once, to whoever opens something.
#[derive(Debug, Clone, Copy)]
struct Told {
    provider: Provider,
    /// A setting beside the usual ones.
    api: Option<(&'static str, &'static str)>,
    status: u16,
    /// In its `Retry-After`.
    seconds: u32,
}

const TOLD: [Told; 5] = [
    Told { provider: Provider::Xendit, api: None, status: 503, seconds: 15 },
    Told { provider: Provider::Xendit, api: Some(("XENDIT_API", "v2")), status: 503, seconds: 15 },
    Told { provider: Provider::Midtrans, api: None, status: 429, seconds: 15 },
    // Longer than is kept to.
    Told { provider: Provider::Xendit, api: None, status: 429, seconds: 600 },
    Told { provider: Provider::Midtrans, api: None, status: 503, seconds: 600 },
];

impl Told {
    fn plan(self) -> Plan {
        let plan = Plan::over(StoreKind::of_run()).selling_at(&[self.provider]);
        match self.api {
            Some((setting, value)) => plan.with(setting, value),
            None => plan,
        }
    }

    /// A limit refuses; whoever is out of order may have done what it was asked.
    const fn is_uncertain(self) -> bool {
        self.status == 503
    }

    /// Whether the same call is made once more, because its key brings what was done.
    fn is_repeated(self) -> bool {
        self.is_uncertain() && (self.provider == Provider::Midtrans || self.api.is_some())
    }

    fn word(self) -> String {
        let api = self.api.map(|(_, value)| format!("{value} ")).unwrap_or_default();
        format!("{} {api}{} for {} s", self.provider.word(), self.status, self.seconds)
    }
}

fn sale(number: u64) -> Sale {
    Sale::of(format!("F38-{number}"), 33_000).with_key(format!("key-F38-{number}"))
}

/// Tills try until it is nearly due, and are told at once that nobody is asked: how often they were, and how long that
/// took at most.
async fn tried_meanwhile(shop: &Shop, n: u64, due: DateTime<Utc>) -> (usize, Duration) {
    let took = at_once(n, usize::try_from(n).expect("a width"), |number| {
        let sale = sale(number);
        async move {
            let mut took = Vec::new();
            while Utc::now() + TimeDelta::seconds(STOPS_SECONDS_BEFORE) < due {
                let heard = shop.till.create(&sale).await;
                // On a busy machine it may have been let through then.
                if heard.answered_at >= due {
                    break;
                }
                let later = heard.answer().and_then(|told| told.retry_after);
                assert_eq!(heard.error_code(), "provider_unavailable", "{heard:?}");
                assert!(later.is_some_and(|seconds| seconds <= u64::from(KEPT_SECONDS_MAX)), "{heard:?}");
                took.push(heard.took());
                sleep(TRY_EVERY).await;
            }
            took
        }
    });
    let took: Vec<Duration> = took.await.into_iter().flatten().collect();
    (took.len(), took.into_iter().max().unwrap_or_default())
}

async fn check(shop: Shop, told: Told) {
    let (n, word) = (cases(SALES), told.word());
    let first = sale(n);
    let effect = if told.is_uncertain() { "status_after" } else { "rate_limited" };
    let rule = json!({"provider": told.provider.word(), "operation": "open", "effect": effect, "status": told.status,
        "retry_after_seconds": told.seconds, "reference": first.order_code, "times": 1});
    shop.rig.control.faults(&json!([rule])).await;
    let heard = shop.till.create(&first).await;
    assert_eq!(heard.status(), if told.is_repeated() { 202 } else { 503 }, "{word}: {heard:?}");
    let calls = shop.rig.control.calls().await;
    let refused = calls.iter().find(|call| call.opens() && call.status == Some(told.status));
    let refused = refused.unwrap_or_else(|| panic!("{word}: the rule never fired")).at;
    let due = refused + TimeDelta::seconds(i64::from(told.seconds.min(KEPT_SECONDS_MAX)));
    let (tries, slowest) = tried_meanwhile(&shop, n, due).await;
    sleep((due - Utc::now()).to_std().unwrap_or_default() + Duration::from_millis(500)).await;
    let sold = at_once(n + 1, 8, |number| {
        let (till, sale) = (&shop.till, sale(number));
        async move { till.sell(&sale, SALE_WITHIN).await.is_ok() }
    })
    .await;
    let unsold = sold.iter().filter(|sold| !**sold).count();
    let calls = shop.rig.control.calls().await;
    let early = calls.iter().filter(|call| call.opens() && call.at > refused && call.at < due).count();
    let of_first = || calls.iter().filter(|call| call.opens() && call.order_code() == first.order_code);
    let keys: BTreeSet<Option<&str>> = of_first().map(ProviderCall::key).collect();
    let (openings, keys_differ) = (of_first().count(), keys.len() != 1 || keys.contains(&None));
    let objects = shop.rig.control.charges().await;
    let objects = objects.iter().filter(|object| object.order_code.as_ref() == Some(&first.order_code)).count();
    shop.judge(&format!("F38 {word}")).await;
    println!(
        "F38 {word} n={n} calls_before_due={early} tries_meanwhile={tries} told_within={}ms unsold_afterwards={unsold} \
         openings_of_the_first={openings} under_one_key={} objects_of_the_first={objects}",
        slowest.as_millis(),
        !keys_differ,
    );
    assert!(tries > 0, "{word}: nobody tried meanwhile");
    assert_eq!((early, unsold), (0, 0), "{word}: calls before they were due, sales that never came");
    assert_eq!(openings, 2, "{word}: openings of the first order");
    assert!(!told.is_repeated() || !keys_differ, "{word}: the same call has the same key");
    // Where no key brings what was made, it is put aside, and another is made and shown.
    let put_aside = usize::from(told.is_uncertain() && !told.is_repeated());
    assert_eq!(objects, 1 + put_aside, "{word}: objects of the first order");
}

#[tokio::test(flavor = "multi_thread")]
async fn f38_a_provider_that_says_when_to_come_back_is_left_alone_until_then() {
    let mut shops = Vec::new();
    for told in TOLD {
        shops.push((told, Shop::open_as(told.plan()).await));
    }
    join_all(shops.into_iter().map(|(told, shop)| check(shop, told))).await;
}
