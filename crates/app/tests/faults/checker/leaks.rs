//! Secrets: I12.

use super::{Evidence, Finding};

/// I12: no secret and no customer is named in a log, a metric or an error, and no secret is stored.
pub(super) fn no_canary_is_told(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I12");
    let stored = String::from_utf8_lossy(&evidence.stored);
    for canary in &evidence.canaries {
        finding.look(!evidence.written.contains(canary.as_str()), || format!("{canary} is in the log"));
        // What the customer told us is stored, of course.
        let is_secret = !canary.contains('@');
        // A webhook is kept as it came, with the card's token where the provider wrote it into it.
        let is_received = evidence.acknowledged.iter().any(|(body, _)| body.contains(canary.as_str()));
        let stored = is_secret && !is_received && stored.contains(canary.as_str());
        finding.look(!stored, || format!("{canary} is in the store"));
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
