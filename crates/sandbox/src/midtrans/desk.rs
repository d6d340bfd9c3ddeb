//! Where every call to `/midtrans` arrives: key, limit, fault, the call itself, and the answer on its way out.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{Refusal, error_of};
use super::card::queried;
use super::route::Route;
use super::{about, auth, idempotency, perform, picture, snap};
use crate::config::MidtransMerchant;
use crate::faults::{self, Connection, Fired, Lie, Reply, Sent};
use crate::headers::header;
use crate::limiter::Counter;
use crate::provider::Provider;
use crate::sandbox::Sandbox;
use crate::xendit::pages;

/// Addresses that a request may name for its notifications; other pages say three (unconfirmed).
const ADDRESSES_MAX: usize = 2;

/// One call, understood as far as it can be without looking into the books.
pub(super) struct Call<'a> {
    pub(super) merchant: &'a MidtransMerchant,
    pub(super) route: Route,
    pub(super) body: &'a Bytes,
    pub(super) raw_query: &'a str,
    /// The idempotency key, where it counts.
    pub(super) key: Option<&'a str>,
    /// Where notifications of what this call opens go beside the merchant's address.
    pub(super) append: Vec<String>,
    /// Where they go instead.
    pub(super) instead: Vec<String>,
    /// The page of Snap on which a customer picked it.
    pub(super) page: Option<String>,
    /// Where this API is.
    pub(super) base: String,
    /// Where the pages for customers are.
    pub(super) pages: String,
}

/// Answers one call below the base path.
pub(crate) async fn serve(request: HttpRequest, body: Bytes, sandbox: Data<Sandbox>) -> HttpResponse {
    let seq = sandbox.requests().received(&request, &body, sandbox.clock.now());
    let sent = answer(&sandbox, &request, &body).await;
    sandbox.requests().answered(seq, sent.status);
    sent.response
}

async fn answer(sandbox: &Sandbox, request: &HttpRequest, body: &Bytes) -> Sent {
    let Some(route) = Route::parse(request.method(), request.match_info().query("tail")) else {
        let mut reply = Refusal::new(404, "The requested resource is not found").reply();
        // Unconfirmed: what no endpoint is found for may well be answered by something else.
        reply.status = 404;
        return faults::spoken(reply);
    };
    if let Some(sent) = without_key(sandbox, request, &route).await {
        return sent;
    }
    let error_of = if matches!(route, Route::Snap(_)) { snap::error_of } else { error_of };
    let call = match understand(sandbox, request, body, route) {
        Ok(call) => call,
        // Nothing else is refused before the call is understood.
        Err(_unknown_key) => return faults::spoken(error_of(401)),
    };
    let window = sandbox.limiter().count(
        Counter { provider: Provider::Midtrans, account: call.merchant.name.clone(), endpoint: call.route.endpoint() },
        sandbox.clock.now(),
    );
    if window.is_some_and(|window| window.refused) {
        return faults::spoken(error_of(429));
    }
    let under_way = match idempotency::begin(sandbox, &call) {
        Ok(under_way) => under_way,
        Err(refusal) => return faults::spoken(refusal.reply()),
    };
    let connection = Connection::of(request);
    let fired = about::pick(sandbox, &call);
    if let Some(fired) = &fired
        && let Some(sent) = faults::instead(fired, connection.as_ref(), error_of).await
    {
        return sent;
    }
    let reply = perform(sandbox, &call, fired.as_ref(), error_of).await;
    drop(under_way);
    match fired {
        Some(fired) => faults::afterwards(&fired, reply, connection.as_ref(), error_of).await,
        None => faults::spoken(reply),
    }
}

/// What anybody may see who knows an id or a token.
async fn without_key(sandbox: &Sandbox, request: &HttpRequest, route: &Route) -> Option<Sent> {
    match route {
        Route::Picture(id) => Some(picture::show(sandbox, id)),
        Route::Page(token) => Some(snap::page::show(sandbox, token)),
        Route::Pick(token, payment) => Some(snap::page::pick(sandbox, request, token, payment).await),
        Route::Charge
        | Route::Token
        | Route::Status(_)
        | Route::Cancel(_)
        | Route::Expire(_)
        | Route::Approve(_)
        | Route::Deny(_)
        | Route::Capture
        | Route::Refund(..)
        | Route::Snap(_) => None,
    }
}

fn understand<'a>(
    sandbox: &'a Sandbox,
    request: &'a HttpRequest,
    body: &'a Bytes,
    route: Route,
) -> Result<Call<'a>, Refusal> {
    let merchants = sandbox.midtrans_merchants();
    let merchant = if route == Route::Token {
        auth::merchant_of_client(merchants, queried(request.query_string(), "client_key").as_deref())?
    } else {
        auth::merchant(merchants, request)?
    };
    let host = request.connection_info().host().to_owned();
    Ok(Call {
        merchant,
        key: idempotency::key(header(request, "idempotency-key")).filter(|_| route.honours_keys()),
        route,
        body,
        raw_query: request.query_string(),
        page: None,
        append: addresses(header(request, "x-append-notification")),
        instead: addresses(header(request, "x-override-notification")),
        base: format!("http://{host}/midtrans"),
        pages: format!("http://{host}{}", pages::BASE_PATH),
    })
}

/// The addresses that a header lists, commas between them.
fn addresses(header: Option<&str>) -> Vec<String> {
    let listed = header.unwrap_or_default().split(',').map(str::trim).filter(|address| !address.is_empty());
    listed.take(ADDRESSES_MAX).map(str::to_owned).collect()
}

async fn perform(sandbox: &Sandbox, call: &Call<'_>, fired: Option<&Fired>, error_of: fn(u16) -> Reply) -> Reply {
    let now = sandbox.clock.now();
    let (outcome, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        let lie =
            fired.map_or_else(Lie::default, |fired| Lie::of(fired.effect, || about::foreign_reference(pen, call)));
        idempotency::once(pen, call, now, |pen| perform::carry_out(sandbox, pen, call, &lie, now))
    });
    if sandbox.durable(mark).await.is_err() {
        return error_of(500);
    }
    match outcome {
        Ok(done) => {
            if let Some(charge) = done.opened {
                sandbox.opened.notify_one();
                sandbox.tell_early(&charge).await;
            }
            done.reply
        }
        Err(refusal) => refusal.reply(),
    }
}
