//! Pruning: what has been kept for long enough goes, a small batch at a time.

use std::time::Duration;

use tokio::time::sleep;

use super::Workers;
use crate::observed::causes;
use crate::system::random_below;
use crate::tasks::fence;

/// From one look for what is old to the next.
const INTERVAL: Duration = Duration::from_hours(1);
/// Between two batches, so that whoever sells comes first.
const PAUSE: Duration = Duration::from_millis(250);
/// By how much nodes differ.
const JITTER_MILLIS: u64 = 60_000;

impl Workers {
    /// Prunes until the process is to end.
    pub(super) async fn prune(&self) {
        let shutdown = self.tasks.shutdown().clone();
        loop {
            let jitter = Duration::from_millis(random_below(JITTER_MILLIS));
            let pause = match fence("pruning", self.prune_some()).await {
                Ok(true) => PAUSE,
                Ok(false) | Err(_) => self.clock.rest(INTERVAL + jitter),
            };
            if shutdown.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Prunes a batch; whether there may be more.
    async fn prune_some(&self) -> bool {
        match self.gateway.prune().await {
            Ok(pruned) => {
                for (what, rows) in pruned.rows {
                    metrics::counter!("mstore_pay_pruned_total", "what" => what.word()).increment(rows);
                }
                pruned.more
            }
            Err(error) => {
                tracing::warn!(because = causes(&error), "not pruned: {error}");
                false
            }
        }
    }
}
