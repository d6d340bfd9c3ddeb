use std::time::{Duration, Instant};

use crate::cases::shop::{Shop, millis};
use crate::rig::{Pay, Plan};
use crate::scale::{cases, percentile};
use crate::till::{PAYMENTS, Sale};

const WAITS: u64 = 50;
const NODES: usize = 2;
/// Who is not woken looks by itself, and would be told within that time on a machine with nothing else to do.
const TOLD_WITHIN: Duration = Duration::from_secs(1);
const LISTENING: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_at_one_node_is_told_what_another_has_done() {
    let shop = Shop::open_as(Plan::of_nodes(NODES).listing_after(3_600_000)).await;
    let n = cases(WAITS);
    let listening = shop.rig.sql(LISTENING);
    // One node hears of the money, the other is asked.
    shop.rig.tell_webhooks_to(0).await;
    shop.rig.leave_out(0);
    let mut delays = Vec::new();
    for number in 0..n {
        let shown = shop.show(&Sale::of(format!("WOKEN-{number}"), 33_000)).await;
        let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
        let path = format!("{PAYMENTS}/{}?wait=30", shown.payment_id);
        let paying = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            shop.rig.control.pay(&object, &Pay::default()).await;
            Instant::now()
        };
        let waiting = async { (shop.till.patient(Duration::from_secs(40)).read(&path).await, Instant::now()) };
        let ((told, at), paid) = tokio::join!(waiting, paying);
        assert_eq!(told.data()["status"], "paid", "{told:?}");
        delays.push(millis(at.saturating_duration_since(paid)));
    }
    shop.judge("WOKEN").await;
    let (median, p99) = (percentile(delays.clone(), 50), percentile(delays, 99));
    println!("F00 woken n={n} nodes={NODES} listening={listening} told_median={median}ms told_p99={p99}ms");
    assert_eq!(listening, NODES.to_string(), "each node listens to the others");
    assert!(u128::from(median) < TOLD_WITHIN.as_millis(), "told only after {median} ms");
}
