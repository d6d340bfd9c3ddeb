//! What a call is about, as far as rules and lies need to know.

use url::form_urlencoded;

use super::body::Body;
use super::create;
use super::desk::Call;
use super::route::{Route, Target};
use super::v2;
use crate::faults::{Fired, Subject};
use crate::ledger::{Books, Charge, Method};
use crate::provider::Provider;
use crate::sandbox::{Pen, Sandbox};

#[derive(Default)]
struct About {
    method: Option<&'static str>,
    reference: Option<String>,
    order_code: Option<String>,
    id: Option<String>,
}

/// The rule that fires for this call.
pub(super) fn pick(sandbox: &Sandbox, call: &Call<'_>) -> Option<Fired> {
    let (about, _mark) = sandbox.with_books(|pen| about(pen, call));
    let subject = Subject {
        provider: Provider::Xendit,
        operation: call.route.operation(),
        method: about.method,
        reference: about.reference.as_deref(),
        order_code: about.order_code.as_deref(),
        id: about.id.as_deref(),
    };
    sandbox.fault(subject, |_any| true)
}

fn about(books: &Books, call: &Call<'_>) -> About {
    match call.route.target() {
        Target::Opening => {
            let body = Body::read(call.body).unwrap_or_default();
            About {
                method: opened_method(&call.route, &body).map(Method::word),
                reference: opened_reference(&body),
                order_code: body.order_code(),
                id: None,
            }
        }
        Target::Charge(_) | Target::Payment(_) | Target::Refund(_) | Target::Refunding => meant(books, call)
            .map_or_else(About::default, |charge| About {
                method: Some(charge.method.word()),
                reference: Some(charge.reference.clone()),
                order_code: charge.order_code.clone(),
                id: Some(charge.id.clone()),
            }),
        Target::Listing(parameter) => About { reference: queried(call.raw_query, parameter), ..About::default() },
    }
}

/// The charge that a call names, by one of its ids or by that of a refund.
fn meant<'a>(books: &'a Books, call: &Call<'_>) -> Option<&'a Charge> {
    match call.route.target() {
        Target::Charge(id) => books.charge(id).or_else(|| books.charges_named(id).next()),
        Target::Payment(id) => books.charge(&books.payment(id)?.charge_id),
        Target::Refund(id) => books.charge(&books.refunds().get(id)?.charge_id),
        Target::Refunding => books.charge(&Body::read(call.body).ok()?.text("payment_request_id")?),
        Target::Opening | Target::Listing(_) => None,
    }
}

fn opened_method(route: &Route, body: &Body) -> Option<Method> {
    match route {
        Route::CreateSession => Some(Method::CardPage),
        Route::Qr(_) => Some(Method::Qris),
        Route::V2(_) => v2::method(body),
        Route::CreatePaymentRequest
        | Route::GetPaymentRequest(_)
        | Route::CancelPaymentRequest(_)
        | Route::SimulatePaymentRequest(_)
        | Route::AmendPaymentRequest(_)
        | Route::GetPayment(_)
        | Route::CapturePayment(_)
        | Route::ReleasePayment(_)
        | Route::GetSession(_)
        | Route::CancelSession(_)
        | Route::ListTransactions
        | Route::Refund(_) => create::method(body),
    }
}

/// QR Codes v1 has a word of its own for the reference.
fn opened_reference(body: &Body) -> Option<String> {
    body.text("reference_id").or_else(|| body.text("external_id"))
}

/// A parameter of the query.
pub(super) fn queried(raw_query: &str, parameter: &str) -> Option<String> {
    form_urlencoded::parse(raw_query.as_bytes())
        .find(|(name, _)| name == parameter)
        .map(|(_, value)| value.into_owned())
}

/// The reference of the newest charge that this call is not about.
pub(super) fn foreign_reference(pen: &Pen<'_>, call: &Call<'_>) -> Option<String> {
    let own = about(pen, call).reference;
    pen.charges().filter(|charge| Some(&charge.reference) != own.as_ref()).last().map(|charge| charge.reference.clone())
}
