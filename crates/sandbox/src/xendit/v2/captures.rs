//! `/payment_requests/{id}/captures`: taking what a card's bank has set aside.

use chrono::{DateTime, Utc};

use super::{look, view};
use crate::faults::Lie;
use crate::ledger::{Books, Charge, Payment, PaymentOutcome};
use crate::sandbox::{Pen, Sandbox};
use crate::xendit::answer::Refusal;
use crate::xendit::body::Body;
use crate::xendit::desk::Call;

/// Takes the money, once.
pub(super) fn take(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    id: &str,
    body: &Body,
    now: DateTime<Utc>,
) -> Result<(Charge, Payment), Refusal> {
    let charge = look(pen, call, id)?.clone();
    let payment = authorized(pen, &charge)
        .ok_or_else(|| Refusal::new(400, "OPERATION_NOT_ALLOWED", "Nothing is set aside for the payment request."))?
        .clone();
    let amount = body.amount("capture_amount").ok_or_else(|| Refusal::field("capture_amount", "must be a number"))?;
    if amount > payment.amount || !amount.is_positive() {
        return Err(Refusal::new(400, "EXCEEDS_CAPTURABLE_AMOUNT", "The amount is not within what was set aside."));
    }
    sandbox.capture(pen, &charge, &payment.id, amount, now);
    let payment = pen.payment(&payment.id).cloned().ok_or_else(Refusal::not_found)?;
    Ok((look(pen, call, id)?.clone(), payment))
}

/// The captures of a request: none, or one.
pub(super) fn list(books: &Books, charge: &Charge, business_id: &str, lie: &Lie) -> String {
    let taken = books.payments_of(&charge.id).filter(|payment| payment.captured_at.is_some());
    let data = taken.map(|payment| view::CaptureView::new(charge, payment, business_id, lie)).collect();
    view::page(data, false, lie)
}

fn authorized<'a>(books: &'a Books, charge: &Charge) -> Option<&'a Payment> {
    books.payments_of(&charge.id).find(|payment| payment.outcome == PaymentOutcome::Authorized)
}
