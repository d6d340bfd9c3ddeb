//! Work: I4 and I11, and the file itself.

use std::collections::BTreeSet;

use mstore_pay_domain::charge::{Opening, Risk};
use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::payment::Intake;

use super::{Evidence, Finding};
use crate::rig::Provider;
use crate::rig::ledger::Delivery;
use crate::till::Exchange;

/// The bodies of all webhooks that were answered 200, whoever sent them, by provider.
pub(super) fn acknowledged(deliveries: &[Delivery], log: &[Exchange]) -> BTreeSet<(String, String)> {
    let from_sandbox = deliveries.iter().filter(|delivery| delivery.answer == Some(200));
    let from_tests = log.iter().filter(|exchange| exchange.status() == 200).filter_map(|exchange| {
        let provider = Provider::of_path(&exchange.path)?;
        Some((provider.word().to_owned(), exchange.sent.clone().unwrap_or_default()))
    });
    from_sandbox.map(|delivery| (delivery.provider.clone(), delivery.body.get().to_owned())).chain(from_tests).collect()
}

/// I4: every webhook answered 2xx is in the inbox, byte for byte, and none there waits any more: not in a gateway that
/// lives, and not in the end.
pub(super) fn webhooks_are_dealt_with(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I4");
    for (body, kept) in &evidence.acknowledged {
        finding.look(*kept, || format!("acknowledged and not in the inbox: {body}"));
    }
    if let Some(left) = evidence.rest.left_alive {
        finding.look(left == 0, || format!("{left} webhooks were left waiting by gateways that live"));
    }
    let inbox = evidence.inbox;
    if inbox.open > 0 || inbox.dead > 0 {
        finding.broken.push(format!("not dealt with: {inbox:?}"));
    }
    finding
}

/// I11: no payment still waits for a charge to be opened, and no charge that counts is unanswered, but for pushes of
/// which nobody can know and that are before a person. A gateway that lives needs no other start for that.
pub(super) fn nothing_is_left_open(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I11");
    for cut_off in evidence.rest.cut_off.iter().filter(|_| evidence.rest.left_alive.is_some()) {
        finding.look(false, || format!("{cut_off} was still being opened when the gateways were killed"));
    }
    for (payment, _) in &evidence.payments {
        finding.look(payment.intake == Intake::Closed, || format!("{} is still being opened", payment.id));
        for charge in payment.charges.iter().filter(|charge| !charge.is_hidden()) {
            let answered = !matches!(charge.opening, Opening::Intended | Opening::Unknown { .. });
            let looked_after = || {
                evidence
                    .exceptions
                    .iter()
                    .any(|exception| exception.misfit == Misfit::OutcomeUnknown && exception.charge == Some(charge.id))
            };
            let is_push = charge.risk == Risk::Pushed;
            finding.look(answered || (is_push && looked_after()), || format!("{} is unanswered", charge.our_reference));
        }
    }
    finding
}

/// I14: the database finds nothing wrong with itself.
pub(super) fn the_file_is_sound(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I14");
    finding.look(evidence.unsound.is_empty(), || evidence.unsound.join("; "));
    finding
}
