use serde_json::json;

use super::shop::Shop;
use crate::rig::Provider;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const REFUSALS: u64 = 1_000;

async fn check(provider: Provider) {
    let shop = Shop::open_at(&[provider]).await;
    let n = cases(REFUSALS);
    let mut refuse = shop.rule("open", "status_before");
    refuse["status"] = json!(400);
    shop.rig.control.faults(&json!([refuse])).await;
    let answers = at_once(n, 12, |number| {
        let shop = &shop;
        async move { shop.till.create(&Sale::of(format!("F27-{number}"), 33_000)).await.error_code() }
    })
    .await;
    let refused = answers.iter().filter(|code| *code == "payment_declined").count();
    let breaker = shop.breaker(provider, "qris").await;
    let asked = shop.rig.control.calls().await.iter().filter(|call| call.opens()).count();
    shop.rig.control.faults(&json!([])).await;
    shop.show(&Sale::of("F27-afterwards", 33_000)).await;
    shop.judge("F27").await;
    println!("F27 at {} n={n} refused={refused} asked={asked} breaker={breaker}", provider.word());
    assert_eq!(u64::try_from(asked), Ok(n), "each was asked for, once");
    assert_eq!((u64::try_from(refused), breaker.as_str()), (Ok(n), "closed"), "refused, and the breaker");
}

#[tokio::test(flavor = "multi_thread")]
async fn f27_a_provider_that_says_no_is_well() {
    check(Provider::Xendit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f27_midtrans_saying_no_is_well() {
    check(Provider::Midtrans).await;
}
