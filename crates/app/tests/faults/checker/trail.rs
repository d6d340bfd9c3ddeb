//! The audit trail: I6.

use std::collections::BTreeMap;

use mstore_pay_domain::audit::{AuditRecord, verify_chain};
use mstore_pay_domain::charge::{ChargeStatus, Effect, SignalKind, TRANSITIONS};
use mstore_pay_domain::payment::Payment;

use super::{Evidence, Finding};

/// I6: every trail is gapless and its chain holds; every step is in the table and starts where the last one ended; the
/// charge stands where its trail ends. `audit verify` says the same.
pub(super) fn trails_are_whole(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I6");
    for (payment, records) in &evidence.payments {
        let chain = verify_chain(records, payment.audit);
        finding.look(chain.is_ok(), || format!("{}: {chain:?}", payment.id));
        let told = fold(records);
        for charge in &payment.charges {
            let told = told.get(charge.id.to_string().as_str()).cloned().unwrap_or(Ok(ChargeStatus::Initiated));
            let stands = charge.state.status();
            finding.look(told == Ok(stands), || format!("{}: stands at {stands:?}, told {told:?}", charge_of(payment)));
        }
    }
    finding.look(evidence.audit.0, || format!("audit verify: {}", evidence.audit.1));
    finding
}

fn charge_of(payment: &Payment) -> String {
    format!("a charge of {}", payment.id)
}

/// Where each charge stands after its recorded steps, or the first step that is not allowed.
fn fold(records: &[AuditRecord]) -> BTreeMap<&str, Result<ChargeStatus, String>> {
    let mut ends: BTreeMap<&str, Result<ChargeStatus, String>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.event == "charge_moved") {
        let field = |name: &str| record.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        let end = ends.entry(field("charge")).or_insert(Ok(ChargeStatus::Initiated));
        if let Ok(at) = end {
            *end = step(*at, field("from"), field("to"), field("signal"));
        }
    }
    ends
}

fn step(at: ChargeStatus, from: &str, to: &str, signal: &str) -> Result<ChargeStatus, String> {
    let status = |word: &str| ChargeStatus::ALL.into_iter().find(|status| status.word() == word);
    let kind = SignalKind::ALL.into_iter().find(|kind| kind.word() == signal);
    let refused = || Err(format!("from {at:?}: {from} to {to} on {signal}"));
    let (Some(from), Some(to), Some(kind)) = (status(from), status(to), kind) else { return refused() };
    let allowed = TRANSITIONS.iter().filter(|cell| cell.from == at && cell.on == kind).any(|cell| {
        cell.effects.iter().any(|effect| match effect {
            Effect::MovesTo(target) => *target == to,
            Effect::HoldsMore => at == to,
            Effect::Unchanged | Effect::Stale | Effect::Disputed => false,
        })
    });
    if from == at && allowed { Ok(to) } else { refused() }
}
