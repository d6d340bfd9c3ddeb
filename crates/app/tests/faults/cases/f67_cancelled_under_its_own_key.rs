use std::time::Duration;

use super::shop::Shop;
use crate::rig::Provider;
use crate::rig::ledger::ProviderCall;
use crate::scale::{at_once, cases};
use crate::till::Sale;

const CANCELLED: u64 = 100;
const METHODS: [&str; 4] = ["qris", "va_bca", "va_bni", "va_bri"];

#[tokio::test(flavor = "multi_thread")]
async fn f67_what_is_cancelled_at_midtrans_can_be_paid_no_more() {
    let shop = Shop::open_at(&[Provider::Midtrans]).await;
    let n = cases(CANCELLED);
    let ended = at_once(n, 8, |number| {
        let shop = &shop;
        async move {
            let method = METHODS[usize::try_from(number).expect("an index") % METHODS.len()];
            let sale = Sale::of(format!("F67-{number}"), 33_000).by(method);
            let shown = shop.show(&sale).await;
            shop.till.cancel(&shown.payment_id).await;
            let told = shop.till.await_status(&shown.payment_id, "canceled", Duration::from_secs(10)).await;
            told["status"] == "canceled"
        }
    })
    .await;
    let charges = shop.rig.control.charges().await;
    let calls = shop.rig.control.calls().await;
    let (objects, payable) = (charges.len(), charges.iter().filter(|charge| charge.payable).count());
    let cancels: Vec<&str> = calls.iter().filter_map(ProviderCall::closes).collect();
    let is_closed = |name: &String| cancels.contains(&name.as_str());
    let closed = charges.iter().filter(|charge| is_closed(&charge.id) || is_closed(&charge.reference)).count();
    let ended = ended.iter().filter(|ended| **ended).count();
    shop.judge("F67").await;
    println!(
        "F67 n={n} canceled={ended} objects={objects} cancels={} closed={closed} still_payable={payable}",
        cancels.len()
    );
    assert_eq!(u64::try_from(ended), Ok(n), "told that they are cancelled");
    assert_eq!(payable, 0, "still payable at the provider");
    assert_eq!(
        (u64::try_from(objects), u64::try_from(closed)),
        (Ok(n), Ok(n)),
        "objects, and those asked to be closed"
    );
}
