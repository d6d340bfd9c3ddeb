use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::shop::{Shop, millis};
use crate::rig::Rig;
use crate::scale::{at_once, cases, percentile};
use crate::till::Sale;

const SOCKETS: u64 = 1_000;
/// Sales that are timed, without and with the slow ones beside them.
const SALES: u64 = 50;
/// The time for a head, for a body, and a little more: half a second for the timers, the rest for a busy machine.
const CLOSED_WITHIN: Duration = Duration::from_secs(13);
/// Nobody is let down by a sale that takes no longer than this.
const QUICK_MS: u64 = 250;
const DESCRIPTORS_SPARE: u64 = 30;

/// How a client is slow.
#[derive(Debug, Clone, Copy)]
enum Slow {
    /// A header line every now and then, and never the last.
    Head,
    /// A byte of the body every now and then.
    Body,
}

impl Slow {
    fn begins(self) -> &'static [u8] {
        match self {
            Self::Head => b"GET /api/v1/pos/payments HTTP/1.1\r\nHost: till\r\n",
            Self::Body => {
                b"POST /api/v1/webhook/xendit HTTP/1.1\r\nHost: till\r\nContent-Type: application/json\r\n\
                  Content-Length: 5000\r\n\r\n{"
            }
        }
    }

    fn goes_on(self) -> &'static [u8] {
        match self {
            Self::Head => b"X-Slow: 1\r\n",
            Self::Body => b" ",
        }
    }
}

pub(super) async fn connect(rig: &Rig) -> TcpStream {
    let url = rig.gateway_url.read().expect("a lock nobody panics under").clone();
    TcpStream::connect(url.trim_start_matches("http://")).await.expect("the gateway takes connections")
}

/// Is slow until the gateway has enough of it; how long that took, and nothing if it never had.
async fn dawdle(rig: &Rig, slow: Slow) -> Option<Duration> {
    let mut socket = connect(rig).await;
    let began = Instant::now();
    socket.write_all(slow.begins()).await.ok()?;
    let (mut answers, mut questions) = socket.into_split();
    let dripping = async {
        loop {
            sleep(Duration::from_secs(1)).await;
            if questions.write_all(slow.goes_on()).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let ended = async {
        let mut heard = Vec::new();
        // A reset ends it as well as an answer and a goodbye.
        answers.read_to_end(&mut heard).await.ok();
    };
    tokio::select! {
        () = dripping => None,
        ended = timeout(CLOSED_WITHIN + Duration::from_secs(10), ended) => ended.ok().map(|()| began.elapsed()),
    }
}

/// How long sales took, one after the other.
async fn sales(shop: &Shop, name: &str) -> Vec<u64> {
    let mut took = Vec::new();
    for number in 0..SALES {
        let began = Instant::now();
        shop.show(&Sale::of(format!("F42-{name}-{number}"), 33_000)).await;
        took.push(millis(began.elapsed()));
    }
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn f42_slow_clients_are_closed_in_time_and_slow_nobody_down() {
    let shop = Shop::open().await;
    let n = cases(SOCKETS);
    let alone = percentile(sales(&shop, "alone").await, 99);
    let rig = &shop.rig;
    let width = usize::try_from(n).expect("a count");
    let slow = at_once(n, width, |number| dawdle(rig, if number.is_multiple_of(2) { Slow::Head } else { Slow::Body }));
    // They are there before the first sale is timed.
    let beside = async {
        sleep(Duration::from_secs(2)).await;
        percentile(sales(&shop, "beside").await, 99)
    };
    let (slow, beside) = tokio::join!(slow, beside);
    let kept = slow.iter().filter(|took| took.is_none_or(|took| took > CLOSED_WITHIN)).count();
    let longest = slow.iter().flatten().max().copied().unwrap_or_default();
    sleep(Duration::from_secs(1)).await;
    let (fresh, now) = shop.rig.holdings()[0];
    println!(
        "F42 n={n} kept_open={kept} closed_max={}ms sale_p99={alone}ms beside_slow={beside}ms descriptors={}->{}",
        millis(longest),
        fresh.descriptors,
        now.descriptors,
    );
    shop.judge("F42").await;
    assert_eq!(kept, 0, "slow connections that were left open");
    assert!(beside <= (2 * alone).max(QUICK_MS), "a sale takes {beside} ms beside slow clients, {alone} ms without");
    assert!(now.descriptors <= fresh.descriptors + DESCRIPTORS_SPARE, "descriptors are not given back");
}
