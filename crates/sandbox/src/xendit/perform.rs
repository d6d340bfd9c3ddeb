//! The calls themselves.

use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::body::Body;
use super::desk::Call;
use super::route::Route;
use super::transactions::{self, Query};
use super::{afterwards, cancel, create, look, qr_codes, refunds, session, simulate, v2, view};
use crate::faults::{Lie, Reply};
use crate::ledger::Charge;
use crate::sandbox::{Pen, Sandbox};

/// What came of a call that was done.
pub(super) struct Done {
    pub(super) reply: Reply,
    /// The same without the lie that a rule orders.
    pub(super) truth: String,
    pub(super) opened: Option<Charge>,
}

impl Done {
    /// An answer that tells what `write` makes of the truth, or of the lie.
    pub(super) fn new(status: u16, lie: &Lie, write: impl Fn(&Lie) -> String) -> Self {
        Self { reply: Reply::new(status, write(lie)), truth: write(&Lie::default()), opened: None }
    }

    pub(super) fn opening(self, charge: Charge) -> Self {
        Self { opened: Some(charge), ..self }
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
    let account = call.account;
    let business_id = account.business_id.as_str();
    let request =
        |charge: &Charge, status| Done::new(status, lie, |lie| view::payment_request(charge, business_id, lie));
    let page = |charge: &Charge, status| Done::new(status, lie, |lie| session::body(charge, business_id, lie));
    match &call.route {
        Route::CreatePaymentRequest => {
            let charge = create::create(pen, call, &Body::read(call.body)?, now)?;
            Ok(request(&charge, 201).opening(charge))
        }
        Route::GetPaymentRequest(id) => Ok(request(look::payment_request(pen, account, id)?, 200)),
        Route::CancelPaymentRequest(id) => Ok(request(&cancel::cancel(pen, account, id, now)?, 200)),
        Route::SimulatePaymentRequest(id) => {
            let body = simulate::simulate(sandbox, pen, account, id, call.body, now)?;
            Ok(Done::new(200, lie, |lie| lie.finish(body.clone())))
        }
        Route::AmendPaymentRequest(id) => {
            Ok(request(&afterwards::amend(pen, account, id, &Body::read(call.body)?, now)?, 200))
        }
        Route::GetPayment(id) => payment(pen, call, id, lie),
        Route::CapturePayment(id) => {
            afterwards::capture(sandbox, pen, account, id, &Body::read(call.body)?, now)?;
            payment(pen, call, id, lie)
        }
        Route::ReleasePayment(id) => {
            afterwards::release(pen, account, id, now)?;
            payment(pen, call, id, lie)
        }
        Route::CreateSession => {
            let charge = session::create(pen, account, &Body::read(call.body)?, &call.pages, now)?;
            Ok(page(&charge, 201).opening(charge))
        }
        Route::GetSession(id) => Ok(page(session::look(pen, account, id)?, 200)),
        Route::CancelSession(id) => Ok(page(&session::cancel(pen, account, id, now)?, 200)),
        Route::ListTransactions => {
            let query = Query::read(call.raw_query)?;
            Ok(Done::new(200, lie, |lie| transactions::list(pen, account, &query, call.raw_query, lie, now)))
        }
        Route::V2(asked) => v2::carry_out(sandbox, pen, call, asked, lie, now),
        Route::Refund(asked) => refunds::carry_out(sandbox, pen, call, asked, lie, now),
        Route::Qr(asked) => qr_codes::carry_out(sandbox, pen, call, asked, lie, now),
    }
}

/// A payment of v3 as it stands.
fn payment(pen: &Pen<'_>, call: &Call<'_>, id: &str, lie: &Lie) -> Result<Done, Refusal> {
    let (charge, payment) = look::payment(pen, call.account, id)?;
    Ok(Done::new(200, lie, |lie| view::payment(charge, payment, &call.account.business_id, lie)))
}
