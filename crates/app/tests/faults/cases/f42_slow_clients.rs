use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::shop::{Shop, millis};
use crate::rig::Rig;
use crate::scale::{cases, percentile, prompt_but_for};
use crate::till::Sale;

const SOCKETS: u64 = 1_000;
/// Sales that are timed, without and with the slow ones beside them, however small the run: of fewer the 99th percentile
/// is the slowest, and says nothing.
const SALES: usize = 300;
/// Sales in a row, before the other side has its turn: what else the machine has to do falls on both alike.
const SALES_IN_A_ROW: usize = 100;
/// How long after the first slow client came another sale is begun: it has some seconds to end before that client's time
/// for a head, or a body, is over.
const BEGUN_WITHIN: Duration = Duration::from_secs(7);
/// Until the first of what they say has been read of all that came.
const SETTLED_AFTER: Duration = Duration::from_secs(1);
/// So often slow clients come, at most, to have all sales timed beside them.
const ROUNDS_MAX: usize = 20;
/// The time for a head, for a body, and a little more: half a second for the timers, the rest for a busy machine.
const CLOSED_WITHIN: Duration = Duration::from_secs(13);
/// How often a slow client sends something.
const DRIP_MILLIS: u64 = 1_000;
/// The 99th percentile of three hundred sales is the fourth slowest. A sale waits for the disk several times, and one wait
/// that is longer than the others doubles it: below this that says more than the gateway, and nobody at a till can tell.
const QUICK_MS: u64 = 50;
/// What a smaller run adds, which has not the machine to itself: another store's run is beside it.
const BUSY_MS: u64 = 200;
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

fn address(rig: &Rig) -> String {
    let url = rig.gateway_url.read().expect("a lock nobody panics under").clone();
    url.trim_start_matches("http://").to_owned()
}

pub(super) async fn connect(rig: &Rig) -> TcpStream {
    TcpStream::connect(address(rig)).await.expect("the gateway takes connections")
}

/// Clients that are slow, until the gateway has enough of them.
struct Crowd {
    clients: JoinSet<Option<Duration>>,
    /// How many of them are there.
    open: Arc<AtomicU64>,
    since: Instant,
}

impl Crowd {
    /// Has so many come, and waits until the gateway has taken all of them in: how it does with as many newcomers at once
    /// is not what is asked here.
    async fn come(rig: &Rig, count: u64) -> Self {
        let (open, since) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let mut clients = JoinSet::new();
        for number in 0..count {
            let slow = if number.is_multiple_of(2) { Slow::Head } else { Slow::Body };
            // As strangers to each other, they do not send all at once.
            let after = Duration::from_millis(DRIP_MILLIS * number / count);
            clients.spawn(dawdle(address(rig), slow, after, Arc::clone(&open)));
        }
        let crowd = Self { clients, open, since };
        let held = || {
            let (fresh, now) = rig.holdings()[0];
            now.descriptors.saturating_sub(fresh.descriptors)
        };
        while (crowd.open() < count || held() < count) && since.elapsed() < BEGUN_WITHIN {
            sleep(Duration::from_millis(50)).await;
        }
        sleep(SETTLED_AFTER).await;
        crowd
    }

    fn open(&self) -> u64 {
        self.open.load(Ordering::SeqCst)
    }

    /// How long each was kept; nothing of one that the gateway never had enough of.
    async fn end(self) -> Vec<Option<Duration>> {
        self.clients.join_all().await
    }
}

