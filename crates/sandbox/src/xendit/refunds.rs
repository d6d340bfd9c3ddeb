//! `/refunds`, which v2 and v3 share: what each channel gives back, and for how long.

mod rules;
mod view;

use chrono::{DateTime, TimeDelta, Utc};

use super::about::queried;
use super::answer::Refusal;
use super::body::Body;
use super::desk::Call;
use super::perform::Done;
use super::route::Target;
use crate::amount::Amount;
use crate::faults::{Lie, Operation};
use crate::id;
use crate::ledger::{Books, Charge, Entry, Method, Payment, Refund, RefundOutcome};
use crate::provider::Provider;
use crate::sandbox::{Pen, Sandbox};

pub(super) use view::RefundView;

/// How long a refund is under way, where it is not settled at once, in seconds of the provider's clock (unconfirmed).
const SETTLES_SECONDS: i64 = 5;
/// How often a payment is given back in parts (the number is unconfirmed, the refusal is documented).
const PARTS_MAX: usize = 10;
const LIMIT_DEFAULT: usize = 10;
const LIMIT_MAX: usize = 100;
const REASONS: [&str; 5] = ["FRAUDULENT", "DUPLICATE", "REQUESTED_BY_CUSTOMER", "CANCELLATION", "OTHERS"];

/// A call below `/refunds`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RefundCall {
    Create,
    List,
    Get(String),
    Cancel(String),
}

impl RefundCall {
    pub(super) fn parse(verb: &str, below: &[&str]) -> Option<Self> {
        match (verb, below) {
            ("POST", []) => Some(Self::Create),
            ("GET", []) => Some(Self::List),
            ("GET", [refund]) => Some(Self::Get((*refund).to_owned())),
            ("POST", [refund, "cancel"]) => Some(Self::Cancel((*refund).to_owned())),
            _ => None,
        }
    }

    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::Create => "POST /refunds",
            Self::List => "GET /refunds",
            Self::Get(_) => "GET /refunds/{id}",
            Self::Cancel(_) => "POST /refunds/{id}/cancel",
        }
    }

    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Create | Self::Cancel(_) => Operation::Refund,
            Self::List | Self::Get(_) => Operation::Inquire,
        }
    }

    pub(super) fn target(&self) -> Target<'_> {
        match self {
            Self::Create => Target::Refunding,
            Self::List => Target::Listing("reference_id"),
            Self::Get(id) | Self::Cancel(id) => Target::Refund(id),
        }
    }
}

/// Does what the call asks for.
pub(super) fn carry_out(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    asked: &RefundCall,
    lie: &Lie,
    now: DateTime<Utc>,
) -> Result<Done, Refusal> {
    match asked {
        RefundCall::Create => {
            let id = create(pen, call, &Body::read(call.body)?, now)?;
            // Whoever waits for deadlines looks again.
            sandbox.opened.notify_one();
            told(pen, call, &id, lie)
        }
        RefundCall::Get(id) => told(pen, call, id, lie),
        RefundCall::List => Ok(Done::new(200, lie, |lie| list(pen, call, lie))),
        RefundCall::Cancel(id) => {
            if look(pen, call, id)?.outcome != RefundOutcome::Pending {
                // Unconfirmed: what a refund that is settled answers here.
                return Err(Refusal::new(400, "INELIGIBLE_TRANSACTION", "The refund is not pending any more."));
            }
            let ended = Entry::RefundEnded { refund_id: id.clone(), outcome: RefundOutcome::Canceled, at: now };
            pen.record(&ended);
            told(pen, call, id, lie)
        }
    }
}

fn told(books: &Books, call: &Call<'_>, id: &str, lie: &Lie) -> Result<Done, Refusal> {
    let refund = look(books, call, id)?;
    let charge = books.charge(&refund.charge_id).ok_or_else(Refusal::not_found)?;
    Ok(Done::new(200, lie, |lie| view::refund(charge, refund, lie)))
}

fn look<'a>(books: &'a Books, call: &Call<'_>, id: &str) -> Result<&'a Refund, Refusal> {
    books.refunds().get(id).filter(|refund| refund.account == call.account.name).ok_or_else(Refusal::not_found)
}

