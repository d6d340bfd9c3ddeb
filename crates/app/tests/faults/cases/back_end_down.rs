//! A merchant's back end is down for an hour, of a calendar that runs faster, and gateways are killed while they would
//! tell it: in that hour, and when it is back.
//!
//! What it hears is added to the file that `EVENTS_HEARD_FILE` names, to be verified by an independent library.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::Utc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mstore_pay_conformance::wire::{Reply, SeenRequest, WireStub};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::shop::{PATIENCE, SALE_WITHIN, Shop, millis};
use crate::rig::{Control, Pay, Plan, StoreKind};
use crate::scale::{Draws, at_once, cases};
use crate::till::{Sale, Till};

const SALES: u64 = 200;
const AT_ONCE: usize = 4;
const SEED: u64 = 20_261_128;
/// By how much the calendar runs faster than the world's: by it a QR code is shown, and a back end left alone.
const FASTER: u32 = 120;
/// An hour of that calendar.
const DOWN_FOR: Duration = Duration::from_secs(3_600 / 120);
/// A day of that calendar, twelve minutes of the run: no QR code is over before its customer comes.
const SHOWN_SECONDS: u32 = 24 * 60 * 60;
/// Gateways that are killed in that hour, and again when the back end is back.
const KILLS: u32 = 3;
const DEAD_FOR: Duration = Duration::from_millis(500);
/// How long the back end takes to answer, so that whoever is killed then is killed while it tells.
const ANSWERED_AFTER: Duration = Duration::from_millis(100);
/// A back end that is down is not asked more often than that in an hour, by all gateways together.
const REFUSED_MAX: usize = 60;
/// The longest pause is ten minutes of that calendar; twice that for each kill, and what is left to tell.
const TOLD_WITHIN: Duration = Duration::from_secs(90);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// By how much receivers let the time of a signature be wrong, as libraries of Standard Webhooks do.
const SIGNED_SECONDS_AGO_MAX: i64 = 300;
/// 32 bytes in base64.
const ACCOUNT_KEY: &str = "c2VhbHMgdGhlIHNlY3JldHMgb2YgZmlmdHkgc2hvcHM=";

/// An event that the back end took in.
#[derive(Debug, Clone)]
struct Heard {
    id: String,
    payment: String,
    kind: String,
    is_signed: bool,
}

impl Heard {
    fn of(request: &SeenRequest, secret: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let header = |name: &str| request.header(name).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
        for part in [header("webhook-id"), ".", header("webhook-timestamp"), "."] {
            mac.update(part.as_bytes());
        }
        mac.update(&request.body);
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let signed_at: i64 = header("webhook-timestamp").parse().unwrap_or_default();
        let is_signed = header("webhook-signature").split(' ').any(|one| one == signature)
            && header("webhook-id") == text(&body["id"])
            && (Utc::now().timestamp() - signed_at).abs() <= SIGNED_SECONDS_AGO_MAX;
        Self { id: text(&body["id"]), payment: text(&body["data"]["payment_id"]), kind: text(&body["type"]), is_signed }
    }
}

/// Where what a back end hears is taken down, if that is asked for: a line of JSON for each call that it took in.
struct Notebook {
    file: File,
    /// As the endpoint was told it.
    secret: String,
}

impl Notebook {
    fn open(secret: &str) -> Option<Self> {
        let path = env::var_os("EVENTS_HEARD_FILE")?;
        let file = OpenOptions::new().create(true).append(true).open(path).expect("EVENTS_HEARD_FILE can be written");
        Some(Self { file, secret: secret.to_owned() })
    }

    fn take_down(&mut self, request: &SeenRequest) {
        let headers: BTreeMap<&String, &String> = request.headers.iter().map(|(name, value)| (name, value)).collect();
        let heard_at = Utc::now().timestamp();
        let line = json!({"secret": self.secret, "heard_at": heard_at, "headers": headers, "body": request.text()});
        writeln!(self.file, "{line}").expect("EVENTS_HEARD_FILE takes a line");
    }
}

/// A back end, and what it was told.
struct BackEnd {
    is_up: bool,
    secret: Vec<u8>,
    draws: Draws,
    refused: usize,
    heard: Vec<Heard>,
    notebook: Option<Notebook>,
}

impl BackEnd {
    fn down(secret: &str) -> Self {
        let key = secret.strip_prefix("whsec_").map(|encoded| BASE64_STANDARD.decode(encoded));
        Self {
            is_up: false,
            secret: key.expect("a secret").expect("a secret is base64"),
            draws: Draws::seeded(SEED),
            refused: 0,
            heard: Vec::new(),
            notebook: Notebook::open(secret),
        }
    }

