//! One lane: takes up as much as there is room for, and goes to sleep when there is no more.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::gateway::Lane;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

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
            let Some(places) = shutdown.run_until_cancelled(places(&room)).await else { return };
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
            let gateway = Arc::clone(&self.gateway);
            self.tasks.spawn(name(lane), async move {
                let _place = place;
                attend(&gateway, &errand).await;
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

/// At least one free place, and all others that are free now.
pub(super) async fn places(room: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let first = Arc::clone(room).acquire_owned().await;
    let more = std::iter::from_fn(|| Arc::clone(room).try_acquire_owned().ok());
    first.into_iter().chain(more).collect()
}
