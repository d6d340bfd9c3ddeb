//! The calls themselves.

use chrono::{DateTime, Utc};

use super::answer::{Refusal, http_status};
use super::change::{self, Change};
use super::desk::Call;
use super::route::Route;
use super::view::{self, Saying, Standing};
use super::{card, charge, look, refund, snap};
use crate::body::Body;
use crate::faults::{Lie, Reply};
use crate::ledger::{Charge, ChargeStatus};
use crate::sandbox::{Pen, Sandbox};

/// What came of a call that was done.
pub(super) struct Done {
    /// The `status_code` of the body.
    pub(super) code: u16,
    pub(super) reply: Reply,
    /// The same without the lie that a rule orders.
    pub(super) truth: String,
    pub(super) opened: Option<Charge>,
}

impl Done {
    /// An answer that tells what `write` makes of the truth, or of the lie.
    pub(super) fn new(code: u16, lie: &Lie, write: impl Fn(&Lie) -> String) -> Self {
        let reply = Reply::new(http_status(code), write(lie));
        Self { code, reply, truth: write(&Lie::default()), opened: None }
    }
}

/// Does what the call asks for.
pub(super) fn carry_out(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    lie: &Lie,
    now: DateTime<Utc>,
) -> Result<Done, Refusal> {
    let changed = |pen: &mut Pen<'_>, id: &str, what| {
        let charge = change::apply(sandbox, pen, call, id, what, now)?;
        let (code, message) = what.done();
        Ok(told(pen, call, &charge, &Saying { code, message, signed_with: None, links: None }, lie, now))
    };
    match &call.route {
        Route::Charge => {
            let charge = charge::create(sandbox, pen, call, &readable(call.body)?, now)?;
            let state = super::state::State::of(pen, &charge, now);
            let message = view::charged_message(&charge, state);
            let saying = Saying { code: state.code_when_asked(), message, signed_with: None, links: Some(&call.base) };
            let done = told(pen, call, &charge, &saying, lie, now);
            let opened = (charge.status == ChargeStatus::Open).then_some(charge);
            Ok(Done { opened, ..done })
        }
        Route::Token => card::tokenize(pen, call.merchant, call.raw_query),
        Route::Status(id) => {
            let charge = look::transaction(pen, call.merchant, id)?;
            let saying = Saying {
                code: super::state::State::of(pen, charge, now).code_when_asked(),
                message: "Success, transaction is found",
                signed_with: Some(&call.merchant.server_key),
                links: None,
            };
            Ok(told(pen, call, charge, &saying, lie, now))
        }
        Route::Cancel(id) => changed(pen, id, Change::Cancel),
        Route::Expire(id) => changed(pen, id, Change::Expire),
        Route::Approve(id) => changed(pen, id, Change::Approve),
        Route::Deny(id) => changed(pen, id, Change::Deny),
        Route::Capture => changed(pen, &change::named(call.body)?, Change::Capture),
        Route::Refund(id, at_once) => refund::create(sandbox, pen, call, id, *at_once, lie, now),
        Route::Snap(asked) => Ok(snap::carry_out(pen, call, asked, lie, now)),
        // Answered before they come here, for they need no key.
        Route::Picture(_) | Route::Page(_) | Route::Pick(..) => Err(Refusal::not_found()),
    }
}

fn told(pen: &Pen<'_>, call: &Call<'_>, charge: &Charge, saying: &Saying<'_>, lie: &Lie, now: DateTime<Utc>) -> Done {
    let standing = Standing::now(pen, charge, now);
    Done::new(saying.code, lie, |lie| view::transaction(call.merchant, &standing, saying, lie))
}

/// The body of a charge. One that is empty is an error of the server's (as a test of the Java client has it).
fn readable(body: &[u8]) -> Result<Body, Refusal> {
    Body::read(body).map_err(|_no_object| {
        if body.is_empty() {
            Refusal::new(500, "Sorry. Our system is recovering from unexpected issues. Please retry.")
        } else {
            Refusal::new(413, "The request cannot be processed due to malformed syntax in the request body")
        }
    })
}
