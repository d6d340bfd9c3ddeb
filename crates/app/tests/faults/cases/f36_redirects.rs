use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::shop::Shop;
use crate::rig::{Pay, Provider};
use crate::scale::{at_once, cases};
use crate::till::Sale;

const REDIRECTS: u64 = 50;

/// A host that nobody is to talk to, and how often somebody did.
async fn canary() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/latest/meta-data/", listener.local_addr().expect("an address"));
    let hits = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&hits);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    (url, hits)
}

#[tokio::test(flavor = "multi_thread")]
async fn f36_a_provider_that_redirects_us_leads_us_nowhere() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f36_midtrans_redirecting_us_leads_us_nowhere() {
    check(Provider::Midtrans).await;
}

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(REDIRECTS);
    let (url, hits) = canary().await;
    // Every operation of every sale, once each; the list of arrived money half of the time.
    let mut rules: Vec<Value> = (0..n)
        .flat_map(|number| ["open", "inquire", "cancel"].map(|operation| (number, operation)))
        .map(|(number, operation)| {
            json!({"provider": provider.word(), "operation": operation, "effect": "redirect", "url": url,
                "reference": format!("F36-{number}"), "times": 1})
        })
        .collect();
    rules.push(json!({"provider": provider.word(), "operation": "sweep", "effect": "redirect", "url": url,
        "probability": 0.5, "seed": 36}));
    shop.rig.control.faults(&json!(rules)).await;
    let ends = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("F36-{number}"), 33_000)).await;
            if number.is_multiple_of(2) {
                let cancelled = shop.till.cancel(&shown.payment_id).await;
                return (200..300).contains(&cancelled.status());
            }
            let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
            shop.rig.control.pay(&object, &Pay::default()).await;
            let told = shop.till.await_status(&shown.payment_id, "paid", Duration::from_secs(30)).await;
            told["status"] == "paid"
        }
    })
    .await;
    let calls = shop.rig.control.calls().await;
    let redirected = calls.iter().filter(|call| call.status == Some(302)).count();
    let astray = ends.iter().filter(|well| !**well).count();
    let hits = hits.load(Ordering::Relaxed);
    shop.judge("F36").await;
    println!(
        "F36 at {} n={n} redirected={redirected} canary_hits={hits} not_brought_to_an_end={astray}",
        provider.word()
    );
    assert!(redirected > 0, "nobody was redirected");
    assert_eq!((hits, astray), (0, 0), "followed to the canary, sales without their end");
}
