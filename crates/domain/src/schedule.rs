//! When to look at a payment next: pure policy, derived from its state, so that no lost timer loses a payment.

use std::time::Duration;

use crate::charge::{Charge, Closing, Opening, Risk};
use crate::ids::{ChargeId, PaymentId};
use crate::payment::{Display, Intake, Payment, PaymentStatus, Withdrawal};
use crate::time::Timestamp;
use crate::unit_of_work::Due;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// How long an opening is nobody else's business: the whole create and a margin.
pub const OPENING_LEASE: Duration = seconds(15);
/// Between the end of display and the question that ends a payment.
pub const EXPIRY_GRACE: Duration = seconds(60);
/// How long a customer has to approve a push, at the longest (OVO, and a bank that asks about a card).
pub const PUSH_WINDOW: Duration = seconds(75);
/// How long a charge is still asked about, once a day, and asked to be closed, after it can no longer be paid.
pub const DEAD_WATCH: Duration = seconds(7 * 24 * 3_600);
/// Between two asks to close a charge, at most.
const CLOSE_RETRY_MAX: Duration = seconds(3_600);
const DAILY: Duration = seconds(24 * 3_600);

/// Age up to which a pending payment is asked about again after so long, at the soonest.
const PENDING_STEPS: [(Duration, Duration); 4] = [
    (seconds(120), seconds(10)),
    (seconds(600), seconds(30)),
    (seconds(3_600), seconds(120)),
    (Duration::MAX, seconds(900)),
];
/// Ages at which money is looked for on a push whose opening was not answered.
const PUSH_LOOKS: [Duration; 5] = [seconds(5), seconds(15), seconds(30), seconds(60), PUSH_WINDOW];
/// Between two such looks afterwards, until one of them is answered.
const PUSH_LOOK_AGAIN: Duration = seconds(15);
/// Age up to which an ended but still payable charge is asked about again after so long, at the soonest.
const WATCH_STEPS: [(Duration, Duration); 3] =
    [(seconds(600), seconds(60)), (seconds(3_600), seconds(300)), (Duration::MAX, seconds(3_600))];
/// What a pause between looks is drawn out by at the most: so large a part of it, and no longer than that. What a till is
/// shown still ends on time, and looks at a push keep to its window.
const SPREAD_PART: u32 = 4;
const SPREAD_MAX: Duration = seconds(60);
/// Age up to which a push that was called off without an answer is asked about again after so long, at the soonest.
const CALLED_OFF_STEPS: [(Duration, Duration); 1] = [(seconds(3_600), seconds(300))];

fn step(steps: &[(Duration, Duration)], age: Duration) -> Duration {
    steps.iter().find(|(up_to, _)| age < *up_to).map_or(DAILY, |(_, pause)| *pause)
}

/// How long to wait before a charge is asked to be closed for the `attempts + 1`th time.
#[must_use]
pub fn close_retry(attempts: u32) -> Duration {
    seconds(2_u64.saturating_pow(attempts.min(12))).min(CLOSE_RETRY_MAX)
}

/// When to look at a payment next, seen from `now`.
#[must_use]
pub fn next_due(payment: &Payment, now: Timestamp) -> Due {
    next_due_without(payment, now, &[])
}

/// The same, where nobody can be asked about some of its charges.
#[must_use]
pub fn next_due_without(payment: &Payment, now: Timestamp, unaskable: &[ChargeId]) -> Due {
    if payment.intake == Intake::Open {
        // Whoever opens the last charge is given its time, even if something else is written meanwhile.
        let begun = payment.charges.last().map_or(payment.created_at, |charge| charge.created_at);
        return Due::At(begun.plus(OPENING_LEASE).max(now));
    }
    let charges = payment.charges.iter().filter_map(|charge| next_for_charge(payment, charge, now, unaskable));
    let expiry = match (payment.status(), payment.display) {
        // Its looks come to their end by themselves, and a person's word or its whole watch ends it.
        (PaymentStatus::Pending, display) if payment.unanswered_push().is_some() => {
            push_ends(payment, display).map(|at| if at > now { at } else { now.plus(DAILY) })
        }
        // No timer makes a till's word wrong.
        (PaymentStatus::Pending, Display::Shown) if payment.is_unproven() => None,
        (PaymentStatus::Pending, Display::Shown) => Some(payment.expires_at),
        (PaymentStatus::Pending, Display::Withdrawn { at, .. }) => Some(at.plus(EXPIRY_GRACE)).filter(|at| *at > now),
        _ended => None,
    };
    charges.chain(expiry).min().map_or(Due::Never, Due::At)
}

fn next_for_charge(payment: &Payment, charge: &Charge, now: Timestamp, unaskable: &[ChargeId]) -> Option<Timestamp> {
    let closing = closing_due(payment, charge, now);
    let is_asked_about = charge.state.funds().is_none() && !unaskable.contains(&charge.id);
    let check = if is_asked_about { next_check(payment, charge, now) } else { None };
    closing.into_iter().chain(check).min()
}

/// When its provider is asked to close a charge next; `None` where that is not wanted, or of no use any more: money came
/// for it, or it has long been dead.
#[must_use]
pub fn closing_due(payment: &Payment, charge: &Charge, now: Timestamp) -> Option<Timestamp> {
    let Closing::Wanted { next_at, .. } = charge.closing else { return None };
    let can_be_closed = charge.provider_ref().is_some() && charge.state.funds().is_none();
    (can_be_closed && is_watched(payment, charge, now)).then_some(next_at)
}

