//! Gauges, and forgetting what is over.

use std::time::Duration;

use tokio::time::sleep;

use super::Workers;
use crate::limits::Limits;
use crate::readiness::Readiness;
use crate::telemetry;

const INTERVAL: Duration = Duration::from_secs(5);

impl Workers {
    /// Keeps gauges current until the process is to end.
    pub(super) async fn keep_house(&self, readiness: &Readiness, limits: &Limits) {
        let shutdown = self.tasks.shutdown().clone();
        loop {
            self.count_inbox().await;
            for line in readiness.lines() {
                metrics::gauge!(
                    "mstore_pay_breaker_level",
                    "account" => line.account, "operation" => line.operation, "method" => line.method.unwrap_or("any")
                )
                .set(line.level);
            }
            metrics::gauge!("mstore_pay_tasks").set(u32::try_from(self.tasks.under_way()).unwrap_or(u32::MAX));
            limits.forget_quiet();
            telemetry::metrics().run_upkeep();
            if shutdown.run_until_cancelled(sleep(INTERVAL)).await.is_none() {
                return;
            }
        }
    }

    async fn count_inbox(&self) {
        // A store that does not answer is told of by whoever needs it.
        let Ok(counts) = self.gateway.ports().inbox.counts().await else { return };
        let all = [("open", counts.open), ("done", counts.done), ("parked", counts.parked), ("dead", counts.dead)];
        for (state, count) in all {
            metrics::gauge!("mstore_pay_inbox", "state" => state).set(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}
