//! Secrets: I12.

use super::{Evidence, Finding};

/// I12: no secret and no customer is named in a log, a metric or an error.
pub(super) fn no_canary_is_told(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I12");
    for canary in &evidence.canaries {
        finding.look(!evidence.written.contains(canary.as_str()), || format!("{canary} is in the log"));
        finding.look(!evidence.metrics.contains(canary.as_str()), || format!("{canary} is in the metrics"));
        let told = evidence
            .log
            .iter()
            .filter_map(|exchange| exchange.answer())
            .find(|answer| answer.body.contains(canary.as_str()));
        finding.look(told.is_none(), || format!("{canary} was answered: {told:?}"));
    }
    finding
}