    fn take(&mut self, request: &SeenRequest) -> Reply {
        if !self.is_up {
            self.refused += 1;
            let refusals = [
                Reply::json(503, "{}"),
                Reply::page(500),
                Reply::redirect("https://shop.example/"),
                Reply::Hangup,
                Reply::Reset,
            ];
            return refusals[self.refused % refusals.len()].clone().after(ANSWERED_AFTER);
        }
        self.heard.push(Heard::of(request, &self.secret));
        if let Some(notebook) = &mut self.notebook {
            notebook.take_down(request);
        }
        // What it took in, and whoever told it does not know.
        let reply = if self.draws.percent(10) { Reply::Hangup } else { Reply::json(200, "{}") };
        reply.after(ANSWERED_AFTER)
    }

    fn calls(&self) -> usize {
        self.refused + self.heard.len()
    }

    fn ids(&self) -> BTreeSet<String> {
        self.heard.iter().map(|heard| heard.id.clone()).collect()
    }
}

/// What the feed of changes has, against what the back end was told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    events: usize,
    unheard: usize,
    /// Events that are not in the feed.
    strange: usize,
    /// Payments of which a later event was heard before an earlier one.
    out_of_order: usize,
    unsigned: usize,
}

impl Account {
    /// The feed: the payments, each with the ids of its events, in their order.
    fn of(feed: &[(String, String)], heard: &[Heard]) -> Self {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, one) in heard.iter().enumerate() {
            first.entry(&one.id).or_insert(place);
        }
        let known: BTreeSet<&str> = feed.iter().map(|(_, id)| id.as_str()).collect();
        let mut by_payment: BTreeMap<&str, Vec<Option<usize>>> = BTreeMap::new();
        for (payment, id) in feed {
            by_payment.entry(payment).or_default().push(first.get(id.as_str()).copied());
        }
        let of_its_payment = |one: &&Heard| feed.iter().any(|(payment, id)| *payment == one.payment && *id == one.id);
        Self {
            events: known.len(),
            unheard: known.iter().filter(|id| !first.contains_key(*id)).count(),
            strange: heard.iter().filter(|one| !of_its_payment(one)).count(),
            out_of_order: by_payment.values().filter(|places| !places.iter().flatten().is_sorted()).count(),
            unsigned: heard.iter().filter(|one| !one.is_signed).count(),
        }
    }
}

/// The payment and the id of every event, oldest first, as a till reads them.
async fn feed(till: &Till) -> Vec<(String, String)> {
    let (mut feed, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let data = till.read(&format!("/api/v1/pos/events?after={after}&limit=100")).await.data();
        let items = data["items"].as_array().unwrap_or_else(|| panic!("a feed: {data}"));
        let Some(_) = items.last() else { return feed };
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        feed.extend(items.iter().map(|item| (text(&item["payment_id"]), text(&item["id"]))));
        after = text(&data["next_after"]);
    }
}

/// Sells all through the hour, and sees each sale paid; gives the payments.
fn sell(till: Till, control: Control, n: u64, since: Instant) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        at_once(n, AT_ONCE, |number| {
            let (till, control) = (&till, &control);
            let turn = since + DOWN_FOR * u32::try_from(number).expect("few") / u32::try_from(n).expect("few");
            async move {
                sleep_until(turn).await;
                let sale = Sale::of(format!("EVENTS-{number}"), 33_000).expiring_in(SHOWN_SECONDS);
                let shown = till.sell(&sale, SALE_WITHIN).await.expect("a QR code");
                let object = control.scan(&shown.reference, &shown.qr).await;
                control.pay(&object, &Pay::default()).await;
                let told = till.await_status(&shown.payment_id, "paid", SALE_WITHIN).await;
                assert_eq!(told["status"], "paid", "{told}");
                shown.payment_id
            }
        })
        .await
    })
}

/// One run of the case.
struct Outage {
    shop: Shop,
    nodes: u32,
    kills: u32,
    back_end: Arc<Mutex<BackEnd>>,
}

