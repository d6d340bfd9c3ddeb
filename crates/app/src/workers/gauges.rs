//! Gauges of what waits, and of how the providers are.

use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::ports::{Operation, PENDING_AGES};

use super::Workers;
use crate::observed::word;
use crate::readiness::{LineState, Readiness};

impl Workers {
    /// Shows how much waits, of every merchant together.
    pub(super) async fn count_waiting(&self) {
        let ports = self.gateway.ports();
        let now = ports.clock.now();
        // A store that does not answer is told of by whoever needs it.
        let Ok(counts) = ports.census.census(now).await else { return };
        for (age, count) in PENDING_AGES.into_iter().zip(counts.pending) {
            metrics::gauge!("mstore_pay_pending_payments", "older_than" => age.as_secs().to_string()).set(shown(count));
        }
        metrics::gauge!("mstore_pay_outbox_waiting").set(shown(counts.messages));
        let age = counts.oldest_message.map(|at| now.since(at)).unwrap_or_default();
        metrics::gauge!("mstore_pay_outbox_oldest_age_seconds").set(age);
        for kind in Misfit::KINDS {
            let count = counts.exceptions.get(kind).copied().unwrap_or_default();
            metrics::gauge!("mstore_pay_exceptions_open", "kind" => kind).set(shown(count));
        }
    }
}

/// Shows how every line to a provider stands, and whether each provider opens anything.
pub(super) fn show_lines(readiness: &Readiness) {
    let lines = readiness.lines();
    for provider in readiness.providers() {
        let mut opening =
            lines.iter().filter(|line| line.provider == provider && line.operation == word(Operation::Open)).peekable();
        let is_down = opening.peek().is_some() && opening.all(LineState::is_open);
        metrics::gauge!("mstore_pay_provider_available", "provider" => provider).set(u8::from(!is_down));
    }
    for line in lines {
        metrics::gauge!(
            "mstore_pay_breaker_level",
            "provider" => line.provider, "account" => line.account, "operation" => line.operation,
            "method" => line.method.unwrap_or("any")
        )
        .set(line.level);
    }
}

/// As many as a gauge shows exactly.
fn shown(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
