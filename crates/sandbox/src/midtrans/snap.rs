//! Snap: a page of Midtrans' on which a customer picks how to pay. It has HTTP statuses of its own right, and errors of
//! another shape than Core.

mod create;
pub(super) mod page;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::desk::Call;
use super::perform::Done;
use super::state::State;
use crate::faults::{Lie, Reply};
use crate::ledger::{Books, Charge, Entry, SnapPage};
use crate::sandbox::{Pen, Sandbox, json};

/// A call below `/snap/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SnapCall {
    Create,
    Cancel(String),
}

/// A refusal: HTTP status and what is wrong.
#[derive(Debug)]
struct Refused(u16, Vec<String>);

impl Refused {
    fn of(status: u16, why: &str) -> Self {
        Self(status, vec![why.to_owned()])
    }
}

#[derive(Serialize)]
struct RefusedView<'a> {
    error_messages: &'a [String],
}

#[derive(Serialize)]
struct CanceledView {
    canceled_at: String,
}

/// Does what the call asks for, or answers why not.
pub(super) fn carry_out(pen: &mut Pen<'_>, call: &Call<'_>, asked: &SnapCall, lie: &Lie, now: DateTime<Utc>) -> Done {
    let answer = match asked {
        SnapCall::Create => create::create(pen, call, now).map(|body| (201, body)),
        SnapCall::Cancel(token) => cancel(pen, call, token, now).map(|body| (200, body)),
    };
    let (status, truth) = match answer {
        Ok((status, body)) => (status, body),
        Err(Refused(status, why)) => (status, json(&RefusedView { error_messages: &why })),
    };
    let reply = Reply::new(status, lie.finish(truth.clone()));
    Done { code: status, reply, truth, opened: None }
}

/// Closes a page on which nobody has picked yet.
fn cancel(pen: &mut Pen<'_>, call: &Call<'_>, token: &str, now: DateTime<Utc>) -> Result<String, Refused> {
    let page = pen
        .page(token)
        .filter(|page| page.account == call.merchant.name)
        .ok_or_else(|| Refused::of(404, "token not found"))?;
    if page.canceled_at.is_some() {
        return Err(Refused::of(400, "token already canceled"));
    }
    if latest(pen, page).is_some_and(|charge| State::of(pen, charge, now).holds_its_order()) {
        return Err(Refused::of(400, "Transaction is on progress"));
    }
    pen.record(&Entry::PageCanceled { token: token.to_owned(), at: now });
    Ok(json(&CanceledView { canceled_at: now.to_rfc3339_opts(SecondsFormat::Millis, true) }))
}

/// What was picked last on a page.
fn latest<'a>(books: &'a Books, page: &SnapPage) -> Option<&'a Charge> {
    let picked = |charge: &&Charge| {
        charge.transaction.as_ref().is_some_and(|transaction| transaction.page.as_ref() == Some(&page.token))
    };
    books.charges_named(&page.order_id).filter(picked).last()
}

/// Picks the first of what a page offers, whether or not it is open: for whoever plays the customer.
pub(crate) fn pick_first(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    page: &SnapPage,
    host: &str,
    now: DateTime<Utc>,
) -> Option<Charge> {
    let charge = page::open(sandbox, pen, page, page.offers.first()?, host, now)?;
    sandbox.opened.notify_one();
    Some(charge)
}

/// The transaction that was picked last on a page.
pub(crate) fn picked<'a>(books: &'a Books, page: &SnapPage) -> Option<&'a Charge> {
    latest(books, page)
}

/// The error body that Snap gives with `status`.
pub(super) fn error_of(status: u16) -> Reply {
    let why: &[&str] = match status {
        401 => &[
            "Access denied due to unauthorized transaction, please check client or server key",
            "Visit https://snap-docs.midtrans.com/#request-headers for more details",
        ],
        404 => &["token not found"],
        429 => &["Too many requests."],
        400..=499 => &["The request is not valid."],
        _ => &["Sorry, we encountered internal server error. We will fix this soon."],
    };
    let why: Vec<String> = why.iter().map(|text| (*text).to_owned()).collect();
    Reply::new(status, json(&RefusedView { error_messages: &why }))
}
