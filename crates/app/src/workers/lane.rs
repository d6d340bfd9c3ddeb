//! One lane: takes up as much as there is room for, and goes to sleep when there is no more.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::gateway::Lane;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use super::{Workers, attend};
use crate::observed::causes;
use crate::system::random_below;
use crate::tasks::fence;

/// Things of one lane that are under way at once.
const UNDER_WAY_MAX: usize = 8;
/// Pause when there is nothing to do and nobody rings.
const PAUSE: Duration = Duration::from_millis(500);
/// Pause after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// What is committed within so short a time is taken up in one go: fewer claims, for so much later that the ledger and
/// merchants' endpoints hear of it. Tills wait for neither: they hear of the commit itself.
pub(super) const GATHERED_FOR: Duration = Duration::from_millis(40);
/// After something that was due its place rests so many times as long as that took, and no longer than that: where the
/// machine has much to do, tills that wait for news go before payments that may never be paid.
const RESTS: u32 = 3;
const REST_MAX: Duration = Duration::from_millis(250);
/// By how much pauses differ, so that lanes and nodes do not march in step.
const JITTER_MILLIS: u64 = 250;

pub(super) const fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Settle => "the settling lane",
        Lane::Due => "the lane of due payments",
        Lane::Publish => "the publishing lane",
    }
}

impl Workers {
    /// Works until the process is to end.
    pub(super) async fn run_lane(&self, lane: Lane) {
        let room = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        let shutdown = self.tasks.shutdown().clone();
        while !shutdown.is_cancelled() {
            let Some(places) = shutdown.run_until_cancelled(places_in(&room, lane)).await else { return };
            let wanted = places.len();
            let jitter = Duration::from_millis(random_below(JITTER_MILLIS));
            let pause = match fence(name(lane), self.take_up(lane, places)).await {
                Ok(Some(taken)) if taken >= wanted => continue,
                Ok(Some(_)) => self.clock.rest(PAUSE + jitter),
                Ok(None) | Err(_) => PAUSE_AFTER_FAILURE + jitter,
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.rung(lane) => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Takes things up and sets them going, one in each place; how many there were, `None` if that
    /// cannot be told.
    async fn take_up(&self, lane: Lane, places: Vec<OwnedSemaphorePermit>) -> Option<usize> {
        let limit = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let errands = match self.gateway.take_up(lane, self.gateway.ports().clock.now(), limit).await {
            Ok(errands) => errands,
            Err(error) => {
                tracing::error!(because = causes(&error), "{}: {error}", name(lane));
                return None;
            }
        };
        let taken = errands.len();
        for (errand, place) in errands.into_iter().zip(places) {
            let (gateway, shutdown) = (Arc::clone(&self.gateway), self.tasks.shutdown().clone());
            self.tasks.spawn(name(lane), async move {
                let (_place, began) = (place, Instant::now());
                attend(&gateway, &errand).await;
                if let Some(rest) = rest_after(lane, began.elapsed()) {
                    shutdown.run_until_cancelled(sleep(rest)).await;
                }
            });
        }
        Some(taken)
    }

    /// Ends when there may be something new for a lane. Due payments are due by time: nobody rings.
    async fn rung(&self, lane: Lane) {
        match lane {
            Lane::Settle => self.deferred.notified().await,
            Lane::Publish => {
                self.feed.committed().await;
                sleep(GATHERED_FOR).await;
            }
            Lane::Due => std::future::pending().await,
        }
    }
}

/// How long a place rests after something that took so long.
fn rest_after(lane: Lane, took: Duration) -> Option<Duration> {
    match lane {
        Lane::Settle | Lane::Publish => None,
        Lane::Due => Some(took.saturating_mul(RESTS).min(REST_MAX)),
    }
}

/// The free places of a lane. Those that rest become free one by one: a moment later one claim does for several.
async fn places_in(room: &Arc<Semaphore>, lane: Lane) -> Vec<OwnedSemaphorePermit> {
    let mut free = places(room).await;
    match lane {
        Lane::Due if free.len() < UNDER_WAY_MAX => {
            sleep(GATHERED_FOR).await;
            free.extend(std::iter::from_fn(|| Arc::clone(room).try_acquire_owned().ok()));
        }
        Lane::Settle | Lane::Due | Lane::Publish => {}
    }
    free
}

/// At least one free place, and all others that are free now.
pub(super) async fn places(room: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let first = Arc::clone(room).acquire_owned().await;
    let more = std::iter::from_fn(|| Arc::clone(room).try_acquire_owned().ok());
    first.into_iter().chain(more).collect()
}
