//! Money: I5, I7, I10.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mstore_pay_domain::event::PaymentEvent;
use mstore_pay_domain::exception::{Misfit, MoneySource};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::time::Timestamp;

use super::{Evidence, Finding};
use crate::rig::Provider;
use crate::rig::ledger::LedgerCharge;

/// The objects of a payment in the provider's books.
fn objects<'a>(by_reference: &BTreeMap<&str, Vec<&'a LedgerCharge>>, payment: &Payment) -> Vec<&'a LedgerCharge> {
    let of = |reference: &str| by_reference.get(reference).cloned().unwrap_or_default();
    payment.charges.iter().flat_map(|charge| of(charge.our_reference.as_str())).collect()
}

/// I5: a payment is paid if, and only if, money of its amount and currency arrived; and since when it did.
pub(super) fn paid_is_what_the_ledger_says(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I5");
    let by_reference = evidence.by_reference();
    for (payment, _) in &evidence.payments {
        let objects = objects(&by_reference, payment);
        let arrived = objects.iter().flat_map(|object| object.fitting().map(|paid| (paid.paid_at, object.provider())));
        let first = arrived.min_by_key(|(at, _)| *at);
        let told = payment.paid_at().map(Timestamp::to_datetime);
        // As fine as the provider writes: milliseconds, or seconds at Midtrans.
        let same = match (first, told) {
            (Some((at, provider)), Some(told)) => instant(at, provider) == instant(told, provider),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        finding.look(same && payment.status().saw_money() == first.is_some(), || {
            format!("{} is {:?} since {told:?}, the ledger says {first:?}", payment.id, payment.status())
        });
    }
    finding
}

/// A time as finely as that provider writes it.
fn instant(at: DateTime<Utc>, provider: Provider) -> i64 {
    match provider {
        Provider::Xendit => at.timestamp_millis(),
        Provider::Midtrans => at.timestamp(),
    }
}

/// How often it was written for the outside that the payment is paid, and for the ledger that it pays its order.
fn told_paid(evidence: &Evidence, payment: &Payment) -> [usize; 2] {
    let told = evidence.told.get(&payment.id).map(Vec::as_slice).unwrap_or_default();
    let is_paid = |event: &&PaymentEvent| **event == PaymentEvent::StatusChanged(PaymentStatus::Paid);
    let verifies = |event: &&PaymentEvent| matches!(event, PaymentEvent::OrderPaid { .. });
    [told.iter().filter(is_paid).count(), told.iter().filter(verifies).count()]
}

/// I7: each receipt took effect once, and the outside and the ledger hear of each payment once that it is paid.
pub(super) fn effects_happened_once(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I7");
    for (payment, records) in &evidence.payments {
        let receipts = payment.receipts().count();
        let field = |fields: &[(String, String)], name: &str| {
            fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let effects = records
            .iter()
            .filter(|record| record.event == "charge_moved")
            .filter(|record| field(&record.fields, "signal").as_deref() == Some("received"))
            .count();
        finding.look(effects == receipts, || format!("{}: {receipts} receipts, {effects} effects", payment.id));
        let (status, told) = (payment.status(), told_paid(evidence, payment));
        let mut funds = payment.charges.iter().filter_map(|charge| charge.state.funds());
        let is_whole = funds.all(|funds| funds.reversals().next().is_none());
        let is_told_once = match status {
            PaymentStatus::Paid if is_whole => told == [1, 1],
            // What went back may never have been told of as paid, and may have been paid anew.
            PaymentStatus::Paid
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Reversed => told.iter().all(|times| *times <= receipts),
            PaymentStatus::Pending | PaymentStatus::Expired | PaymentStatus::Canceled | PaymentStatus::Failed => {
                told == [0, 0]
            }
        };
        finding.look(is_told_once, || format!("{} is {status:?} and was told {told:?} times", payment.id));
    }
    finding
}

/// I10: what was received is what arrived, to the rupiah; what did not fit is an exception, and a second receipt of an
/// order is one as well, cash included.
pub(super) fn sums_agree(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("I10");
    let ledger: i64 = evidence.charges.iter().flat_map(LedgerCharge::fitting).map(|paid| paid.amount * 100).sum();
    let receipts = || evidence.payments.iter().flat_map(|(payment, _)| payment.receipts().map(|(_, receipt)| receipt));
    let received: i64 = receipts().map(|receipt| receipt.money.amount.minor_units()).sum();
    finding.look(ledger == received, || format!("sen arrived {ledger}, received {received}"));
    let misfits = |wanted: &str| {
        evidence.exceptions.iter().any(|exception| match &exception.misfit {
            Misfit::Overpaid { source, .. } | Misfit::Underpaid { source, .. } | Misfit::AccountMismatch { source } => {
                matches!(source, MoneySource::Receipt(receipt) if receipt.to_string() == wanted)
            }
            Misfit::LatePaid { .. }
            | Misfit::Reversed { .. }
            | Misfit::PaidTwice { .. }
            | Misfit::Unmatched { .. }
            | Misfit::PaidAfterVoid { .. }
            | Misfit::FeeOnQris { .. }
            | Misfit::OutcomeUnknown
            | Misfit::RefundFailed { .. } => false,
        })
    };
    for object in &evidence.charges {
        for odd in object.arrived().filter(|paid| object.fitting().all(|fitting| fitting.id != paid.id)) {
            finding.look(misfits(&odd.id), || format!("{} of {} rupiah is no exception", odd.id, odd.amount));
        }
    }
    let mut by_order: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (payment, _) in &evidence.payments {
        let order = (payment.merchant.as_str(), payment.order_code.as_str());
        *by_order.entry(order).or_default() += payment.receipts().count();
    }
    for tender in &evidence.tenders {
        *by_order.entry((tender.merchant.as_str(), tender.order_code.as_str())).or_default() += 1;
    }
    for ((merchant, order), receipts) in by_order {
        let flagged = evidence.exceptions.iter().filter(|exception| {
            matches!(exception.misfit, Misfit::PaidTwice { .. })
                && exception.merchant.as_ref().is_some_and(|known| known.as_str() == merchant)
                && exception.order_code.as_ref().is_some_and(|known| known.as_str() == order)
        });
        let flagged = flagged.count();
        finding.look(flagged == receipts.saturating_sub(1), || {
            format!("{merchant}/{order}: {receipts} receipts, {flagged} flagged as paid twice")
        });
    }
    finding
}