/// Asks for the money back, or says why it does not come. The id of the refund comes back.
fn create(pen: &mut Pen<'_>, call: &Call<'_>, body: &Body, now: DateTime<Utc>) -> Result<String, Refusal> {
    let request_id =
        body.text("payment_request_id").ok_or_else(|| Refusal::field("payment_request_id", "is required"))?;
    let reason = body
        .text("reason")
        .filter(|reason| REASONS.contains(&reason.as_str()))
        .ok_or_else(|| Refusal::field("reason", "must be one of the reasons of the documents"))?;
    if body.text("currency").is_some_and(|currency| currency != "IDR") {
        return Err(Refusal::field("currency", "must be IDR"));
    }
    let reference = body.text("reference_id");
    let of_account = |refund: &&Refund| refund.account == call.account.name;
    let known = |refund: &Refund| reference.is_some() && refund.reference == reference;
    if pen.refunds().iter().filter(of_account).any(known) {
        return Err(Refusal::new(409, "DUPLICATE_ERROR", "A refund with this reference_id was asked for before."));
    }
    let (charge, payment) = paid(pen, call, &request_id)?;
    let left = left(pen, &payment)?;
    let amount = body.amount("amount").unwrap_or_else(|| left.clone());
    if body.has("amount") && body.amount("amount").is_none_or(|amount| !amount.is_positive()) {
        return Err(Refusal::field("amount", "must be a number above zero"));
    }
    rules::magic(&amount)?;
    rules::refundable(&charge, &payment, now)?;
    if amount > left {
        return Err(Refusal::new(400, "REFUND_AMOUNT_EXCEEDED", "More is asked for than is left of the payment."));
    }
    // A card's refund was recorded as settled in its answer.
    let at_once = matches!(charge.method, Method::Card | Method::CardPage);
    let end = rules::magic_end(&amount);
    let settled = at_once && end == RefundOutcome::Succeeded;
    let refund = Refund {
        id: id::prefixed("rfd-"),
        account: call.account.name.clone(),
        charge_id: charge.id,
        payment_id: payment.id,
        reference,
        amount,
        reason,
        outcome: if settled { RefundOutcome::Succeeded } else { RefundOutcome::Pending },
        settles: (!settled).then(|| (now + TimeDelta::seconds(SETTLES_SECONDS), end)),
        echo: body.echo(&["metadata"]),
        created_at: now,
        updated_at: now,
    };
    let id = refund.id.clone();
    pen.record(&Entry::Refunded(Box::new(refund)));
    Ok(id)
}

/// The charge behind a payment request of this account, and the money that came on it last.
fn paid(books: &Books, call: &Call<'_>, request_id: &str) -> Result<(Charge, Payment), Refusal> {
    let charge = books
        .charge(request_id)
        .filter(|charge| charge.request_id() == request_id && charge.account == call.account.name)
        .filter(|charge| !charge.api.is_of_qr_codes())
        .ok_or_else(Refusal::not_found)?;
    let payment = books
        .payments_of(&charge.id)
        .filter(|payment| payment.succeeded())
        .last()
        .ok_or_else(|| Refusal::new(400, "INELIGIBLE_TRANSACTION", "The payment request was not paid."))?;
    Ok((charge.clone(), payment.clone()))
}

/// What has not been given back of a payment; nothing may be under way.
fn left(books: &Books, payment: &Payment) -> Result<Amount, Refusal> {
    let (mut left, mut parts) = (payment.amount.clone(), 0_usize);
    for refund in books.refunds().iter().filter(|refund| refund.payment_id == payment.id && refund.counts()) {
        if refund.outcome == RefundOutcome::Pending {
            return Err(Refusal::new(400, "REFUND_IN_PROGRESS", "Another refund of the payment is under way."));
        }
        left = left.less(&refund.amount);
        parts += 1;
    }
    if parts >= PARTS_MAX {
        return Err(Refusal::new(
            400,
            "PARTIAL_REFUND_COUNTS_EXCEEDED",
            "The payment was given back in too many parts.",
        ));
    }
    if left.is_positive() {
        Ok(left)
    } else {
        Err(Refusal::new(400, "MAXIMUM_REFUND_AMOUNT_REACHED", "All of the payment was given back."))
    }
}

fn list(books: &Books, call: &Call<'_>, lie: &Lie) -> String {
    let request_id = queried(call.raw_query, "payment_request_id");
    let after = queried(call.raw_query, "after_id");
    let limit = queried(call.raw_query, "limit")
        .and_then(|text| text.parse().ok())
        .map_or(LIMIT_DEFAULT, |asked: usize| asked.clamp(1, LIMIT_MAX));
    let rows = books
        .refunds()
        .iter()
        .rev()
        .filter(|refund| refund.account == call.account.name)
        .filter_map(|refund| Some((books.charge(&refund.charge_id)?, refund)))
        .filter(|(charge, _)| charge.provider == Provider::Xendit)
        .filter(|(charge, _)| request_id.as_ref().is_none_or(|wanted| *wanted == charge.request_id()));
    let mut found: Vec<_> = match &after {
        Some(after) => rows.skip_while(|(_, refund)| refund.id != *after).skip(1).take(limit + 1).collect(),
        None => rows.take(limit + 1).collect(),
    };
    let has_more = found.len() > limit;
    found.truncate(limit);
    view::page(found.iter().map(|(charge, refund)| RefundView::new(charge, refund, lie)).collect(), has_more, lie)
}
