use chrono::{DateTime, TimeDelta, Utc};

use super::{Delivery, Step, deliver};
use crate::faults::{Effect, Fired, Lie, Operation};
use crate::ledger::{Entry, Event, Notification};
use crate::sandbox::{Sandbox, locked, subject_of};

/// Copies that `duplicate` sends where the rule names no number.
const DUPLICATES_DEFAULT: u32 = 2;
/// Copies that `storm` sends where the rule names no number.
const STORM_DEFAULT: u32 = 100;
/// How late `delay` sends, in milliseconds of the provider's clock, where the rule names nothing.
const DELAY_MS_DEFAULT: u64 = 5_000;
/// How long `reorder` waits for a webhook to let pass, likewise.
const REORDER_MS_DEFAULT: u64 = 2_000;
/// How long `corrected_later` leaves the lie standing, likewise: three days.
const CORRECTION_MS_DEFAULT: u64 = 3 * 24 * 3_600 * 1_000;

/// Decides what becomes of a webhook that is due: something to send now, or nothing yet, or nothing at all.
pub(super) fn next(sandbox: &Sandbox, notification_id: String) -> Option<Delivery> {
    let now = sandbox.clock.now();
    let (found, _mark) = sandbox.with_books(|pen| {
        let notification = pen.notification(&notification_id)?.clone();
        // It may have been called back since it was planned.
        notification.next_at?;
        let charge = pen.charge(&notification.charge_id)?.clone();
        Some((notification, charge))
    });
    let (notification, charge) = found?;
    let fired = sandbox.fault(subject_of(&charge, Operation::Webhook), |effect| effect != Effect::BeforeResponse);
    let plain = Delivery { notification_id, copies: 1, scheduled: true, ..Delivery::default() };
    let Some(fired) = fired else {
        return Some(overtaking(sandbox, &notification.account, plain));
    };
    spoiled(sandbox, &notification, plain, &fired, now)
}

fn spoiled(
    sandbox: &Sandbox,
    notification: &Notification,
    plain: Delivery,
    fired: &Fired,
    now: DateTime<Utc>,
) -> Option<Delivery> {
    let later = |default: u64| now + millis(fired.delay_ms.unwrap_or(default));
    let overtaking = |delivery| Some(overtaking(sandbox, &notification.account, delivery));
    match fired.effect {
        Effect::Drop => {
            drop_it(sandbox, notification);
            None
        }
        Effect::Delay => {
            sandbox.webhooks.push(later(DELAY_MS_DEFAULT), Step::Send(Box::new(plain)));
            None
        }
        Effect::Reorder => hold(sandbox, &notification.account, plain, later(REORDER_MS_DEFAULT)),
        Effect::CorrectedLater if notification.event == Event::Paid => {
            sandbox.webhooks.push(later(CORRECTION_MS_DEFAULT), Step::Send(Box::new(plain)));
            overtaking(Delivery {
                notification_id: notification.id.clone(),
                copies: 1,
                instead: Some(Event::Failed),
                ..Delivery::default()
            })
        }
        Effect::Duplicate => overtaking(Delivery { copies: fired.times.unwrap_or(DUPLICATES_DEFAULT), ..plain }),
        Effect::Storm => overtaking(Delivery { copies: fired.times.unwrap_or(STORM_DEFAULT), ..plain }),
        Effect::BadSignature => overtaking(Delivery { bad_token: true, ..plain }),
        Effect::WrongAmount => overtaking(Delivery { lie: Lie::of(Effect::WrongAmount, || None), ..plain }),
        // A correction of anything but good news would be no news; the rest was refused when the rule came.
        Effect::CorrectedLater
        | Effect::BeforeResponse
        | Effect::Drip
        | Effect::TimeoutBefore
        | Effect::TimeoutAfter
        | Effect::DisconnectBefore
        | Effect::DisconnectAfter
        | Effect::Reset
        | Effect::StatusBefore
        | Effect::StatusAfter
        | Effect::HtmlError
        | Effect::EmptyBody
        | Effect::TruncatedJson
        | Effect::HugeBody
        | Effect::GzipBomb
        | Effect::Redirect
        | Effect::WrongReference
        | Effect::ForeignReference
        | Effect::UnknownEnum
        | Effect::ExtraFields
        | Effect::RateLimited => overtaking(plain),
    }
}

/// Sends what was held for this account right after `delivery`.
fn overtaking(sandbox: &Sandbox, account: &str, delivery: Delivery) -> Delivery {
    let held = locked(&sandbox.webhooks.held).remove(account);
    Delivery { followed_by: held.map(|(_, overtaken)| Box::new(overtaken)), ..delivery }
}

/// Keeps the webhook back for the next one of its account; a second one to be kept back lets the first go after it.
fn hold(sandbox: &Sandbox, account: &str, delivery: Delivery, at_the_latest: DateTime<Utc>) -> Option<Delivery> {
    let mut held = locked(&sandbox.webhooks.held);
    if held.contains_key(account) {
        drop(held);
        return Some(overtaking(sandbox, account, delivery));
    }
    let token = sandbox.webhooks.number();
    held.insert(account.to_owned(), (token, delivery));
    drop(held);
    sandbox.webhooks.push(at_the_latest, Step::Release { account: account.to_owned(), token });
    None
}

fn drop_it(sandbox: &Sandbox, notification: &Notification) {
    sandbox.with_books(|pen| {
        pen.record(&Entry::Tried {
            notification_id: notification.id.clone(),
            attempts: notification.attempts,
            next_at: None,
        });
    });
    deliver::note_dropped(sandbox, notification);
}

fn millis(ms: u64) -> TimeDelta {
    i64::try_from(ms).ok().and_then(TimeDelta::try_milliseconds).unwrap_or(TimeDelta::days(36_500))
}
