//! What a call is about, as far as rules and lies need to know.

use super::create::CreateBody;
use super::desk::Call;
use super::route::Route;
use super::transactions::Query;
use crate::faults::{Fired, Subject};
use crate::ledger::{Charge, Method};
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
    let about = about(sandbox, call);
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

fn about(sandbox: &Sandbox, call: &Call<'_>) -> About {
    let of_charge = |find: &dyn Fn(&Pen<'_>) -> Option<Charge>| {
        let (charge, _mark) = sandbox.with_books(|pen| find(pen));
        charge.map_or_else(About::default, |charge| About {
            method: Some(charge.method.word()),
            reference: Some(charge.reference),
            order_code: charge.order_code,
            id: Some(charge.id),
        })
    };
    match &call.route {
        Route::CreatePaymentRequest | Route::CreateSession => {
            let body = CreateBody::read(call.body).unwrap_or_default();
            let method = if call.route == Route::CreateSession { Some(Method::CardPage) } else { body.method() };
            About {
                method: method.map(Method::word),
                reference: body.reference(),
                order_code: body.order_code(),
                id: None,
            }
        }
        Route::GetPaymentRequest(id)
        | Route::CancelPaymentRequest(id)
        | Route::SimulatePaymentRequest(id)
        | Route::GetSession(id)
        | Route::CancelSession(id) => of_charge(&|pen| pen.charge(id).cloned()),
        Route::GetPayment(id) => of_charge(&|pen| pen.charge(&pen.payment(id)?.charge_id).cloned()),
        Route::ListTransactions => About {
            reference: Query::read(call.raw_query).ok().and_then(|query| query.reference().map(str::to_owned)),
            ..About::default()
        },
    }
}

/// The reference of the newest charge that this call is not about.
pub(super) fn foreign_reference(pen: &Pen<'_>, call: &Call<'_>) -> Option<String> {
    let own = match &call.route {
        Route::CreatePaymentRequest | Route::CreateSession => CreateBody::read(call.body).ok()?.reference(),
        Route::GetPaymentRequest(id)
        | Route::CancelPaymentRequest(id)
        | Route::SimulatePaymentRequest(id)
        | Route::GetSession(id)
        | Route::CancelSession(id) => pen.charge(id).map(|own| own.reference.clone()),
        Route::GetPayment(id) => {
            let payment = pen.payment(id)?;
            pen.charge(&payment.charge_id).map(|own| own.reference.clone())
        }
        Route::ListTransactions => None,
    };
    pen.charges().filter(|charge| Some(&charge.reference) != own.as_ref()).last().map(|charge| charge.reference.clone())
}