/// Whether money for a charge is still reckoned with.
fn is_watched(payment: &Payment, charge: &Charge, now: Timestamp) -> bool {
    watch_ends(payment, charge).is_some_and(|at| now < at.plus(DEAD_WATCH))
}

fn next_check(payment: &Payment, charge: &Charge, now: Timestamp) -> Option<Timestamp> {
    let age = now.since(charge.created_at);
    if !is_watched(payment, charge, now) {
        return None;
    }
    let dead_at = watch_ends(payment, charge)?;
    let pause = match &charge.opening {
        // Also one whose opening was under way when the payment was withdrawn: who opens it may never come back to it.
        Opening::Intended | Opening::Unknown { .. } if charge.is_unanswered_push() => {
            return Some(next_look(payment, charge, now));
        }
        // A push that was called off may have been approved all the same.
        Opening::Intended | Opening::Unknown { .. } if charge.risk == Risk::Pushed => step(&CALLED_OFF_STEPS, age),
        // One whose id nobody knows is looked at like any other: its provider may find it by our reference.
        Opening::Intended | Opening::Unknown { .. } | Opening::Opened(_) | Opening::Found { .. } => {
            usual_pause(charge, age, now >= dead_at)
        }
        Opening::Refused { .. } => return None,
    };
    let last = payment.checks.last_at.map_or(charge.created_at, |last| last.max(charge.created_at));
    Some(last.plus(pause).plus(spread(&payment.id, pause)).max(now))
}

/// By how much a pause is drawn out for a payment. Payments that were made in one moment would be due in one for ever,
/// and whoever waits for news of others would wait behind them.
fn spread(payment: &PaymentId, pause: Duration) -> Duration {
    let draw = payment.uuid().into_bytes().into_iter().fold(0_u8, |draw, byte| draw ^ byte);
    (pause / SPREAD_PART).min(SPREAD_MAX).saturating_mul(draw.into()) / u32::from(u8::MAX)
}

/// Between two looks at a charge that the provider has, or may have.
fn usual_pause(charge: &Charge, age: Duration, is_dead: bool) -> Duration {
    if is_dead {
        DAILY
    } else if charge.state.is_open() && !charge.is_hidden() {
        step(&PENDING_STEPS, age)
    } else {
        step(&WATCH_STEPS, age)
    }
}

/// When money is looked for next on a push that was not answered.
fn next_look(payment: &Payment, charge: &Charge, now: Timestamp) -> Timestamp {
    // It is taken from display right after a look.
    let given_up = match payment.display {
        Display::Withdrawn { at, why: Withdrawal::Expired } => Some(at),
        Display::Shown | Display::Withdrawn { .. } => None,
    };
    let last = payment.checks.last_at.filter(|last| *last >= charge.created_at).max(given_up);
    let looks = PUSH_LOOKS.iter().map(|age| charge.created_at.plus(*age));
    let ahead = looks.into_iter().find(|at| last.is_none_or(|last| *at > last));
    let again = match payment.display {
        Display::Shown => PUSH_LOOK_AGAIN,
        Display::Withdrawn { .. } => DAILY,
    };
    ahead.unwrap_or_else(|| last.unwrap_or(now).plus(again)).max(now)
}

/// When a push that was not answered and has been taken from display is over: on a person's word with its
/// window, else with its whole watch.
#[must_use]
pub fn push_ends(payment: &Payment, display: Display) -> Option<Timestamp> {
    let charge = payment.unanswered_push()?;
    let window = charge.created_at.plus(PUSH_WINDOW);
    match display {
        Display::Shown => None,
        Display::Withdrawn { why: Withdrawal::Expired, .. } => Some(window.plus(DEAD_WATCH)),
        Display::Withdrawn {
            at,
            why:
                Withdrawal::Cancelled
                | Withdrawal::Superseded
                | Withdrawal::PaidBy { .. }
                | Withdrawal::PaidInCash
                | Withdrawal::Voided,
        } => Some(window.max(at.plus(EXPIRY_GRACE))),
    }
}

/// Until when the provider may take money for a charge; `None` where it certainly has none.
#[must_use]
pub fn watch_ends(payment: &Payment, charge: &Charge) -> Option<Timestamp> {
    /// The longest natural life of any artefact known here (QRIS at Xendit), for charges whose answer was lost.
    const LONGEST_LIFE: Duration = seconds(48 * 3_600);
    match &charge.opening {
        Opening::Opened(opened) => Some(opened.payable_until),
        Opening::Intended | Opening::Unknown { .. } if charge.risk == Risk::Pushed => {
            Some(charge.created_at.plus(PUSH_WINDOW))
        }
        // A virtual account may have been given a longer life by the till.
        Opening::Intended | Opening::Unknown { .. } | Opening::Found { .. } => {
            Some(charge.created_at.plus(LONGEST_LIFE).max(payment.expires_at))
        }
        Opening::Refused { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_pause_is_drawn_out_by_a_quarter_and_by_a_minute_at_the_most() {
        let of = |id: u128, pause: u64| spread(&PaymentId::new(Uuid::from_u128(id)), seconds(pause));
        assert_eq!([of(0, 10), of(0x33, 10), of(0xFF, 10)], [0, 500, 2_500].map(Duration::from_millis));
        assert_eq!([of(0x33, 900), of(0xFF, 900)], [seconds(12), seconds(60)]);
        assert_eq!(of(0xFF, 24 * 3_600), seconds(60));
    }
}
