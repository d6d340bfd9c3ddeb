//! Webhooks: planned on the provider's clock, delivered a bounded number at a time, retried on the provider's schedule.
//!
//! Nothing here blocks an API call. A webhook is planned only once the change it tells of is durable.

mod deliver;
mod early;
mod log;
mod plan;
mod run;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::redirect::Policy;
use tokio::sync::{Notify, oneshot};

pub(crate) use deliver::{Facts, Letter};
pub(crate) use log::{DeliveryLog, LoggedDelivery};
pub(crate) use run::run;

use crate::error::SandboxError;
use crate::faults::Lie;
use crate::ledger::Event;
use crate::sandbox::locked;

/// How long a receiver may take, in real seconds.
const RECEIVER_SECONDS_MAX: u64 = 30;

/// Redirects followed, at Midtrans.
const REDIRECTS_MAX: usize = 5;

/// A webhook ready to be sent.
#[derive(Debug, Default)]
struct Delivery {
    notification_id: String,
    /// Sent at the same moment, byte for byte the same.
    copies: u32,
    /// With a token that is not the account's.
    bad_token: bool,
    lie: Lie,
    /// Tells this instead of what happened.
    instead: Option<Event>,
    /// Whether its failure leads to the next attempt of the schedule.
    scheduled: bool,
    /// Sent once this one was answered.
    followed_by: Option<Box<Delivery>>,
    done: Option<oneshot::Sender<()>>,
}

#[derive(Debug)]
enum Step {
    /// Look whether a rule wants something of it, then send it.
    Plan { notification_id: String },
    /// Send it as it is.
    Send(Box<Delivery>),
    /// Send what was held back for this account, if the next webhook did not come.
    Release { account: String, token: u64 },
}

/// What is planned, what was tried, and the client that tries.
#[derive(Debug)]
pub(crate) struct Webhooks {
    client: reqwest::Client,
    /// The same, but for redirects that keep method and body.
    following: reqwest::Client,
    steps: Mutex<BTreeMap<(DateTime<Utc>, u64), Step>>,
    /// One webhook per account that waits for the next one to overtake it.
    held: Mutex<HashMap<String, (u64, Delivery)>>,
    counter: AtomicU64,
    changed: Notify,
    log: Mutex<DeliveryLog>,
}

impl Webhooks {
    pub(crate) fn new() -> Result<Self, SandboxError> {
        let built = |policy| {
            reqwest::Client::builder()
                .no_proxy()
                .redirect(policy)
                .timeout(Duration::from_secs(RECEIVER_SECONDS_MAX))
                .build()
                .map_err(SandboxError::WebhookClient)
        };
        Ok(Self {
            client: built(Policy::none())?,
            following: built(Policy::custom(|attempt| {
                let keeps = matches!(attempt.status().as_u16(), 307 | 308);
                if keeps && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
            }))?,
            steps: Mutex::default(),
            held: Mutex::default(),
            counter: AtomicU64::new(0),
            changed: Notify::new(),
            log: Mutex::default(),
        })
    }

    /// Sends the notification at `due`, faults permitting.
    pub(crate) fn plan(&self, notification_id: String, due: DateTime<Utc>) {
        self.push(due, Step::Plan { notification_id });
    }

    /// Sends the notification at once and as it is; the receiver resolves when it was answered.
    pub(crate) fn send_now(
        &self,
        notification_id: String,
        scheduled: bool,
        now: DateTime<Utc>,
    ) -> oneshot::Receiver<()> {
        let (done, answered) = oneshot::channel();
        let delivery = Delivery { notification_id, copies: 1, scheduled, done: Some(done), ..Delivery::default() };
        self.push(now, Step::Send(Box::new(delivery)));
        answered
    }

    pub(crate) fn log(&self) -> std::sync::MutexGuard<'_, DeliveryLog> {
        locked(&self.log)
    }

    /// Forgets what is planned and what was tried.
    pub(crate) fn reset(&self) {
        locked(&self.steps).clear();
        locked(&self.held).clear();
        *self.log() = DeliveryLog::default();
    }

    fn push(&self, due: DateTime<Utc>, step: Step) {
        let place = (due, self.number());
        locked(&self.steps).insert(place, step);
        self.changed.notify_one();
    }

    fn pop_due(&self, now: DateTime<Utc>) -> Option<Step> {
        let mut steps = locked(&self.steps);
        let first = steps.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        locked(&self.steps).keys().next().map(|place| place.0)
    }

    fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }
}
