//! Gauges, forgetting what is over, another look at what fitted nothing, what endpoints were not told of, and the day's
//! anchor.

use std::time::Duration;

use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::endpoint::EndpointState;
use tokio::time::sleep;

use super::Workers;
use super::gauges::show_lines;
use crate::limits::Limits;
use crate::observed::causes;
use crate::readiness::Readiness;
use crate::tasks::fence;
use crate::telemetry;

const INTERVAL: Duration = Duration::from_secs(5);
/// Rounds from one look at parked deliveries to the next: five minutes.
const ROUNDS_PER_REMATCH: u32 = 60;
/// Rounds from one look whether the day has its anchor to the next: a minute.
const ROUNDS_PER_ANCHOR: u32 = 12;
/// Rounds from one look whether all reports of tills are counted to the next: an hour. A gateway that counts none goes
/// with the end of a rolling update.
const ROUNDS_PER_RECOUNT: u32 = 720;

/// Does one thing of a turn. A panic in it ends neither the turn nor those that come.
async fn errand(what: &'static str, work: impl Future<Output = ()>) {
    // Counted where it is caught.
    let _contained = fence(what, work).await;
}

impl Workers {
    /// Keeps gauges current until the process is to end.
    pub(super) async fn keep_house(&self, readiness: &Readiness, limits: &Limits) {
        let shutdown = self.tasks.shutdown().clone();
        let mut round = 0_u32;
        loop {
            if round.is_multiple_of(ROUNDS_PER_ANCHOR) {
                errand("anchoring the audit trail", self.anchor_audit()).await;
            }
            round = round.wrapping_add(1);
            if round.is_multiple_of(ROUNDS_PER_REMATCH) {
                errand("looking at parked webhooks", self.rematch()).await;
            }
            if round.is_multiple_of(ROUNDS_PER_RECOUNT) {
                errand("counting tills anew", self.recount_tills()).await;
            }
            errand("counting webhooks", self.count_inbox()).await;
            errand("spreading what was missed", self.spread_missed()).await;
            errand("counting events", self.count_backlog()).await;
            errand("counting what waits", self.count_waiting()).await;
            errand("upkeep", async {
                show_lines(readiness);
                metrics::gauge!("mstore_pay_tasks").set(u32::try_from(self.tasks.under_way()).unwrap_or(u32::MAX));
                limits.forget_quiet();
                telemetry::metrics().run_upkeep();
            })
            .await;
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

    async fn recount_tills(&self) {
        match self.gateway.ports().offline.recount().await {
            Ok(0) => {}
            Ok(tills) => tracing::info!(tills, "how far {tills} tills came was counted anew"),
            Err(error) => tracing::warn!(because = causes(&error), "tills were not counted anew: {error}"),
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

    async fn spread_missed(&self) {
        if let Err(error) = self.teller.spread_missed().await {
            tracing::warn!(because = causes(&error), "what endpoints were not told of was not spread: {error}");
        }
    }

    async fn count_backlog(&self) {
        let Ok(backlog) = self.teller.dispatches.backlog().await else { return };
        let age = backlog.oldest.map(|oldest| self.teller.clock.now().since(oldest)).unwrap_or_default();
        metrics::gauge!("mstore_pay_dispatches_waiting").set(u32::try_from(backlog.waiting).unwrap_or(u32::MAX));
        metrics::gauge!("mstore_pay_dispatches_oldest_age_seconds").set(age);
        for state in EndpointState::ALL {
            let known = backlog.endpoints.iter().find(|(of, _)| *of == state);
            let count = known.map_or(0, |(_, count)| u32::try_from(*count).unwrap_or(u32::MAX));
            metrics::gauge!("mstore_pay_endpoints", "state" => state.word()).set(count);
        }
    }

    async fn count_inbox(&self) {
        // A store that does not answer is told of by whoever needs it.
        let Ok(counts) = self.gateway.ports().inbox.counts().await else { return };
        let all = [("open", counts.open), ("parked", counts.parked), ("dead", counts.dead)];
        for (state, count) in all {
            metrics::gauge!("mstore_pay_inbox", "state" => state).set(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_errand_that_panics_keeps_no_other_from_being_run() {
        let mut run = Vec::new();
        for turn in 0..2 {
            errand("a test", async { assert_eq!(turn, 1, "on purpose") }).await;
            errand("a test", async { run.push(turn) }).await;
        }
        assert_eq!(run, [0, 1]);
    }
}
