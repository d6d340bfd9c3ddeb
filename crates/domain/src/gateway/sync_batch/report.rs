//! What is kept of a payment that a till reported.

use super::book::Terms;
use crate::audit::{Actor, AuditEvent, AuditHead, AuditNote};
use crate::dossier::Dossier;
use crate::ids::PaymentId;
use crate::method::Method;
use crate::money::Money;
use crate::offline::ReportedPayment;
use crate::payment::{CheckLog, Display, Intake, Payment, PaymentDetails, PublicReference, Revision};
use crate::unit_of_work::OfflineWrite;

/// Keeps that a till reported a payment, and puts it on the payment's record.
pub(super) fn link(dossier: &mut Dossier, terms: &Terms<'_>, payment: &PaymentId, receipt_id: Option<&str>) {
    let now = dossier.now();
    let note = AuditNote::new(now, Actor::User(terms.user.clone()), AuditEvent::OfflineReported)
        .with("device", terms.device)
        .with("reference", &terms.item.reference)
        .with("created_at_device", &terms.item.created_at_device);
    let note = match receipt_id {
        Some(receipt_id) => note.with("receipt_id", receipt_id),
        None => note,
    };
    dossier.note(payment, note);
    dossier.work_mut().offline.push(OfflineWrite::Report(ReportedPayment {
        payment: *payment,
        merchant: terms.scope.merchant.clone(),
        device: terms.device.clone(),
        reference: terms.item.reference.clone(),
        receipt_id: receipt_id.map(ToOwned::to_owned),
        created_at_device: terms.item.created_at_device,
        last_sync_at: now,
        sync_attempts: 1,
    }));
}

/// A payment of which nothing is known but the till's word: nobody is shown anything for it, and it waits until the
/// provider tells of its money or a person calls it off.
pub(super) fn unproven(dossier: &Dossier, terms: &Terms<'_>, method: Method, amount: &Money) -> Payment {
    let now = dossier.now();
    let attempts = dossier.payments().count();
    Payment {
        id: terms.payment,
        merchant: terms.scope.merchant.clone(),
        branch: terms.scope.branch.clone(),
        order_code: terms.item.order_code().clone(),
        method,
        amount: amount.clone(),
        attempt: u32::try_from(attempts).unwrap_or(u32::MAX).saturating_add(1),
        details: PaymentDetails { device: Some(terms.device.clone()), ..PaymentDetails::default() },
        created_at: now,
        expires_at: now,
        revision: Revision::NEW,
        intake: Intake::Closed,
        display: Display::Shown,
        reference: PublicReference::Own,
        charges: Vec::new(),
        audit: AuditHead::default(),
        checks: CheckLog::default(),
    }
}
