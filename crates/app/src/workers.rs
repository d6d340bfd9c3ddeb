//! What goes on without a request: settling webhooks, looking at due payments, sending messages on, telling
//! endpoints, sweeping for money, asking in rounds. One runtime for all; each thing on a task of its own, fenced off
//! from the others.

mod gauges;
mod housekeeping;
mod lane;
mod pruning;
mod rounds;
mod sweeping;
mod telling;
mod waking;

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::endpoints::EventTeller;
use mstore_pay_domain::gateway::{Attended, Errand, Gateway, Lane, Published, Settled, Settler};
use mstore_pay_domain::webhook::LeasedDelivery;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use crate::config::WorkersHere;
use crate::feed::Feed;
use crate::limits::Limits;
use crate::observed::causes;
use crate::readiness::Readiness;
use crate::system::SystemClock;
use crate::tasks::{Tasks, fence};

/// Webhooks that are settled at once, as they come.
const SETTLE_AT_ONCE_MAX: usize = 32;
/// Webhooks that are under way or wait for that in this process; more are left to the lane.
const SETTLE_HERE_MAX: usize = 256;
/// For how long they wait, of the half minute that their lease lasts.
const SETTLE_WAIT_MAX: Duration = Duration::from_secs(5);

/// The workers of this process.
pub(crate) struct Workers {
    here: WorkersHere,
    gateway: Arc<Gateway>,
    teller: EventTeller,
    clock: SystemClock,
    tasks: Tasks,
    feed: Arc<Feed>,
    at_once: Arc<Semaphore>,
    settling: Arc<Semaphore>,
    deferred: Arc<Notify>,
}

impl Workers {
    pub(crate) fn new(
        here: WorkersHere,
        gateway: Arc<Gateway>,
        teller: EventTeller,
        clock: SystemClock,
        tasks: Tasks,
        feed: Arc<Feed>,
    ) -> Self {
        Self {
            here,
            gateway,
            teller,
            clock,
            tasks,
            feed,
            at_once: Arc::new(Semaphore::new(SETTLE_AT_ONCE_MAX)),
            settling: Arc::new(Semaphore::new(SETTLE_HERE_MAX)),
            deferred: Arc::new(Notify::new()),
        }
    }

    /// Sets everything going that goes on here; it stops when the process is to end.
    pub(crate) fn start(self: &Arc<Self>, readiness: Readiness, limits: Arc<Limits>) {
        match self.here {
            WorkersHere::On => self.start_work(),
            WorkersHere::Off => tracing::info!("what goes on without a request is left to other processes"),
        }
        let workers = Arc::clone(self);
        self.tasks.spawn("waking", async move { workers.wake_waiters().await });
        let workers = Arc::clone(self);
        self.tasks.spawn("housekeeping", async move { workers.keep_house(&readiness, &limits).await });
    }

    fn start_work(self: &Arc<Self>) {
        for lane in Lane::ALL {
            let workers = Arc::clone(self);
            self.tasks.spawn(lane::name(lane), async move { workers.run_lane(lane).await });
        }
        let workers = Arc::clone(self);
        self.tasks.spawn("telling endpoints", async move { workers.tell_endpoints().await });
        let workers = Arc::clone(self);
        self.tasks.spawn("sweeping", async move { workers.sweep_accounts().await });
        let workers = Arc::clone(self);
        self.tasks.spawn("going the rounds", async move { workers.go_rounds().await });
        let workers = Arc::clone(self);
        self.tasks.spawn("pruning", async move { workers.prune().await });
    }

    /// Who is to settle a webhook that comes now: whoever takes it in, unless too many wait or no work is done here. One that
    /// came before takes no place, however many copies of it come.
    pub(crate) fn settler(&self) -> Settler {
        match self.here {
            WorkersHere::On if self.settling.available_permits() > 0 => Settler::Caller,
            WorkersHere::On | WorkersHere::Off => Settler::Workers,
        }
    }

    /// Settles a webhook that was just taken in as that settler's, as soon as there is room, or leaves it to the lane, or to
    /// those of other processes.
    pub(crate) async fn settle(self: &Arc<Self>, leased: Box<LeasedDelivery>, settler: Settler) {
        match settler {
            Settler::Caller => {}
            Settler::Workers => return self.deferred.notify_one(),
        }
        let Ok(place) = Arc::clone(&self.settling).try_acquire_owned() else {
            // Others who came at the same time have the last places.
            return self.leave_to_the_lane(&leased).await;
        };
        let workers = Arc::clone(self);
        self.tasks.spawn("settling a webhook", async move {
            let _place = place;
            match timeout(SETTLE_WAIT_MAX, workers.at_once.acquire()).await {
                // In a box of its own, so that those that wait for room carry none of what the work takes: 37 KB each.
                Ok(Ok(_room)) => Box::pin(attend(&workers.gateway, &Errand::Webhook(leased))).await,
                Ok(Err(_)) | Err(_) => workers.leave_to_the_lane(&leased).await,
            }
        });
    }

    async fn leave_to_the_lane(&self, leased: &LeasedDelivery) {
        let (id, token) = (leased.delivery.id, leased.token);
        let inbox = &self.gateway.ports().inbox;
        if let Err(error) = inbox.postpone(&id, token, Duration::ZERO, "many came at once").await {
            tracing::warn!(because = causes(&error), "left to its lease: {error}");
        }
        self.deferred.notify_one();
    }
}

/// Does one thing; what goes wrong with it stays with it.
async fn attend(gateway: &Gateway, errand: &Errand) {
    let what = match errand {
        Errand::Webhook(_) => "settling a webhook",
        Errand::Payment(_) => "looking at a payment",
        Errand::Message(_) => "sending a message on",
    };
    let outcome = match fence(what, gateway.attend(errand)).await {
        Ok(outcome) => outcome,
        Err(_panicked) => gateway.give_back(errand).await,
    };
    let result = match &outcome {
        Ok(Attended::Message(Published::Deferred { .. })) => "deferred",
        Ok(Attended::Webhook(Settled::Overtaken)) => "overtaken",
        Ok(_) => "ok",
        Err(_) => "error",
    };
    metrics::counter!("mstore_pay_work_total", "what" => what, "result" => result).increment(1);
    match (outcome, errand) {
        (Err(error), _) => tracing::error!(because = causes(&error), "{what}: {error}"),
        (Ok(Attended::Webhook(Settled::Buried)), Errand::Webhook(leased)) => {
            let delivery = leased.delivery.id;
            tracing::error!(%delivery, "webhook {delivery} was given up");
        }
        (Ok(Attended::Webhook(Settled::Overtaken)), Errand::Webhook(leased)) => {
            let delivery = leased.delivery.id;
            tracing::info!(%delivery, "webhook {delivery} passed on to another worker: nothing of it was written here");
        }
        (Ok(Attended::Message(Published::Deferred { error })), Errand::Message(leased)) => {
            let message = leased.message.id;
            tracing::warn!(%message, because = causes(&error), "{error}: {message} is sent on again");
        }
        (Ok(Attended::Message(Published::Refused)), Errand::Message(leased)) => {
            let payment = leased.message.payment;
            tracing::error!(%payment, "the transaction ledger refuses payment {payment}");
        }
        (Ok(_), _) => {}
    }
}
