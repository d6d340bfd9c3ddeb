//! The pages that a wallet or a card session sends its customers to: plain forms, so that any browser, and any test
//! that drives one, can click through them.

use actix_web::HttpResponse;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::web::{Data, Path};
use maud::{DOCTYPE, Markup, html};

use super::simulate;
use crate::ledger::{Charge, ChargeStatus, PaymentOutcome};
use crate::money::Attempt;
use crate::provider::Provider;
use crate::sandbox::Sandbox;

/// Where the pages are.
pub(crate) const BASE_PATH: &str = "/pages";
/// What a customer's "no" is called.
const DECLINED_BY_CUSTOMER: &str = "USER_DECLINED_PAYMENT";
/// What the bank's "no" to a card is called.
const DECLINED_BY_BANK: &str = "CARD_DECLINED";

/// `GET /pages/{id}`
pub(crate) async fn show(sandbox: Data<Sandbox>, id: Path<String>) -> HttpResponse {
    let now = sandbox.clock.now();
    let (found, _mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        pen.charge(&id).cloned()
    });
    match found {
        Some(charge) => page(&charge),
        None => HttpResponse::NotFound().finish(),
    }
}

/// `POST /pages/{id}/pay`
pub(crate) async fn pay(sandbox: Data<Sandbox>, id: Path<String>) -> HttpResponse {
    let outcome = |charge: &Charge| match charge.provider {
        Provider::Xendit => simulate::outcome(charge),
        Provider::Midtrans => PaymentOutcome::Succeeded,
    };
    try_once(&sandbox, &id, outcome).await
}

/// `POST /pages/{id}/decline`
pub(crate) async fn decline(sandbox: Data<Sandbox>, id: Path<String>) -> HttpResponse {
    let refusal = |charge: &Charge| {
        let code = if charge.method.may_be_tried_again() { DECLINED_BY_BANK } else { DECLINED_BY_CUSTOMER };
        PaymentOutcome::Failed { code: code.to_owned() }
    };
    try_once(&sandbox, &id, refusal).await
}

/// One go of the customer, if the page is still open; then the page again, as it is now.
async fn try_once(sandbox: &Sandbox, id: &str, outcome: impl FnOnce(&Charge) -> PaymentOutcome) -> HttpResponse {
    let now = sandbox.clock.now();
    let (known, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        let charge = pen.charge(id).cloned();
        if let Some(open) = charge.as_ref().filter(|charge| charge.is_payable(now)) {
            let attempt = Attempt { outcome: outcome(open), ..Attempt::plain() };
            // A page that is open was not paid, and always names its amount.
            sandbox.attempt(pen, open, attempt, now).ok();
        }
        charge.is_some()
    });
    if sandbox.durable(mark).await.is_err() {
        return HttpResponse::InternalServerError().finish();
    }
    if known {
        HttpResponse::SeeOther().insert_header((LOCATION, format!("{BASE_PATH}/{id}"))).finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}

fn page(charge: &Charge) -> HttpResponse {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Sandbox payment" }
            }
            body {
                main {
                    h1 { "Sandbox payment" }
                    p { @if let Some(amount) = &charge.amount { "Rp " (amount) " for " } (charge.reference) " by " (charge.method.word()) }
                    (state(charge))
                }
            }
        }
    };
    HttpResponse::Ok().content_type(ContentType::html()).body(markup.into_string())
}

fn state(charge: &Charge) -> Markup {
    match charge.status {
        ChargeStatus::Open => html! {
            @if let Some(code) = &charge.failure_code {
                p role="alert" { "The last attempt failed: " (code) ". You may try again." }
            }
            form method="post" action={ (BASE_PATH) "/" (charge.id) "/pay" } { button id="pay" { "Pay" } }
            form method="post" action={ (BASE_PATH) "/" (charge.id) "/decline" } { button id="decline" { "Decline" } }
        },
        ChargeStatus::Authorized | ChargeStatus::Paid => html! { p role="status" { "Paid. You may close this page." } },
        ChargeStatus::Failed => html! { p role="status" { "Declined." } },
        ChargeStatus::Canceled => html! { p role="status" { "The merchant has withdrawn this payment." } },
        ChargeStatus::Expired => html! { p role="status" { "The time for this payment is over." } },
    }
}
