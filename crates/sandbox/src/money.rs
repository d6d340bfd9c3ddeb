//! What happens to a charge from outside the API: customers pay, fail, and time runs out.

use chrono::{DateTime, Utc};

use crate::amount::Amount;
use crate::id;
use crate::ledger::{
    Charge, ChargeStatus, Entry, Event, Method, Notification, Payment, PaymentOutcome, Refund, RefundOutcome,
};
use crate::provider::Provider;
use crate::sandbox::{Pen, Sandbox};
use crate::{midtrans, xendit};

/// One go of a customer at a charge; what is absent is as the charge asks.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) outcome: PaymentOutcome,
    pub(crate) amount: Option<Amount>,
    pub(crate) currency: Option<String>,
    pub(crate) inquired_at: Option<DateTime<Utc>>,
    pub(crate) payer_name: Option<String>,
    pub(crate) issuer_name: Option<String>,
    pub(crate) telling: Telling,
}

/// Who sends the webhook about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// The deliverer, in its own time.
    Planned,
    /// Nobody: it happens in silence.
    Never,
    /// Whoever caused it, with the id of the queued notification.
    ByCaller,
}

impl Telling {
    /// Whoever waits for the first webhook alone is not kept by those after it.
    const fn of_what_follows(self) -> Self {
        match self {
            Self::Planned | Self::ByCaller => Self::Planned,
            Self::Never => Self::Never,
        }
    }
}

impl Attempt {
    /// The customer pays what is asked.
    pub(crate) fn plain() -> Self {
        Self {
            outcome: PaymentOutcome::Succeeded,
            amount: None,
            currency: None,
            inquired_at: None,
            payer_name: None,
            issuer_name: None,
            telling: Telling::Planned,
        }
    }
}

/// Why a customer's attempt came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unpayable {
    #[error("the charge was paid and cannot be paid again")]
    Paid,
    #[error("what is only kept for later cannot be paid by itself")]
    Kept,
    #[error("the charge names no amount, so the attempt has to")]
    AmountNeeded,
}

impl Sandbox {
    /// Records the attempt on `charge`, whatever state that is in, and queues its webhook, whose id comes back.
    ///
    /// What is paid already takes more money only where customers can really pay twice.
    pub(crate) fn attempt(
        &self,
        pen: &mut Pen<'_>,
        charge: &Charge,
        attempt: Attempt,
        now: DateTime<Utc>,
    ) -> Result<(Payment, Option<String>), Unpayable> {
        if !charge.may_be_paid_again() && pen.payments_of(&charge.id).any(Payment::succeeded) {
            return Err(Unpayable::Paid);
        }
        if !charge.takes_money() {
            return Err(Unpayable::Kept);
        }
        let amount = attempt.amount.or_else(|| charge.amount.clone()).ok_or(Unpayable::AmountNeeded)?;
        let (payment_id, capture_prefix, row_prefix) = match charge.provider {
            Provider::Xendit => (xendit::payment_id(pen, charge), "cptr-", "txn_"),
            Provider::Midtrans => (midtrans::payment_id(charge, &attempt.outcome), "", ""),
        };
        let outcome = match attempt.outcome {
            PaymentOutcome::Succeeded if charge.manual_capture => PaymentOutcome::Authorized,
            outcome => outcome,
        };
        let payment = Payment {
            id: payment_id,
            charge_id: charge.id.clone(),
            account: charge.account.clone(),
            capture_id: id::prefixed(capture_prefix),
            row_id: id::prefixed(row_prefix),
            amount,
            currency: attempt.currency.unwrap_or_else(|| charge.currency.clone()),
            outcome,
            captured_at: None,
            paid_at: now,
            inquired_at: attempt.inquired_at,
            listed_from: now + self.sweep_lag,
            payer_name: attempt.payer_name.unwrap_or_else(|| "SANDBOX CUSTOMER".to_owned()),
            issuer_name: attempt.issuer_name.unwrap_or_else(|| "GOPAY".to_owned()),
            receipt_id: id::prefixed("").chars().filter(char::is_ascii_hexdigit).take(12).collect(),
        };
        pen.record(&Entry::Attempted(Box::new(payment.clone())));
        let event = match payment.outcome {
            PaymentOutcome::Succeeded => Event::Paid,
            PaymentOutcome::Authorized => Event::Authorized,
            PaymentOutcome::Failed { .. } | PaymentOutcome::Released => Event::Failed,
        };
        let queued = self.tell(pen, charge, event, Some(&payment.id), attempt.telling, now);
        if event == Event::Paid {
            self.use_up(pen, charge, attempt.telling, now);
            self.tell_of_settlement(pen, charge, attempt.telling, now);
            self.complete(pen, charge, attempt.telling, now);
        }
        Ok((payment, queued))
    }

