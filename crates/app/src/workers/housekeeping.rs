//! Gauges, forgetting what is over, another look at what fitted nothing, and the day's anchor.

use std::time::Duration;

use mstore_pay_domain::audit::AuditHead;
use tokio::time::sleep;

use super::Workers;
use super::gauges::show_lines;
use crate::limits::Limits;
use crate::observed::causes;
use crate::readiness::Readiness;
use crate::telemetry;

const INTERVAL: Duration = Duration::from_secs(5);
/// Rounds from one look at parked deliveries to the next: five minutes.
const ROUNDS_PER_REMATCH: u32 = 60;
/// Rounds from one look whether the day has its anchor to the next: a minute.
const ROUNDS_PER_ANCHOR: u32 = 12;

impl Workers {
    /// Keeps gauges current until the process is to end.
    pub(super) async fn keep_house(&self, readiness: &Readiness, limits: &Limits) {
        let shutdown = self.tasks.shutdown().clone();
        let mut round = 0_u32;
        loop {
            if round.is_multiple_of(ROUNDS_PER_ANCHOR) {
                self.anchor_audit().await;
            }
            round = round.wrapping_add(1);
            if round.is_multiple_of(ROUNDS_PER_REMATCH) {
                self.rematch().await;
            }
            self.count_inbox().await;
            self.count_waiting().await;
            show_lines(readiness);
            metrics::gauge!("mstore_pay_tasks").set(u32::try_from(self.tasks.under_way()).unwrap_or(u32::MAX));
            limits.forget_quiet();
            telemetry::metrics().run_upkeep();
            if shutdown.run_until_cancelled(sleep(self.clock.rest(INTERVAL))).await.is_none() {
                return;
            }
        }
    }

    async fn rematch(&self) {
        match self.gateway.rematch().await {
            Ok(0) => {}
            Ok(_) => self.deferred.notify_one(),
            Err(error) => tracing::warn!(because = causes(&error), "parked deliveries were not looked at: {error}"),
        }
    }

    async fn anchor_audit(&self) {
        match self.gateway.anchor_audit().await {
            Ok(None) => {}
            // Whoever keeps the logs elsewhere can tell if anchors are cut off later.
            Ok(Some(AuditHead { seq, digest })) => {
                tracing::info!(seq, %digest, "the audit trail is anchored: {seq}:{digest}");
            }
            Err(error) => tracing::warn!(because = causes(&error), "the audit trail was not anchored: {error}"),
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
