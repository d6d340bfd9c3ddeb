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

/// Pause when there is nothing to do and nobody rings.
const PAUSE: Duration = Duration::from_millis(500);
/// Pause after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// What is committed, or what places become free, within so short a time is taken up in one go: fewer claims, for so much
/// later that the ledger and merchants' endpoints hear of it, or that something due is begun where much is due. Tills hear
/// of the commit itself.
pub(super) const GATHERED_FOR: Duration = Duration::from_millis(40);
/// The same of webhooks that are settled: they end together, as their commit does, and the next ones wait for them.
const SETTLED_GATHERED_FOR: Duration = Duration::from_millis(10);
/// After a mere check its place rests so many times as long as that took, at the most so long: where the machine has much to
/// do, whoever waits for news goes before payments that are not paid yet. A provider that is slow to answer is asked little
/// less often for it.
const RESTS: u32 = 3;
const REST_MAX: Duration = Duration::from_millis(100);
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
        let room = Arc::new(Semaphore::new(under_way_max(lane)));
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
        let now = self.gateway.ports().clock.now();
        let errands = match self.gateway.take_up(lane, now, limit).await {
            Ok(errands) => errands,
            Err(error) => {
                tracing::error!(because = causes(&error), "{}: {error}", name(lane));
                return None;
            }
        };
        let taken = errands.len();
        for (errand, place) in errands.into_iter().zip(places) {
            let (gateway, shutdown) = (Arc::clone(&self.gateway), self.tasks.shutdown().clone());
            let (clock, is_mere_check) = (self.clock, errand.is_mere_check(now));
            self.tasks.spawn(name(lane), async move {
                let _place = place;
                let began = Instant::now();
                // In a box of its own, which a check that rests afterwards has given back.
                Box::pin(attend(&gateway, &errand)).await;
                if is_mere_check {
                    let rest = clock.rest(rest_after(began.elapsed()));
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

/// Things of one lane that are under way at once. What a store commits goes together: the more at once, the fewer commits.
const fn under_way_max(lane: Lane) -> usize {
    match lane {
        Lane::Settle => 32,
        Lane::Due => 8,
        Lane::Publish => 16,
    }
}

/// With fewer free places than so many a lane has much to do, and waits a moment for more.
const fn few_places(lane: Lane) -> usize {
    match lane {
        Lane::Settle | Lane::Publish => under_way_max(lane) / 2,
        Lane::Due => under_way_max(lane),
    }
}

/// For how long it waits.
const fn gathered_for(lane: Lane) -> Duration {
    match lane {
        Lane::Settle => SETTLED_GATHERED_FOR,
        Lane::Due | Lane::Publish => GATHERED_FOR,
    }
}

/// How long a place rests after a mere check that took so long.
fn rest_after(took: Duration) -> Duration {
    took.saturating_mul(RESTS).min(REST_MAX)
}

/// The free places of a lane. Where much is under way they become free one by one: a moment later one claim does for several.
async fn places_in(room: &Arc<Semaphore>, lane: Lane) -> Vec<OwnedSemaphorePermit> {
    let mut free = places(room).await;
    if free.len() < few_places(lane) {
        sleep(gathered_for(lane)).await;
        free.extend(std::iter::from_fn(|| Arc::clone(room).try_acquire_owned().ok()));
    }
    free
}

/// At least one free place, and all others that are free now.
pub(super) async fn places(room: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let first = Arc::clone(room).acquire_owned().await;
    let more = std::iter::from_fn(|| Arc::clone(room).try_acquire_owned().ok());
    first.into_iter().chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_rests_as_the_check_before_took_and_not_for_long() {
        assert_eq!(rest_after(Duration::from_millis(5)), Duration::from_millis(15));
        assert_eq!(rest_after(Duration::from_secs(5)), REST_MAX);
    }

    /// How many places of a lane are taken up in one go where so many are free and another becomes so a moment later.
    async fn taken_up(lane: Lane, free: usize) -> usize {
        let room = Arc::new(Semaphore::new(under_way_max(lane)));
        let mut taken = places_in(&room, lane).await;
        assert_eq!(taken.len(), under_way_max(lane));
        let later = taken.pop();
        taken.truncate(taken.len() - free);
        let frees = async {
            sleep(gathered_for(lane) / 2).await;
            drop(later);
        };
        tokio::join!(places_in(&room, lane), frees).0.len()
    }

    #[tokio::test]
    async fn few_places_are_gathered_and_where_there_are_many_nobody_waits_for_another() {
        for lane in Lane::ALL {
            assert_eq!(taken_up(lane, 1).await, 2, "{lane:?}");
        }
        for lane in [Lane::Settle, Lane::Publish] {
            let half = under_way_max(lane) / 2;
            assert_eq!(taken_up(lane, half).await, half, "{lane:?}");
        }
    }
}
