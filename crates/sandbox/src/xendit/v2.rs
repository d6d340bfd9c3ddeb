//! Payments API v2: `/payment_requests` and `/v2/payment_methods`, as the official clients call them.
//!
//! A payment method is made with its request or before it; either way the books hold one charge for what is payable.

mod captures;
mod create;
mod list;
mod methods;
mod rails;
mod told;
mod view;

use chrono::{DateTime, Utc};

use super::answer::Refusal;
use super::body::Body;
use super::desk::Call;
use super::perform::Done;
use super::route::Target;
use super::simulate;
use crate::faults::{Lie, Operation};
use crate::id;
use crate::ledger::{Api, Books, Charge, ChargeStatus, Method};
use crate::money::Attempt;
use crate::sandbox::{Pen, Sandbox};

pub(super) use rails::{channel_code, kind, method};
pub(super) use told::{Told, told};
pub(super) use view::{method_status, request_status};

/// A call of v2. The id is that of the payment request or of the payment method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum V2Call {
    CreateRequest,
    GetRequest(String),
    ListRequests,
    Authorize(String),
    ResendAuthorization(String),
    Capture(String),
    ListCaptures(String),
    SimulateRequest(String),
    CreateMethod,
    GetMethod(String),
    ListMethods,
    AmendMethod(String),
    ExpireMethod(String),
    ListPayments(String),
    SimulateMethod(String),
}

impl V2Call {
    pub(super) fn parse(verb: &str, segments: &[&str]) -> Option<Self> {
        let id = |id: &&str| (*id).to_owned();
        match (verb, segments) {
            ("POST", ["payment_requests"]) => Some(Self::CreateRequest),
            ("GET", ["payment_requests"]) => Some(Self::ListRequests),
            ("GET", ["payment_requests", request]) => Some(Self::GetRequest(id(request))),
            ("POST", ["payment_requests", request, "auth"]) => Some(Self::Authorize(id(request))),
            ("POST", ["payment_requests", request, "auth", "resend"]) => Some(Self::ResendAuthorization(id(request))),
            ("POST", ["payment_requests", request, "captures"]) => Some(Self::Capture(id(request))),
            ("GET", ["payment_requests", request, "captures"]) => Some(Self::ListCaptures(id(request))),
            ("POST", ["payment_requests", request, "payments", "simulate"]) => Some(Self::SimulateRequest(id(request))),
            ("POST", ["v2", "payment_methods"]) => Some(Self::CreateMethod),
            ("GET", ["v2", "payment_methods"]) => Some(Self::ListMethods),
            ("GET", ["v2", "payment_methods", method]) => Some(Self::GetMethod(id(method))),
            ("PATCH", ["v2", "payment_methods", method]) => Some(Self::AmendMethod(id(method))),
            ("POST", ["v2", "payment_methods", method, "expire"]) => Some(Self::ExpireMethod(id(method))),
            ("GET", ["v2", "payment_methods", method, "payments"]) => Some(Self::ListPayments(id(method))),
            ("POST", ["v2", "payment_methods", method, "payments", "simulate"]) => {
                Some(Self::SimulateMethod(id(method)))
            }
            _ => None,
        }
    }

    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::CreateRequest => "POST /payment_requests",
            Self::GetRequest(_) => "GET /payment_requests/{id}",
            Self::ListRequests => "GET /payment_requests",
            Self::Authorize(_) => "POST /payment_requests/{id}/auth",
            Self::ResendAuthorization(_) => "POST /payment_requests/{id}/auth/resend",
            Self::Capture(_) => "POST /payment_requests/{id}/captures",
            Self::ListCaptures(_) => "GET /payment_requests/{id}/captures",
            Self::SimulateRequest(_) => "POST /payment_requests/{id}/payments/simulate",
            Self::CreateMethod => "POST /v2/payment_methods",
            Self::GetMethod(_) => "GET /v2/payment_methods/{id}",
            Self::ListMethods => "GET /v2/payment_methods",
            Self::AmendMethod(_) => "PATCH /v2/payment_methods/{id}",
            Self::ExpireMethod(_) => "POST /v2/payment_methods/{id}/expire",
            Self::ListPayments(_) => "GET /v2/payment_methods/{id}/payments",
            Self::SimulateMethod(_) => "POST /v2/payment_methods/{id}/payments/simulate",
        }
    }

    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::CreateRequest | Self::CreateMethod => Operation::Open,
            Self::GetRequest(_)
            | Self::ListRequests
            | Self::ListCaptures(_)
            | Self::GetMethod(_)
            | Self::ListMethods
            | Self::ListPayments(_) => Operation::Inquire,
            Self::ExpireMethod(_) => Operation::Cancel,
            // What the customer or the shop does beside it has no operation of its own.
            Self::SimulateRequest(_)
            | Self::SimulateMethod(_)
            | Self::Authorize(_)
            | Self::ResendAuthorization(_)
            | Self::Capture(_)
            | Self::AmendMethod(_) => Operation::Simulate,
        }
    }

    pub(super) fn target(&self) -> Target<'_> {
        match self {
            Self::CreateRequest | Self::CreateMethod => Target::Opening,
            Self::ListRequests | Self::ListMethods => Target::Listing("reference_id"),
            Self::GetRequest(id)
            | Self::Authorize(id)
            | Self::ResendAuthorization(id)
            | Self::Capture(id)
            | Self::ListCaptures(id)
            | Self::SimulateRequest(id)
            | Self::GetMethod(id)
            | Self::AmendMethod(id)
            | Self::ExpireMethod(id)
            | Self::ListPayments(id)
            | Self::SimulateMethod(id) => Target::Charge(id),
        }
    }
}