impl Outage {
    fn back_end(&self) -> MutexGuard<'_, BackEnd> {
        self.back_end.lock().expect("a back end")
    }

    /// Waits until that can be said of the back end; whether it could in time.
    async fn until(&self, within: Duration, holds: impl Fn(&BackEnd) -> bool) -> bool {
        let deadline = Instant::now() + within;
        while !holds(&self.back_end()) {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(LOOK_AGAIN_AFTER).await;
        }
        true
    }

    /// Kills a gateway while the back end is being told, each in its turn, and brings it back.
    async fn strike(&mut self) {
        let so_far = self.back_end().calls();
        let is_told = self.until(TOLD_WITHIN, |back_end| back_end.calls() > so_far).await;
        assert!(is_told, "nobody tells the back end");
        let node = usize::try_from(self.kills % self.nodes).expect("a node");
        self.kills += 1;
        self.shop.rig.kill_node(node);
        sleep(DEAD_FOR).await;
        self.shop.rig.start_gateway().await;
    }

    /// The hour in which the back end takes nothing; gives the payments that were made in it.
    async fn be_down(&mut self, n: u64) -> Vec<String> {
        let since = Instant::now();
        let selling = sell(self.shop.till.clone(), self.shop.rig.control.clone(), n, since);
        for round in 1..=KILLS {
            sleep_until(since + DOWN_FOR * round / (KILLS + 1)).await;
            self.strike().await;
        }
        sleep_until(since + DOWN_FOR).await;
        selling.await.unwrap_or_else(|error| panic!("a till: {error}"))
    }

    /// The back end takes what it is told; gives how that ends, and how long it takes.
    async fn be_back(&mut self) -> (Account, Duration) {
        let since = Instant::now();
        self.back_end().is_up = true;
        let events = feed(&self.shop.till).await.len();
        for round in 1..=KILLS {
            let part = events * usize::try_from(round).expect("few") / usize::try_from(KILLS + 2).expect("few");
            let is_told = self.until(TOLD_WITHIN, |back_end| back_end.ids().len() >= part).await;
            assert!(is_told, "{part} of {events} events in time");
            self.strike().await;
        }
        self.until(TOLD_WITHIN, |back_end| back_end.ids().len() >= events).await;
        let took = since.elapsed();
        // For what is told again although it was taken in and answered.
        sleep(Duration::from_secs(2)).await;
        let feed = feed(&self.shop.till).await;
        (Account::of(&feed, &self.back_end().heard), took)
    }
}

/// Of gateways over one store, each in its turn killed while it tells.
pub(super) async fn hears_everything(plan: Plan) {
    let nodes = u32::try_from(plan.nodes).expect("few");
    let origin = Utc::now().to_rfc3339();
    let mut plan = plan
        .with("TIME_SCALE", FASTER.to_string())
        .with("TIME_ORIGIN", origin.as_str())
        .with("ACCOUNT_KEY", ACCOUNT_KEY)
        .with("EVENTS_ALLOW_LOOPBACK", "true");
    plan.sandbox_args.extend(["--time-scale", &FASTER.to_string(), "--time-origin", &origin].map(str::to_owned));
    let shop = Shop::open_as(plan).await;
    let owner = Till::new(&shop.rig, "M1", "L0_OWNER", PATIENCE, &shop.log);
    let stub = WireStub::start().await;
    let added = owner.post("/api/v1/endpoints", &json!({"url": format!("{}/events", stub.base_url())})).await;
    assert_eq!(added.status(), 201, "{added:?}");
    let back_end = BackEnd::down(added.data()["secret"].as_str().expect("a secret"));
    let back_end = Arc::new(Mutex::new(back_end));
    let told = Arc::clone(&back_end);
    stub.answering("POST", "/events", move |request| told.lock().expect("a back end").take(request));
    let n = cases(SALES);
    let mut outage = Outage { shop, nodes, kills: 0, back_end };
    let paid = outage.be_down(n).await;
    let refused = outage.back_end().refused;
    assert_eq!(outage.back_end().heard.len(), 0, "it was down");
    let (account, took) = outage.be_back().await;
    let Outage { shop, kills, back_end, .. } = outage;
    shop.judge("events").await;
    let heard = back_end.lock().expect("a back end").heard.clone();
    let is_told = |payment: &&String| heard.iter().any(|one| one.payment == **payment && one.kind == "payment.paid");
    let untold = paid.iter().filter(|payment| !is_told(payment)).count();
    let Account { events, unheard, strange, out_of_order, unsigned } = account;
    println!(
        "events nodes={nodes} n={n} down=1h kills={kills} events={events} refused={refused} heard={} unheard={unheard} \
         strange={strange} out_of_order={out_of_order} unsigned={unsigned} paid_untold={untold} caught_up={}ms",
        heard.len(),
        millis(took),
    );
    assert_eq!(account, Account { events, ..Account::default() });
    assert_eq!((u64::try_from(paid.len()), untold), (Ok(n), 0));
    assert!(refused >= usize::try_from(KILLS).expect("few") && refused <= REFUSED_MAX, "{refused} calls in vain");
    assert!(events > paid.len() && heard.len() > events, "lost answers are told again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_that_was_down_for_an_hour_hears_of_everything_at_least_once_and_in_order() {
    hears_everything(Plan::over(StoreKind::of_run())).await;
}
