//! What clients were told: I1, I8, I9, I13.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Evidence, Finding, Licence};
use crate::rig::ledger::Delivery;
use crate::till::{Answer, Exchange, on_screen};

/// I1: every create answered 2xx is stored with that reference, amount and order, and the QR code that was told is
/// that of the object of that name.
pub(super) fn acknowledged_is_stored(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I1");
    for create in evidence.log.iter().filter(|exchange| exchange.is_create() && (200..300).contains(&exchange.status()))
    {
        finding.look(is_stored(evidence, create), || format!("not stored as told: {:?}", create.outcome));
    }
    finding
}

fn is_stored(evidence: &Evidence, create: &Exchange) -> bool {
    let told = create.data();
    let asked: Value = create.sent.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    let Some((stored, _)) = evidence.payments.iter().find(|(payment, _)| told["payment_id"] == payment.id.to_string())
    else {
        return false;
    };
    let same_content = told["order_code"] == asked["order_code"]
        && told["amount"] == asked["amount"]
        && asked["order_code"] == stored.order_code.as_str()
        && asked["amount"].as_i64().map(|rupiah| rupiah * 100) == Some(stored.amount.minor_units())
        && create.merchant == stored.merchant.as_str();
    let Some(qr) = on_screen(&told) else { return same_content };
    let object = told["reference_id"].as_str().and_then(|id| {
        // A payment whose first answer was no 200 goes by our own id.
        evidence.object(id).or_else(|| evidence.charges.iter().find(|charge| charge.artefact == qr))
    });
    same_content
        && object.is_some_and(|object| {
            object.artefact == qr
                && stored.charges.iter().any(|charge| charge.our_reference.as_str() == object.reference)
        })
}

/// I8: what was stored under a key is given again byte for byte.
pub(super) fn replays_are_identical(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I8");
    let mut by_key: BTreeMap<(&str, &str, &str), Vec<&Answer>> = BTreeMap::new();
    for exchange in evidence.log.iter().filter(|exchange| exchange.is_create()) {
        if let (Some(key), Some(answer)) = (&exchange.key, exchange.answer()) {
            let sent = exchange.sent.as_deref().unwrap_or_default();
            by_key.entry((&exchange.merchant, key, sent)).or_default().push(answer);
        }
    }
    for ((_, key, _), answers) in by_key {
        // After a 202 the answer is that of the moment, which may move.
        if answers.iter().any(|answer| answer.status == 202) {
            continue;
        }
        let mut stored = answers.iter().filter(|answer| answer.status == 200);
        let Some(first) = stored.next() else { continue };
        for again in stored {
            finding.look(again.body == first.body && again.replayed, || {
                format!("key {key}: {:?} and then {:?}", first.body, again)
            });
        }
    }
    finding
}

/// I9: no answer to one merchant names what belongs to another.
pub(super) fn tenants_are_apart(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I9");
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (payment, _) in &evidence.payments {
        let names = payment.charges.iter().flat_map(|charge| {
            let known = charge.provider_refs().map(ToString::to_string);
            known.chain([charge.our_reference.to_string()]).collect::<Vec<_>>()
        });
        for name in names.chain([payment.id.to_string()]) {
            owners.entry(name).or_default().insert(payment.merchant.as_str());
        }
    }
    for exchange in &evidence.log {
        let Some(answer) = exchange.answer() else { continue };
        let foreign = answer
            .body
            .split(|character: char| !(character.is_ascii_alphanumeric() || "-_~.".contains(character)))
            .find(|word| owners.get(*word).is_some_and(|owners| !owners.contains(exchange.merchant.as_str())));
        // A test may ask for what is another's, and the path of a request is its own.
        let foreign = foreign.filter(|word| !exchange.path.contains(word));
        finding
            .look(foreign.is_none(), || format!("{} was told of {foreign:?} by {}", exchange.merchant, exchange.path));
    }
    finding
}

/// What a gateway of tens of MiB may keep beside a tenth of it: its caches and its allocator's.
const MEMORY_KIB_FLOOR: u64 = 48 * 1024;
/// Connections that its clients, and it itself, keep open for the next request.
const DESCRIPTORS_FLOOR: u64 = 96;

/// I13: nothing but 502, 503 and 504 above 499, to tills and to providers, every failure that a till hears of a problem
/// document, no panic, and what the gateway holds of the machine is back where it was.
pub(super) fn no_five_hundred(evidence: &Evidence, licence: Licence) -> Finding {
    let mut finding = Finding::new("I13");
    let is_allowed = |status: u16| status < 500 || (502..=504).contains(&status) || licence.panics;
    for Delivery { provider, event, charge_id, answer, .. } in &evidence.deliveries {
        let Some(status) = answer else { continue };
        finding.look(is_allowed(*status), || format!("{event} of {charge_id} of {provider} was answered {status}"));
    }
    for exchange in &evidence.log {
        let Some(answer) = exchange.answer() else { continue };
        finding.look(is_allowed(answer.status), || format!("{} {} answered {answer:?}", exchange.verb, exchange.path));
        if answer.status >= 400 && !licence.panics {
            let problem = answer.content_type.starts_with("application/problem+json");
            finding.look(problem, || format!("{} {} is no problem: {answer:?}", exchange.verb, exchange.path));
        }
    }
    let within = |now: u64, fresh: u64, floor: u64| now <= fresh + (fresh / 10).max(floor);
    for (fresh, now) in &evidence.holdings {
        let at_baseline = within(now.kib, fresh.kib, MEMORY_KIB_FLOOR)
            && within(now.descriptors, fresh.descriptors, DESCRIPTORS_FLOOR);
        finding.look(at_baseline, || format!("a gateway held {fresh:?} when it was ready and holds {now:?} at rest"));
    }
    if !licence.panics {
        finding.look(!evidence.written.contains("panicked"), || "the gateway panicked: see its log".to_owned());
        // Counted from the first one on.
        let mut panics = evidence.metrics.lines().filter(|line| line.starts_with("mstore_pay_panics_total"));
        let counted = panics.find(|line| !line.ends_with(" 0"));
        finding.look(counted.is_none(), || format!("the panic counter: {counted:?}"));
    }
    finding
}