    /// Takes money that was set aside, all of it or less, and queues the webhook about it.
    pub(crate) fn capture(
        &self,
        pen: &mut Pen<'_>,
        charge: &Charge,
        payment_id: &str,
        amount: Amount,
        now: DateTime<Utc>,
    ) {
        pen.record(&Entry::Captured { payment_id: payment_id.to_owned(), amount, at: now });
        self.tell(pen, charge, Event::Paid, Some(payment_id), Telling::Planned, now);
        self.use_up(pen, charge, Telling::Planned, now);
        self.tell_of_settlement(pen, charge, Telling::Planned, now);
        self.complete(pen, charge, Telling::Planned, now);
    }

    /// A page on which a customer paid says so of itself, beside what is said of the payment.
    fn complete(&self, pen: &mut Pen<'_>, charge: &Charge, telling: Telling, now: DateTime<Utc>) {
        if charge.provider == Provider::Xendit && charge.method == Method::CardPage {
            self.tell(pen, charge, Event::Completed, None, telling.of_what_follows(), now);
        }
    }

    /// A payment method of v2 that was made for one use ends with it, and says so: no failure, though it reads like one.
    fn use_up(&self, pen: &mut Pen<'_>, charge: &Charge, telling: Telling, now: DateTime<Utc>) {
        let Some(method) = charge.payment_method.as_ref().filter(|_| !charge.reusable) else {
            return;
        };
        let kept = pen.charge(&method.id).filter(|kept| kept.id != charge.id).map(|kept| kept.id.clone());
        if let Some(charge_id) = kept {
            pen.record(&Entry::Moved { charge_id, status: ChargeStatus::Expired, at: now });
        }
        self.tell(pen, charge, Event::Expired, None, telling.of_what_follows(), now);
    }

    /// Plans the webhook about money that is paid out later than it came.
    fn tell_of_settlement(&self, pen: &mut Pen<'_>, charge: &Charge, telling: Telling, now: DateTime<Utc>) {
        let due = match charge.provider {
            Provider::Xendit => None,
            Provider::Midtrans => midtrans::settled_later(charge, now),
        };
        let Some(due) = due.filter(|_| telling != Telling::Never) else {
            return;
        };
        for address in charge.addresses() {
            let told = new_notification(charge, Event::Settled, Some(&charge.id), due);
            self.queue(pen, Notification { address, ..told }, Telling::Planned, now);
        }
    }

    /// Tells that an attempt is under way.
    pub(crate) fn announce(&self, pen: &mut Pen<'_>, charge: &Charge, now: DateTime<Utc>) {
        self.tell(pen, charge, Event::Pending, None, Telling::Planned, now);
    }

    /// Ends the charge at the provider and queues the webhook about it.
    pub(crate) fn expire(&self, pen: &mut Pen<'_>, charge: &Charge, telling: Telling, now: DateTime<Utc>) {
        pen.record(&Entry::Moved { charge_id: charge.id.clone(), status: ChargeStatus::Expired, at: now });
        self.tell(pen, charge, Event::Expired, None, telling, now);
    }