/// Is slow until the gateway has enough of it; how long that took, and nothing if it never had.
async fn dawdle(address: String, slow: Slow, after: Duration, open: Arc<AtomicU64>) -> Option<Duration> {
    let mut socket = TcpStream::connect(address).await.ok()?;
    let began = Instant::now();
    socket.write_all(slow.begins()).await.ok()?;
    open.fetch_add(1, Ordering::SeqCst);
    let (mut answers, mut questions) = socket.into_split();
    let dripping = async {
        sleep(after).await;
        loop {
            sleep(Duration::from_millis(DRIP_MILLIS)).await;
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
    let took = tokio::select! {
        () = dripping => None,
        ended = timeout(CLOSED_WITHIN + Duration::from_secs(10), ended) => ended.ok().map(|()| began.elapsed()),
    };
    open.fetch_sub(1, Ordering::SeqCst);
    took
}

/// What was seen of sales beside slow clients.
#[derive(Default)]
struct Beside {
    /// How long each sale took, in milliseconds.
    took: Vec<u64>,
    /// How long each slow client was kept.
    kept: Vec<Option<Duration>>,
    /// Sales that did not end while all of the slow clients were there.
    uncrowded: usize,
    /// The fewest files and sockets that the gateway held when a row of sales was over.
    descriptors_min: Option<u64>,
}

/// How long a sale takes.
async fn sale(shop: &Shop, order_code: String) -> u64 {
    let began = Instant::now();
    shop.show(&Sale::of(order_code, 33_000)).await;
    millis(began.elapsed())
}

impl Beside {
    /// A row of sales with so many slow clients beside them.
    async fn round(&mut self, shop: &Shop, count: u64) {
        let crowd = Crowd::come(&shop.rig, count).await;
        for _ in 0..SALES_IN_A_ROW {
            if crowd.since.elapsed() > BEGUN_WITHIN {
                break;
            }
            let took = sale(shop, format!("F42-beside-{}", self.took.len())).await;
            self.took.push(took);
            self.uncrowded += usize::from(crowd.open() < count);
        }
        let (_, now) = shop.rig.holdings()[0];
        self.descriptors_min = Some(self.descriptors_min.map_or(now.descriptors, |least| least.min(now.descriptors)));
        self.kept.extend(crowd.end().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f42_slow_clients_are_closed_in_time_and_slow_nobody_down() {
    let shop = Shop::open().await;
    let n = cases(SOCKETS);
    let (mut alone, mut with) = (Vec::new(), Beside::default());
    let mut rounds = 0;
    while with.took.len() < SALES && rounds < ROUNDS_MAX {
        rounds += 1;
        for _ in 0..SALES_IN_A_ROW {
            alone.push(sale(&shop, format!("F42-alone-{}", alone.len())).await);
        }
        with.round(&shop, n).await;
    }
    let (sales_alone, sales_beside) = (alone.len(), with.took.len());
    let halves = (percentile(alone.clone(), 50), percentile(with.took.clone(), 50));
    let (alone, beside) = (percentile(alone, 99), percentile(with.took, 99));
    let kept = with.kept.iter().filter(|took| took.is_none_or(|took| took > CLOSED_WITHIN)).count();
    let longest = with.kept.iter().flatten().max().copied().unwrap_or_default();
    sleep(Duration::from_secs(1)).await;
    let (fresh, now) = shop.rig.holdings()[0];
    let held = with.descriptors_min.unwrap_or_default();
    println!(
        "F42 n={n} rounds={rounds} kept_open={kept} closed_max={}ms sales={sales_alone}+{sales_beside} \
         uncrowded={} sale_p50={}ms beside_slow_p50={}ms sale_p99={alone}ms beside_slow={beside}ms \
         descriptors={}->{held}->{}",
        millis(longest),
        with.uncrowded,
        halves.0,
        halves.1,
        fresh.descriptors,
        now.descriptors,
    );
    shop.judge("F42").await;
    assert_eq!(kept, 0, "slow connections that were left open");
    assert!(sales_beside >= SALES, "{sales_beside} sales in {rounds} rounds have no 99th percentile");
    assert_eq!(with.uncrowded, 0, "sales that were not beside all slow clients");
    assert!(held >= fresh.descriptors + n, "the gateway held {held} files and sockets, with {n} slow clients to serve");
    let most = (2 * alone).max(prompt_but_for(QUICK_MS, BUSY_MS));
    assert!(beside <= most, "a sale takes {beside} ms beside slow clients, {alone} ms without");
    assert!(now.descriptors <= fresh.descriptors + DESCRIPTORS_SPARE, "descriptors are not given back");
}
