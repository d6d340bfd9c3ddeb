use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};

use super::Delivery;
use super::log::LoggedDelivery;
use crate::journal::Mark;
use crate::ledger::{Books, Charge, Entry, Event, Notification, Payment, Refund};
use crate::provider::Provider;
use crate::requests::json_or_text;
use crate::sandbox::{Headers, Sandbox};
use crate::{midtrans, xendit};

/// What a webhook looks like on the wire.
pub(crate) struct Letter {
    /// The provider's name of the event.
    pub(crate) event: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What a letter is written from.
pub(crate) struct Facts {
    pub(crate) notification: Notification,
    pub(crate) charge: Charge,
    pub(crate) payment: Option<Payment>,
    pub(crate) refund: Option<Refund>,
    /// That refund and those of the charge before it.
    pub(crate) refunds: Vec<Refund>,
    pub(crate) event: Event,
    pub(crate) at: DateTime<Utc>,
}

struct Outcome {
    answer: Option<u16>,
    error: Option<String>,
    latency_ms: u64,
}

/// Delivers, then delivers what was to follow.
pub(super) async fn chain(sandbox: &Sandbox, first: Delivery) {
    let mut next = Some(Box::new(first));
    while let Some(mut delivery) = next {
        let done = delivery.done.take();
        next = delivery.followed_by.take();
        deliver(sandbox, *delivery).await;
        if let Some(done) = done {
            // Whoever waited may have given up.
            done.send(()).ok();
        }
    }
}

async fn deliver(sandbox: &Sandbox, delivery: Delivery) {
    let at = sandbox.clock.now();
    let (found, mark) = look_up(sandbox, &delivery, at);
    let (Some((facts, target)), Ok(())) = (found, sandbox.durable(mark).await) else {
        return;
    };
    let letter = write(sandbox, &facts, &delivery);
    let sent = match &target {
        Some(url) => {
            join_all((0..delivery.copies.max(1)).map(|_| post(sandbox, facts.notification.provider, url, &letter)))
                .await
        }
        None => vec![Outcome {
            answer: None,
            error: Some("no webhook target is set for this account".to_owned()),
            latency_ms: 0,
        }],
    };
    let delivered = sent.iter().any(|outcome| outcome.answer.is_some_and(|status| (200..300).contains(&status)));
    let answer = sent.last().and_then(|outcome| outcome.answer);
    for outcome in sent {
        note(sandbox, &facts, &letter, target.clone(), outcome);
    }
    if delivery.scheduled {
        // An event without a target is lost, as at Xendit ("URL not set").
        settle(sandbox, &facts.notification, answer, delivered || target.is_none(), at);
    }
}

fn look_up(sandbox: &Sandbox, delivery: &Delivery, at: DateTime<Utc>) -> (Option<(Facts, Option<String>)>, Mark) {
    sandbox.with_books(|pen| {
        let notification = pen.notification(&delivery.notification_id)?.clone();
        let charge = pen.charge(&notification.charge_id)?.clone();
        let payment = notification.payment_id.as_deref().and_then(|id| pen.payment(id)).cloned();
        let refund = notification.refund_id.as_deref().and_then(|id| pen.refunds().get(id)).cloned();
        let refunds = refund.as_ref().map(|refund| up_to(pen, refund)).unwrap_or_default();
        let target = notification
            .address
            .clone()
            .or_else(|| pen.target(notification.provider, &notification.account).map(str::to_owned));
        let event = delivery.instead.unwrap_or(notification.event);
        let facts = Facts { notification, charge, payment, refund, refunds, event, at };
        Some((facts, target))
    })
}

fn up_to(books: &Books, refund: &Refund) -> Vec<Refund> {
    let earlier = books.refunds_of(&refund.charge_id).take_while(|other| other.id != refund.id);
    earlier.chain(std::iter::once(refund)).cloned().collect()
}

fn write(sandbox: &Sandbox, facts: &Facts, delivery: &Delivery) -> Letter {
    match facts.notification.provider {
        Provider::Xendit => xendit::letter(sandbox.xendit_accounts(), facts, &delivery.lie, delivery.bad_token),
        Provider::Midtrans => midtrans::letter(sandbox.midtrans_merchants(), facts, &delivery.lie, delivery.bad_token),
    }
}

async fn post(sandbox: &Sandbox, provider: Provider, url: &str, letter: &Letter) -> Outcome {
    let (client, user_agent) = match provider {
        Provider::Xendit => (&sandbox.webhooks.client, "mstore-pay-sandbox"),
        Provider::Midtrans => (&sandbox.webhooks.following, "Veritrans"),
    };
    let mut request = client
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, user_agent)
        .body(letter.body.clone());
    for (name, value) in &letter.headers {
        request = request.header(*name, value);
    }
    let started = Instant::now();
    let answered = request.send().await;
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (answer, error) = match answered {
        Ok(response) => (Some(response.status().as_u16()), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Outcome { answer, error, latency_ms }
}

/// Ends the schedule, or moves to its next step.
fn settle(sandbox: &Sandbox, notification: &Notification, answer: Option<u16>, over: bool, at: DateTime<Utc>) {
    let gaps: &[i64] = match notification.provider {
        Provider::Xendit => &xendit::RETRY_GAPS_MINUTES,
        Provider::Midtrans => midtrans::retry_gaps_minutes(answer),
    };
    let next_at = usize::try_from(notification.attempts)
        .ok()
        .and_then(|made| gaps.get(made))
        .filter(|_| !over)
        .map(|&minutes| at + TimeDelta::minutes(minutes));
    sandbox.with_books(|pen| {
        pen.record(&Entry::Tried {
            notification_id: notification.id.clone(),
            attempts: notification.attempts + 1,
            next_at,
        });
    });
    if let Some(due) = next_at {
        sandbox.webhooks.plan(notification.id.clone(), due);
    }
}

/// Notes a webhook that a rule kept from being sent.
pub(super) fn note_dropped(sandbox: &Sandbox, notification: &Notification) {
    let dropped = Delivery { notification_id: notification.id.clone(), ..Delivery::default() };
    if let (Some((facts, _target)), _mark) = look_up(sandbox, &dropped, sandbox.clock.now()) {
        let letter = write(sandbox, &facts, &dropped);
        let outcome = Outcome { answer: None, error: Some("dropped by a rule".to_owned()), latency_ms: 0 };
        note(sandbox, &facts, &letter, None, outcome);
    }
}

fn note(sandbox: &Sandbox, facts: &Facts, letter: &Letter, url: Option<String>, outcome: Outcome) {
    let headers: Headers = letter.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    sandbox.webhooks.log().add(LoggedDelivery {
        id: facts.notification.id.clone(),
        provider: facts.notification.provider,
        account: facts.notification.account.clone(),
        event: letter.event.to_owned(),
        charge_id: facts.charge.id.clone(),
        reference: facts.charge.reference.clone(),
        order_code: facts.charge.order_code.clone(),
        url,
        attempt: facts.notification.attempts + 1,
        at: facts.at,
        headers,
        body: json_or_text(letter.body.as_bytes()),
        answer: outcome.answer,
        error: outcome.error,
        latency_ms: outcome.latency_ms,
    });
}
