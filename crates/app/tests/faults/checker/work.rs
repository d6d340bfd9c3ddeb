//! Work: I4 and I11, and the file itself.

use std::collections::BTreeSet;

use mstore_pay_domain::charge::Opening;
use mstore_pay_domain::payment::Intake;

use super::{Evidence, Finding};

/// I4: every webhook answered 2xx is in the inbox, and none there waits any more.
pub(super) fn webhooks_are_dealt_with(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I4");
    let from_sandbox = evidence.deliveries.iter().map(|delivery| (delivery.answer, delivery.body.get()));
    let from_tests = evidence.log.iter().filter(|exchange| exchange.path.starts_with("/api/v1/webhook/"));
    let from_tests = from_tests.map(|exchange| (Some(exchange.status()), exchange.sent.as_deref().unwrap_or_default()));
    let sent: Vec<(Option<u16>, &str)> = from_sandbox.chain(from_tests).collect();
    let acknowledged: BTreeSet<&str> =
        sent.iter().filter(|(answer, _)| *answer == Some(200)).map(|(_, body)| *body).collect();
    let told: BTreeSet<&str> = sent.iter().map(|(_, body)| *body).collect();
    let inbox = evidence.inbox;
    let kept = inbox.open + inbox.done + inbox.parked + inbox.dead;
    let count = |set: &BTreeSet<&str>| u64::try_from(set.len()).expect("a count");
    finding.n = acknowledged.len();
    if kept < count(&acknowledged) || kept > count(&told) {
        finding.broken.push(format!("{} acknowledged of {} told, {inbox:?}", acknowledged.len(), told.len()));
    }
    if inbox.open > 0 || inbox.dead > 0 {
        finding.broken.push(format!("not dealt with: {inbox:?}"));
    }
    finding
}

/// I11: no payment still waits for a charge to be opened, and no charge that counts is unanswered.
pub(super) fn nothing_is_left_open(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I11");
    for (payment, _) in &evidence.payments {
        finding.look(payment.intake == Intake::Closed, || format!("{} is still being opened", payment.id));
        for charge in payment.charges.iter().filter(|charge| !charge.is_hidden()) {
            let answered = !matches!(charge.opening, Opening::Intended | Opening::Unknown { .. });
            finding.look(answered, || format!("{} is unanswered", charge.our_reference));
        }
    }
    finding
}

/// I14: SQLite finds nothing wrong with the file.
pub(super) fn the_file_is_sound(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I14");
    finding.look(evidence.unsound.is_empty(), || evidence.unsound.join("; "));
    finding
}
