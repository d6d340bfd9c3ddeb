//! What a call is about, as far as rules and lies need to know.

use super::channels::{Asked, Channel};
use super::desk::Call;
use super::route::Route;
use super::snap::SnapCall;
use crate::body::Body;
use crate::faults::{Fired, Subject};
use crate::ledger::{Books, Charge};
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
        provider: Provider::Midtrans,
        operation: call.route.operation(),
        method: about.method,
        reference: about.reference.as_deref(),
        order_code: about.order_code.as_deref(),
        id: about.id.as_deref(),
    };
    sandbox.fault(subject, |_any| true)
}

fn about(books: &Books, call: &Call<'_>) -> About {
    if matches!(call.route, Route::Charge | Route::Snap(SnapCall::Create)) {
        let body = Body::read(call.body).unwrap_or_default();
        return About {
            method: match Channel::asked(&body) {
                Asked::Played(channel) => Some(channel.method.word()),
                Asked::NotActivated | Asked::Unknown => None,
            },
            reference: body.nested("transaction_details").and_then(|details| details.text_or_digits("order_id")),
            order_code: body.text("custom_field1"),
            id: None,
        };
    }
    meant(books, call).map_or_else(About::default, |charge| About {
        method: Some(charge.method.word()),
        reference: Some(charge.reference.clone()),
        order_code: charge.order_code.clone(),
        id: Some(charge.id.clone()),
    })
}

/// The transaction that a call names, in its path or, for a capture, in its body.
fn meant<'a>(books: &'a Books, call: &Call<'_>) -> Option<&'a Charge> {
    let id = match call.route.id() {
        Some(id) => id.to_owned(),
        None => Body::read(call.body).ok()?.text("transaction_id")?,
    };
    super::look::transaction(books, call.merchant, &id).ok()
}

/// The reference of the newest transaction that this call is not about.
pub(super) fn foreign_reference(pen: &Pen<'_>, call: &Call<'_>) -> Option<String> {
    let own = about(pen, call).reference;
    pen.charges()
        .filter(|charge| charge.provider == Provider::Midtrans && Some(&charge.reference) != own.as_ref())
        .last()
        .map(|charge| charge.reference.clone())
}
