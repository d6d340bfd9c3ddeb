//! Objects at the provider: I2 and I3.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use mstore_pay_domain::audit::AuditRecord;
use mstore_pay_domain::charge::{Charge, Opening};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::schedule;
use serde_json::Value;

use super::{Evidence, Finding};
use crate::rig::ledger::LedgerCharge;
use crate::till::{Exchange, shown};

/// By how much the end of a watch may come before the end of its object, which began its life after the intent to open
/// it: time may run faster, and what is dead is asked about for a week more.
const OUTLIVED_BY_MAX: TimeDelta = TimeDelta::hours(1);

/// I2: every object of the ledger belongs to exactly one charge of ours, under its own reference and amount; every
/// charge that says it was opened has its object.
pub(super) fn every_object_is_ours(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I2");
    let objects = evidence.by_reference();
    let charges = || {
        evidence.payments.iter().flat_map(|(payment, _)| payment.charges.iter().map(move |charge| (payment, charge)))
    };
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, charge) in charges() {
        *owners.entry(charge.our_reference.as_str()).or_default() += 1;
    }
    for (reference, namesakes) in &objects {
        let owned = owners.get(reference).copied().unwrap_or_default();
        finding.look(owned == 1 && namesakes.len() == 1, || {
            format!("{reference} names {} objects and {owned} charges", namesakes.len())
        });
    }
    for (payment, charge) in charges() {
        let object = objects.get(charge.our_reference.as_str()).and_then(|namesakes| namesakes.first());
        let told = charge.provider_ref().map(ToString::to_string);
        let fits = |object: &&&LedgerCharge| {
            told.as_ref().is_none_or(|id| *id == object.id)
                && object.amount * 100 == payment.amount.minor_units()
                && object.order_code.as_deref() == Some(payment.order_code.as_str())
        };
        let holds = match &charge.opening {
            Opening::Opened(_) | Opening::Found { .. } => object.as_ref().is_some_and(fits),
            Opening::Intended | Opening::Unknown { .. } | Opening::Refused { .. } => {
                object.is_none() || object.as_ref().is_some_and(fits)
            }
        };
        finding.look(holds, || format!("charge {} of {} does not fit {object:?}", charge.our_reference, payment.id));
    }
    finding
}

/// One QR code on one screen, as long as it could be paid.
struct Display {
    object: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// I3: per order at most one object at a time is on a screen and can be paid.
pub(super) fn one_shown_and_payable(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I3");
    for (order, displays) in displays(evidence) {
        for (index, display) in displays.iter().enumerate() {
            let rival = displays[index + 1..].iter().find(|later| later.from < display.until);
            finding.look(rival.is_none(), || {
                let rival = rival.map(|rival| (&rival.object, rival.from));
                format!("{order:?}: {} is shown and payable until {}, {rival:?}", display.object, display.until)
            });
        }
    }
    finding
}

/// I3: every charge that was put aside unseen is on record as that, with the time until which the provider may take
/// money for it, and is watched as long as its object can be paid.
pub(super) fn hidden_are_watched(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I3 hidden");
    let objects = evidence.by_reference();
    for (payment, records) in &evidence.payments {
        for charge in payment.charges.iter().filter(|charge| charge.is_hidden()) {
            let object = objects.get(charge.our_reference.as_str()).and_then(|namesakes| namesakes.first());
            let holds = is_on_record(records, charge) && is_watched(payment, charge, object.copied());
            finding.look(holds, || {
                let dies = schedule::watch_ends(payment, charge);
                format!("{} is hidden and watched until {dies:?}: {object:?}", charge.our_reference)
            });
        }
    }
    finding
}

fn is_on_record(records: &[AuditRecord], charge: &Charge) -> bool {
    let named = ("charge".to_owned(), charge.id.to_string());
    records.iter().any(|record| record.event == "charge_hidden" && record.fields.contains(&named))
}

/// Whether its time of death is known, and is no earlier than that of its object.
fn is_watched(payment: &Payment, charge: &Charge, object: Option<&LedgerCharge>) -> bool {
    match (schedule::watch_ends(payment, charge), object) {
        (Some(dies), Some(object)) => object.payable_until <= dies.to_datetime() + OUTLIVED_BY_MAX,
        (Some(_), None) => true,
        // The provider certainly does not have it.
        (None, object) => object.is_none(),
    }
}

/// What was shown of each order, in the order in which it first appeared.
fn displays(evidence: &Evidence) -> BTreeMap<(String, String), Vec<Display>> {
    let by_qr: BTreeMap<&str, &LedgerCharge> =
        evidence.charges.iter().map(|charge| (charge.artefact.as_str(), charge)).collect();
    let mut displays: BTreeMap<(String, String), Vec<Display>> = BTreeMap::new();
    let mut answers: Vec<&Exchange> = evidence.log.iter().collect();
    answers.sort_by_key(|exchange| exchange.answered_at);
    for exchange in answers {
        let data = exchange.data();
        let Some(shown) = shown(exchange).filter(|_| data["status"] == "pending") else { continue };
        let Some(object) = by_qr.get(shown.qr.as_str()) else { continue };
        let order = (exchange.merchant.clone(), data["order_code"].as_str().unwrap_or_default().to_owned());
        let of_order = displays.entry(order).or_default();
        if of_order.iter().all(|display| display.object != object.id) {
            let until = payable_until(evidence, object, &data);
            of_order.push(Display { object: object.id.clone(), from: shown.at, until });
        }
    }
    displays
}

/// Until when it could be paid while it was on the screen.
fn payable_until(evidence: &Evidence, object: &LedgerCharge, told: &Value) -> DateTime<Utc> {
    let withdrawn: Option<DateTime<Utc>> = told["expires_at"].as_str().and_then(|text| text.parse().ok());
    let closed = evidence.calls.iter().find(|call| call.closes() == Some(&object.id) && call.status == Some(200));
    let paid = object.arrived().map(|payment| payment.paid_at).min();
    [Some(object.payable_until), withdrawn, closed.map(|call| call.at), paid]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(object.payable_until)
}
