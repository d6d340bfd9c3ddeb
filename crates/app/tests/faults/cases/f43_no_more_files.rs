use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::f42_slow_clients::connect;
use super::shop::{Shop, millis};
use crate::scale::{percentile, repeats};
use crate::till::Sale;

const ROUNDS: u64 = 5;
const FILES_MAX: u64 = 128;
/// More than the gateway can take in: the rest waits in the system's queue.
const CONNECTIONS: usize = 200;
/// How long the gateway is without a file to spare.
const STARVED_FOR: Duration = Duration::from_secs(3);
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn f43_without_a_file_to_spare_the_gateway_waits_and_goes_on_afterwards() {
    let shop = Shop::open().await;
    let n = repeats(ROUNDS);
    shop.rig.allow_files(FILES_MAX);
    let mut recoveries = Vec::new();
    let mut most = 0;
    for round in 0..n {
        shop.show(&Sale::of(format!("F43-before-{round}"), 33_000)).await;
        let mut held: Vec<TcpStream> = Vec::new();
        for _ in 0..CONNECTIONS {
            held.push(connect(&shop.rig).await);
        }
        sleep(STARVED_FOR).await;
        let (_, now) = shop.rig.holdings()[0];
        most = most.max(now.descriptors);
        drop(held);
        let began = Instant::now();
        shop.show(&Sale::of(format!("F43-after-{round}"), 33_000)).await;
        recoveries.push(millis(began.elapsed()));
    }
    let slowest = percentile(recoveries, 100);
    let judged = shop.judge("F43").await;
    println!(
        "F43 n={n} descriptors_max={most} of {FILES_MAX} panics_and_500s={} recovery_max={slowest}ms",
        judged.broken("I13")
    );
    assert!(most >= FILES_MAX, "the gateway never ran out of files");
    assert!(slowest <= millis(RECOVERED_WITHIN), "recovered only after {slowest} ms");
}
