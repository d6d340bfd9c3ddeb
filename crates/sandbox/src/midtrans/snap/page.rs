//! The page itself: plain forms, so that any browser, and any test that drives one, can click through it.

use actix_web::http::header::{ContentType, LOCATION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};

use super::super::charge;
use super::super::desk::Call;
use super::super::route::Route;
use super::super::state::State;
use super::latest;
use crate::body::Body;
use crate::faults::Sent;
use crate::id;
use crate::ledger::{Books, Charge, Entry, SnapPage};
use crate::sandbox::{Pen, Sandbox, json as written};
use crate::xendit::pages;

/// What a customer's card and phone are, where the page would ask.
const CARD: &str = "481111-1114";
const PHONE: &str = "081234567890";

/// Shows the page.
pub(in crate::midtrans) fn show(sandbox: &Sandbox, token: &str) -> Sent {
    let now = sandbox.clock.now();
    let (found, _mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        pen.page(token).map(|page| render(pen, page, now))
    });
    match found {
        Some(markup) => {
            let response = HttpResponse::Ok().content_type(ContentType::html()).body(markup.into_string());
            Sent { status: Some(200), response }
        }
        None => nothing(),
    }
}

/// The customer picks: a transaction is made, and its own page comes next.
pub(in crate::midtrans) async fn pick(sandbox: &Sandbox, request: &HttpRequest, token: &str, payment: &str) -> Sent {
    let now = sandbox.clock.now();
    let host = request.connection_info().host().to_owned();
    let (picked, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        let page = pen.page(token)?.clone();
        let is_taken = |charge: &Charge| State::of(pen, charge, now).holds_its_order();
        let may_pick = page.is_open(now) && page.offers.iter().any(|offer| offer == payment);
        if !may_pick || latest(pen, &page).is_some_and(is_taken) {
            return None;
        }
        open(sandbox, pen, &page, payment, &host, now)
    });
    match picked {
        Some(charge) if sandbox.durable(mark).await.is_ok() => {
            sandbox.opened.notify_one();
            let next = format!("{}/{}", pages::BASE_PATH, charge.id);
            let response = HttpResponse::SeeOther().insert_header((LOCATION, next)).finish();
            Sent { status: Some(303), response }
        }
        Some(_) | None => nothing(),
    }
}

fn nothing() -> Sent {
    Sent { status: Some(404), response: HttpResponse::NotFound().finish() }
}

/// Makes of a page and what was picked on it the charge that Core would have been asked for.
pub(in crate::midtrans) fn open(
    sandbox: &Sandbox,
    pen: &mut Pen<'_>,
    page: &SnapPage,
    payment: &str,
    host: &str,
    now: DateTime<Utc>,
) -> Option<Charge> {
    let merchant = sandbox.midtrans_merchants().iter().find(|merchant| merchant.name == page.account)?;
    let asked = Bytes::from(written(&asked(pen, page, payment)));
    let call = Call {
        merchant,
        route: Route::Charge,
        body: &asked,
        raw_query: "",
        key: None,
        append: page.append.clone(),
        instead: page.instead.clone(),
        page: Some(page.token.clone()),
        base: format!("http://{host}/midtrans"),
        pages: format!("http://{host}{}", pages::BASE_PATH),
    };
    charge::create(sandbox, pen, &call, &Body::read(&asked).ok()?, now).ok()
}

fn asked(pen: &mut Pen<'_>, page: &SnapPage, payment: &str) -> Value {
    let details = json!({"order_id": page.order_id, "gross_amount": page.amount.to_string()});
    let bank = |bank: &str| json!({"payment_type": "bank_transfer", "bank_transfer": {"bank": bank}});
    let mut body = match payment {
        "other_qris" => json!({"payment_type": "qris"}),
        "bca_va" => bank("bca"),
        "bni_va" => bank("bni"),
        "bri_va" => bank("bri"),
        "ovo" => json!({"payment_type": "ovo", "ovo": {"payer_phone_number": PHONE}}),
        "credit_card" => {
            let token_id = format!("{CARD}-{}", id::prefixed(""));
            pen.record(&Entry::Tokenized { account: page.account.clone(), token_id: token_id.clone() });
            json!({"payment_type": "credit_card", "credit_card": {"token_id": token_id, "authentication": true}})
        }
        same => json!({"payment_type": same}),
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("transaction_details".to_owned(), details);
        for (name, value) in &page.echo {
            let name = if name == "expiry" { "custom_expiry" } else { name };
            let value = serde_json::from_str(value.get()).unwrap_or(Value::Null);
            fields.insert(name.to_owned(), value);
        }
    }
    body
}

fn render(books: &Books, page: &SnapPage, now: DateTime<Utc>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Sandbox checkout" }
            }
            body {
                main {
                    h1 { "Sandbox checkout" }
                    p { "Rp " (page.amount) " for " (page.order_id) }
                    (state(books, page, now))
                }
            }
        }
    }
}

fn state(books: &Books, page: &SnapPage, now: DateTime<Utc>) -> Markup {
    let picked = latest(books, page);
    match picked {
        Some(charge) if State::of(books, charge, now).holds_its_order() => html! {
            a id="picked" href={ (pages::BASE_PATH) "/" (charge.id) } { "Go on" }
        },
        Some(_) | None if page.is_open(now) => html! {
            @if picked.is_some() { p role="alert" { "The last attempt came to nothing. You may pick again." } }
            @for offer in &page.offers {
                form method="post" action={ (page.token) "/" (offer) } { button id=(offer) { (offer) } }
            }
        },
        Some(_) | None => html! { p role="status" { "This page is closed." } },
    }
}
