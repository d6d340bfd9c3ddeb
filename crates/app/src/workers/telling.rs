//! Telling endpoints of events: as many at once as there are places, which neither one slow endpoint nor a
//! merchant of slow ones ever takes all of.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::endpoints::{EventTeller, Told};
use mstore_pay_domain::ports::{LeasedDispatch, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::Workers;
use super::lane::{GATHERED_FOR, places};
use crate::observed::causes;
use crate::system::random_below;
use crate::tasks::fence;

const WHAT: &str = "telling an endpoint";
/// Calls to endpoints that are under way at once.
const UNDER_WAY_MAX: usize = 16;
/// Pause when there is nothing to tell and nobody rings.
const PAUSE: Duration = Duration::from_secs(1);
/// By how much pauses differ, so that nodes do not march in step.
const JITTER_MILLIS: u64 = 250;

impl Workers {
    /// Tells endpoints until the process is to end.
    pub(super) async fn tell_endpoints(&self) {
        let room = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        let shutdown = self.tasks.shutdown().clone();
        while !shutdown.is_cancelled() {
            let Some(places) = shutdown.run_until_cancelled(places(&room)).await else { return };
            let jitter = Duration::from_millis(random_below(JITTER_MILLIS));
            let pause = match fence(WHAT, self.tell(places)).await {
                // Of an endpoint's next events none is due before those under way are over.
                Ok(Some(taken)) if taken > 0 => self.clock.rest(PAUSE / 10),
                Ok(Some(_) | None) | Err(_) => self.clock.rest(PAUSE) + jitter,
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.feed.published() => sleep(GATHERED_FOR).await,
                () = sleep(pause) => {}
            }
        }
    }

    /// Takes events up and sets them going, one in each place; how many there were, `None` if that cannot be told.
    async fn tell(&self, places: Vec<OwnedSemaphorePermit>) -> Option<usize> {
        let limit = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let dispatches = match self.teller.take_up(limit).await {
            Ok(dispatches) => dispatches,
            Err(error) => {
                tracing::error!(because = causes(&error), "{WHAT}: {error}");
                return None;
            }
        };
        let taken = dispatches.len();
        for (leased, place) in dispatches.into_iter().zip(places) {
            let teller = self.teller.clone();
            self.tasks.spawn(WHAT, async move {
                let _place = place;
                tell(&teller, &leased).await;
            });
        }
        Some(taken)
    }
}

async fn tell(teller: &EventTeller, leased: &LeasedDispatch) {
    let (endpoint, message) = (leased.endpoint.id, leased.message.id);
    let result = match teller.tell(leased).await {
        Ok(Told::Arrived) => "arrived",
        Ok(Told::SetBack { error }) => {
            tracing::info!(%endpoint, %message, because = causes(&error), "{error}: {endpoint} is told again");
            "set_back"
        }
        Ok(Told::Disabled { state, error }) => {
            let word = state.word();
            metrics::counter!("mstore_pay_endpoints_disabled_total", "why" => word).increment(1);
            tracing::warn!(
                %endpoint, merchant = %leased.endpoint.merchant, state = word, because = causes(&error),
                "endpoint {endpoint} is told no more ({word}) until its owner enables it"
            );
            "disabled"
        }
        Err(error) => {
            failed(&error);
            "error"
        }
    };
    metrics::counter!("mstore_pay_dispatches_total", "result" => result).increment(1);
}

fn failed(error: &StoreError) {
    tracing::error!(because = causes(error), "{WHAT}: {error}");
}
