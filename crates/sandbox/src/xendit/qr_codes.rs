//! `/qr_codes`: the QR Codes API without a version and that of 2022-07-31. One set of books, two ways to write it down.
//!
//! The code itself never turns "paid": its payments are listed beside it, and each is told by `qr.payment`.

mod create;
mod view;

use chrono::{DateTime, Utc};

use super::about::queried;
use super::answer::Refusal;
use super::body::Body;
use super::desk::Call;
use super::perform::Done;
use super::route::Target;
use super::simulate;
use crate::faults::{Lie, Operation};
use crate::ledger::{Api, Books, Charge, ChargeStatus};
use crate::money::Attempt;
use crate::sandbox::{Pen, Sandbox};

pub(super) use view::{V1Payment, VersionedPayment, status};

/// A call below `/qr_codes`. The object is named by its reference in v1, by its id from 2022-07-31 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum QrCall {
    Create,
    Get(String),
    /// Of v1, with the reference in the query.
    ListPayments,
    /// Of 2022-07-31.
    ListPaymentsOf(String),
    Simulate(String),
}

impl QrCall {
    pub(super) fn parse(verb: &str, below: &[&str]) -> Option<Self> {
        match (verb, below) {
            ("POST", []) => Some(Self::Create),
            ("GET", ["payments"]) => Some(Self::ListPayments),
            ("GET", [name]) => Some(Self::Get((*name).to_owned())),
            ("GET", [name, "payments"]) => Some(Self::ListPaymentsOf((*name).to_owned())),
            ("POST", [name, "payments", "simulate"]) => Some(Self::Simulate((*name).to_owned())),
            _ => None,
        }
    }

    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::Create => "POST /qr_codes",
            Self::Get(_) => "GET /qr_codes/{id}",
            Self::ListPayments => "GET /qr_codes/payments",
            Self::ListPaymentsOf(_) => "GET /qr_codes/{id}/payments",
            Self::Simulate(_) => "POST /qr_codes/{id}/payments/simulate",
        }
    }

    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Create => Operation::Open,
            Self::Get(_) | Self::ListPayments | Self::ListPaymentsOf(_) => Operation::Inquire,
            Self::Simulate(_) => Operation::Simulate,
        }
    }

    pub(super) fn target(&self) -> Target<'_> {
        match self {
            Self::Create => Target::Opening,
            Self::Get(name) | Self::ListPaymentsOf(name) | Self::Simulate(name) => Target::Charge(name),
            Self::ListPayments => Target::Listing("external_id"),
        }
    }
}

/// Does what the call asks for.
pub(super) fn carry_out(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    asked: &QrCall,
    lie: &Lie,
    now: DateTime<Utc>,
) -> Result<Done, Refusal> {
    let business_id = call.account.business_id.as_str();
    match asked {
        QrCall::Create => {
            let charge = create::create(pen, call, &Body::read(call.body)?, now)?;
            // Recorded for v1; that 2022-07-31 says 201 is unconfirmed.
            let status = if call.api == Api::QrV1 { 200 } else { 201 };
            Ok(Done::new(status, lie, |lie| view::code(call.api, &charge, business_id, lie, now)).opening(charge))
        }
        QrCall::Get(name) => {
            let charge = look(pen, call, name)?;
            Ok(Done::new(200, lie, |lie| view::code(call.api, charge, business_id, lie, now)))
        }
        QrCall::ListPayments => {
            let reference = queried(call.raw_query, "external_id").unwrap_or_default();
            // Recorded: an unknown reference has no payments rather than being unknown.
            let charge = look(pen, call, &reference).ok();
            Ok(Done::new(200, lie, |lie| view::payments(call.api, pen, charge, business_id, lie)))
        }
        QrCall::ListPaymentsOf(id) => {
            let charge = look(pen, call, id)?;
            Ok(Done::new(200, lie, |lie| view::payments(call.api, pen, Some(charge), business_id, lie)))
        }
        QrCall::Simulate(name) => {
            let body = Body::read_optional(call.body)?;
            let charge = look(pen, call, name)?.clone();
            if is_over(&charge, now) {
                // Unconfirmed: what a code that is over answers here.
                return Err(Refusal::new(400, "INACTIVE_QR_CODE", "The QR code is not active any more."));
            }
            let attempt = Attempt { amount: simulate::amount(&body)?, ..Attempt::plain() };
            let (payment, _queued) = sandbox.attempt(pen, &charge, attempt, now).map_err(simulate::refused)?;
            Ok(Done::new(200, lie, |lie| view::payment(call.api, &charge, &payment, business_id, lie)))
        }
    }
}

/// A code of this account, by the name that the version of the call gives it.
fn look<'a>(books: &'a Books, call: &Call<'_>, name: &str) -> Result<&'a Charge, Refusal> {
    let own = |charge: &&Charge| charge.api.is_of_qr_codes() && charge.account == call.account.name;
    if call.api == Api::QrV1 {
        let missing = || Refusal::new(404, "DATA_NOT_FOUND", format!("QR code with external_id {name} not found"));
        return named(books, call, name).ok_or_else(missing);
    }
    books.charge(name).filter(own).ok_or_else(Refusal::not_found)
}

/// The code of this account with this reference.
fn named<'a>(books: &'a Books, call: &Call<'_>, reference: &str) -> Option<&'a Charge> {
    books.charges_named(reference).find(|charge| {
        charge.api.is_of_qr_codes() && charge.account == call.account.name && charge.reference == reference
    })
}

/// Whether a code is over: by time alone, for money does not end it.
fn is_over(charge: &Charge, now: DateTime<Utc>) -> bool {
    let withdrawn = matches!(charge.status, ChargeStatus::Expired | ChargeStatus::Canceled);
    withdrawn || charge.payable_until <= now
}