/// Does what the call asks for.
pub(super) fn carry_out(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    asked: &V2Call,
    lie: &Lie,
    now: DateTime<Utc>,
) -> Result<Done, Refusal> {
    let business_id = call.account.business_id.as_str();
    let request = |charge: &Charge, status| Done::new(status, lie, |lie| view::request(charge, business_id, lie));
    let method = |charge: &Charge, status| Done::new(status, lie, |lie| view::method(charge, business_id, lie));
    let said = |body: String| Done::new(200, lie, |lie| lie.finish(body.clone()));
    match asked {
        V2Call::CreateRequest => {
            let charge = create::create(pen, call, &Body::read(call.body)?, now)?;
            if charge.method == Method::Ovo {
                // Sent to a phone: that it is told as pending is documented, when it is, is unconfirmed.
                sandbox.announce(pen, &charge, now);
            }
            Ok(request(&charge, 201).opening(charge))
        }
        V2Call::GetRequest(id) | V2Call::ResendAuthorization(id) => Ok(request(look(pen, call, id)?, 200)),
        V2Call::ListRequests => Ok(Done::new(200, lie, |lie| list::requests(pen, call, lie))),
        V2Call::Authorize(id) => Ok(request(&authorize(sandbox, pen, call, id, now)?, 200)),
        V2Call::Capture(id) => {
            let (charge, payment) = captures::take(sandbox, pen, call, id, &Body::read(call.body)?, now)?;
            Ok(Done::new(200, lie, |lie| view::capture(&charge, &payment, business_id, lie)))
        }
        V2Call::ListCaptures(id) => {
            let charge = look(pen, call, id)?;
            Ok(Done::new(200, lie, |lie| captures::list(pen, charge, business_id, lie)))
        }
        V2Call::SimulateRequest(id) => {
            let charge = look(pen, call, id)?.clone();
            Ok(said(simulate::pay(sandbox, pen, &charge, None, now)?))
        }
        V2Call::CreateMethod => {
            let charge = methods::create(pen, call, &Body::read(call.body)?, now)?;
            Ok(method(&charge, 201).opening(charge))
        }
        V2Call::GetMethod(id) => Ok(method(methods::look(pen, call, id)?, 200)),
        V2Call::ListMethods => Ok(Done::new(200, lie, |lie| list::methods(pen, call, lie))),
        V2Call::AmendMethod(id) => Ok(method(&methods::amend(pen, call, id, &Body::read(call.body)?, now)?, 200)),
        V2Call::ExpireMethod(id) => Ok(method(&methods::expire(sandbox, pen, call, id, now)?, 200)),
        V2Call::ListPayments(id) => {
            let charge = methods::look(pen, call, id)?;
            Ok(Done::new(200, lie, |lie| list::payments(pen, charge, business_id, lie)))
        }
        V2Call::SimulateMethod(id) => {
            let amount = simulate::amount(&Body::read_optional(call.body)?)?;
            let charge = methods::look(pen, call, id)?.clone();
            Ok(said(simulate::pay(sandbox, pen, &charge, amount, now)?))
        }
    }
}

/// A payment request of this account.
fn look<'a>(books: &'a Books, call: &Call<'_>, id: &str) -> Result<&'a Charge, Refusal> {
    books
        .charge(id)
        .filter(|charge| charge.api == Api::V2 && charge.id == id && charge.account == call.account.name)
        .ok_or_else(Refusal::not_found)
}

/// The customer's code for a card, handed on by the merchant. Any six digits are right here.
fn authorize(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    call: &Call<'_>,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Charge, Refusal> {
    let code = Body::read(call.body)?.text("auth_code").unwrap_or_default();
    let charge = look(pen, call, id)?.clone();
    if charge.method != Method::Card || charge.status != ChargeStatus::Open {
        return Err(Refusal::new(400, "OPERATION_NOT_ALLOWED", "The payment request waits for no code."));
    }
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::invalid("`auth_code` must be six digits."));
    }
    sandbox.attempt(pen, &charge, Attempt::plain(), now).map_err(simulate::refused)?;
    look(pen, call, id).cloned()
}

/// The first payment of a wallet bears the digits of its request, as the samples do; a later one has its own.
pub(super) fn wallet_payment_id(books: &Books, charge: &Charge) -> String {
    match charge.id.strip_prefix("pr-") {
        Some(digits) if books.payments_of(&charge.id).next().is_none() => format!("ewc_{digits}"),
        Some(_) | None => id::prefixed("ewc_"),
    }
}
