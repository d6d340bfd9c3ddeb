//! `POST /v3/payment_requests/{id}/cancel`.

use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::look;
use crate::config::XenditAccount;
use crate::ledger::{Charge, ChargeStatus, Entry};
use crate::sandbox::Pen;

/// Cancels an open payment request; any other is refused.
pub(super) fn cancel(
    pen: &mut Pen<'_>,
    account: &XenditAccount,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    match look::payment_request(pen, account, id)?.status {
        // What goes to a customer's phone or card cannot be called back: unconfirmed, and the safer guess.
        ChargeStatus::Open => {}
        ChargeStatus::Authorized
        | ChargeStatus::Paid
        | ChargeStatus::Failed
        | ChargeStatus::Canceled
        | ChargeStatus::Expired => {
            return Err(Refusal::inactive());
        }
    }
    pen.record(&Entry::Moved { charge_id: id.to_owned(), status: ChargeStatus::Canceled, at: now });
    look::payment_request(pen, account, id).cloned()
}