    /// Expires every open charge whose time has run out, and settles the refunds that are due.
    pub(crate) fn expire_due(&self, pen: &mut Pen<'_>, now: DateTime<Utc>) {
        while let Some((at, charge)) = pen.next_deadline() {
            if at > now {
                break;
            }
            let charge = charge.clone();
            self.expire(pen, &charge, Telling::Planned, now);
        }
        while let Some((at, refund)) = pen.refunds().next_due() {
            if at > now {
                break;
            }
            let refund = refund.clone();
            self.settle(pen, &refund, now);
        }
    }

    /// Ends a pending refund as it was to end, and queues the webhook about it.
    fn settle(&self, pen: &mut Pen<'_>, refund: &Refund, now: DateTime<Utc>) {
        let outcome = refund.settles.clone().map_or(RefundOutcome::Succeeded, |(_, end)| end);
        pen.record(&Entry::RefundEnded { refund_id: refund.id.clone(), outcome, at: now });
        let Some(charge) = pen.charge(&refund.charge_id).cloned() else {
            return;
        };
        self.tell_of_refund(pen, &charge, refund, Event::Refund, now);
    }

    /// Queues the webhooks about a refund.
    pub(crate) fn tell_of_refund(
        &self,
        pen: &mut Pen<'_>,
        charge: &Charge,
        refund: &Refund,
        event: Event,
        now: DateTime<Utc>,
    ) {
        for address in charge.addresses() {
            let notification = Notification {
                refund_id: Some(refund.id.clone()),
                address,
                ..new_notification(charge, event, Some(&refund.payment_id), now)
            };
            self.queue(pen, notification, Telling::Planned, now);
        }
    }

    /// Queues the webhooks about an event, one for each address; the id of the first comes back.
    ///
    /// They may be planned before they are durable: the deliverer waits for that.
    pub(crate) fn tell(
        &self,
        pen: &mut Pen<'_>,
        charge: &Charge,
        event: Event,
        payment_id: Option<&str>,
        telling: Telling,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let told = match charge.provider {
            Provider::Xendit => xendit::tells(charge, event),
            Provider::Midtrans => true,
        };
        if telling == Telling::Never || !told {
            return None;
        }
        let mut first = None;
        for (index, address) in charge.addresses().into_iter().enumerate() {
            let notification = Notification { address, ..new_notification(charge, event, payment_id, now) };
            // Whoever caused the event waits for one webhook, not for all.
            let telling = if index == 0 { telling } else { Telling::Planned };
            let id = self.queue(pen, notification, telling, now);
            first = first.or(Some(id));
        }
        first
    }

    fn queue(&self, pen: &mut Pen<'_>, notification: Notification, telling: Telling, now: DateTime<Utc>) -> String {
        pen.record(&Entry::Queued(notification.clone()));
        if telling == Telling::Planned {
            self.webhooks.plan(notification.id.clone(), notification.next_at.unwrap_or(now));
        }
        notification.id
    }
}

/// Calls back what was planned for a settlement that will not be.
pub(crate) fn forget_settlement(pen: &mut Pen<'_>, charge: &Charge) {
    let planned = pen.unsettled().filter(|told| told.charge_id == charge.id && told.event == Event::Settled);
    let ids: Vec<String> = planned.map(|told| told.id.clone()).collect();
    for notification_id in ids {
        pen.record(&Entry::Tried { notification_id, attempts: 0, next_at: None });
    }
}

fn new_notification(charge: &Charge, event: Event, payment_id: Option<&str>, now: DateTime<Utc>) -> Notification {
    Notification {
        id: id::prefixed(""),
        provider: charge.provider,
        account: charge.account.clone(),
        event,
        charge_id: charge.id.clone(),
        payment_id: payment_id.map(str::to_owned),
        refund_id: None,
        address: None,
        attempts: 0,
        next_at: Some(now),
    }
}
