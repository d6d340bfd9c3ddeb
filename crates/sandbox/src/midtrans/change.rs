//! What a merchant does to a transaction after it was opened, refunds aside.

use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::desk::Call;
use super::look;
use super::state::State;
use crate::body::Body;
use crate::ledger::{Charge, ChargeStatus, Entry, Event, Fraud};
use crate::money::{Telling, forget_settlement};
use crate::sandbox::{Pen, Sandbox};

/// One change that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Cancel,
    Expire,
    Approve,
    Deny,
    Capture,
}

impl Change {
    /// The `status_code` and `status_message` of success. What has expired says so by its code as well.
    pub(super) fn done(self) -> (u16, &'static str) {
        match self {
            Self::Cancel => (200, "Success, transaction is canceled"),
            Self::Expire => (407, "Success, transaction has expired"),
            Self::Approve => (200, "Success, transaction is approved"),
            Self::Deny => (200, "Success, transaction is denied"),
            Self::Capture => (200, "Success, Credit Card capture transaction is successful"),
        }
    }

    fn suits(self, state: State) -> bool {
        match self {
            // One that waits for the merchant's word is authorised at the bank as well.
            Self::Cancel => {
                matches!(state, State::Pending | State::Authorize | State::Capture | State::Challenge)
            }
            Self::Expire => state == State::Pending,
            Self::Approve | Self::Deny => state == State::Challenge,
            Self::Capture => state == State::Authorize,
        }
    }
}

/// Carries the change out, or says why not. The transaction comes back as it is then.
pub(super) fn apply(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    id: &str,
    asked: Change,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let charge = look::transaction(pen, call.merchant, id)?.clone();
    let state = State::of(pen, &charge, now);
    if !asked.suits(state) {
        return Err(Refusal::unchangeable());
    }
    let charge_id = charge.id.clone();
    match asked {
        Change::Cancel if state == State::Pending => {
            pen.record(&Entry::Moved { charge_id, status: ChargeStatus::Canceled, at: now });
            sandbox.tell(pen, &charge, Event::Canceled, None, Telling::Planned, now);
        }
        Change::Cancel => give_back(sandbox, pen, &charge, now),
        Change::Expire => sandbox.expire(pen, &charge, Telling::Planned, now),
        Change::Approve => {
            pen.record(&Entry::Judged { charge_id, fraud: Fraud::Accept, at: now });
            take(sandbox, pen, call, &charge, now)?;
        }
        Change::Deny => {
            pen.record(&Entry::Judged { charge_id, fraud: Fraud::Deny, at: now });
            // Answered with `cancel` in 2021, documented with `deny`.
            give_back(sandbox, pen, &charge, now);
        }
        Change::Capture => take(sandbox, pen, call, &charge, now)?,
    }
    look::transaction(pen, call.merchant, &charge.id).cloned()
}

/// The transaction that the body of a capture names.
pub(super) fn named(body: &[u8]) -> Result<String, Refusal> {
    Body::read(body)
        .ok()
        .and_then(|body| body.text("transaction_id"))
        .ok_or_else(|| Refusal::invalid(vec!["transaction_id is required".to_owned()]))
}

/// Takes what was set aside: all of it, or the `gross_amount` of the body.
fn take(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    charge: &Charge,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let payment = pen.payment(&charge.id).ok_or_else(Refusal::unchangeable)?.clone();
    let asked = Body::read(call.body).ok().and_then(|body| body.decimal("gross_amount"));
    let amount = asked.unwrap_or_else(|| payment.amount.clone());
    if !amount.is_positive() || amount > payment.amount {
        let wrong = "gross_amount must be greater than 0 and not above the authorized amount";
        return Err(Refusal::invalid(vec![wrong.to_owned()]));
    }
    sandbox.capture(pen, charge, &payment.id, amount, now);
    Ok(())
}

/// Gives back what was set aside, or taken and not yet settled.
fn give_back(sandbox: &Sandbox, pen: &mut Pen<'_>, charge: &Charge, now: DateTime<Utc>) {
    pen.record(&Entry::Released { payment_id: charge.id.clone(), at: now });
    forget_settlement(pen, charge);
    sandbox.tell(pen, charge, Event::Canceled, Some(&charge.id), Telling::Planned, now);
}
