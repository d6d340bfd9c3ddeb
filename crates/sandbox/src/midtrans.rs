//! Midtrans, as far as this sandbox plays it: the Core API, Snap and its page, and the notifications of both.
//!
//! Shapes, limits and messages follow Midtrans' public documents and recorded traffic of its sandbox. What no source
//! says, or sources disagree on, is marked "unconfirmed" where it is decided.

mod about;
mod answer;
mod auth;
mod card;
mod change;
mod channels;
mod charge;
mod desk;
mod idempotency;
mod letter;
mod look;
mod perform;
mod picture;
mod refund;
mod route;
mod snap;
mod state;
mod time;
mod view;

pub(crate) use desk::serve;
pub(crate) use letter::{letter, retry_gaps_minutes};
pub(crate) use snap::{pick_first, picked};

use chrono::{DateTime, Utc};

use crate::id;
use crate::ledger::{Books, Charge, PaymentOutcome};

/// The id of a payment is that of its transaction; what came to nothing has none that anybody hears of.
pub(crate) fn payment_id(charge: &Charge, outcome: &PaymentOutcome) -> String {
    match outcome {
        PaymentOutcome::Succeeded | PaymentOutcome::Authorized | PaymentOutcome::Released => charge.id.clone(),
        PaymentOutcome::Failed { .. } => id::prefixed(""),
    }
}

/// When money that came at `now` on a card is settled; everything else is at once.
pub(crate) fn settled_later(charge: &Charge, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    state::is_card(charge).then(|| time::settled(now))
}

/// Midtrans' word for where a transaction stands.
pub(crate) fn status(books: &Books, charge: &Charge, now: DateTime<Utc>) -> &'static str {
    state::State::of(books, charge, now).word()
}
