//! Where every call to `/xendit` arrives: key, limit, fault, the call itself, and the answer on its way out.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::about;
use super::answer::{Refusal, error_of, window_headers};
use super::route::Route;
use super::{auth, idempotency, pages, perform};
use crate::config::XenditAccount;
use crate::faults::{self, Connection, Fired, Lie, Reply, Sent};
use crate::id;
use crate::ledger::Api;
use crate::limiter::Counter;
use crate::provider::Provider;
use crate::sandbox::Sandbox;

/// One call, understood as far as it can be without looking into the books.
pub(super) struct Call<'a> {
    pub(super) account: &'a XenditAccount,
    pub(super) api: Api,
    pub(super) route: Route,
    pub(super) body: &'a Bytes,
    pub(super) raw_query: &'a str,
    pub(super) idempotency_key: Option<&'a str>,
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
    let call = match understand(sandbox, request, body) {
        Ok(call) => call,
        Err(refusal) => return faults::spoken(refusal.reply()),
    };
    let window = sandbox.limiter().count(
        Counter { provider: Provider::Xendit, account: call.account.name.clone(), endpoint: call.route.endpoint() },
        sandbox.clock.now(),
    );
    let headers = window.map(window_headers).unwrap_or_default();
    if window.is_some_and(|window| window.refused) {
        return faults::spoken(Reply { headers, ..error_of(429) });
    }
    let connection = Connection::of(request);
    let fired = about::pick(sandbox, &call);
    if let Some(fired) = &fired
        && let Some(sent) = faults::instead(fired, connection.as_ref(), error_of).await
    {
        return sent;
    }
    let mut reply = perform(sandbox, &call, fired.as_ref()).await;
    reply.headers.extend(headers);
    reply.headers.push(("Request-Id", id::prefixed("")));
    match fired {
        Some(fired) => faults::afterwards(&fired, reply, connection.as_ref(), error_of).await,
        None => faults::spoken(reply),
    }
}

fn understand<'a>(sandbox: &'a Sandbox, request: &'a HttpRequest, body: &'a Bytes) -> Result<Call<'a>, Refusal> {
    let account = auth::account(sandbox.xendit_accounts(), request)?;
    let below_base = request.match_info().query("tail");
    let route = Route::parse(request.method(), below_base)
        .ok_or_else(|| Refusal::new(404, "NOT_FOUND", "There is no such endpoint in this sandbox."))?;
    // Unconfirmed: what Xendit answers without the header, or to one it does not know.
    let api = route
        .api(auth::header(request, "api-version"))
        .ok_or_else(|| Refusal::invalid("The api-version header names no version of this endpoint."))?;
    let key_header = route.idempotency_header().unwrap_or("idempotency-key");
    Ok(Call {
        account,
        api,
        route,
        body,
        raw_query: request.query_string(),
        idempotency_key: auth::header(request, key_header),
        pages: format!("http://{}{}", request.connection_info().host(), pages::BASE_PATH),
    })
}

async fn perform(sandbox: &Sandbox, call: &Call<'_>, fired: Option<&Fired>) -> Reply {
    let now = sandbox.clock.now();
    let (outcome, mark) = sandbox.with_books(|pen| {
        sandbox.expire_due(pen, now);
        let lie =
            fired.map_or_else(Lie::default, |fired| Lie::of(fired.effect, || about::foreign_reference(pen, call)));
        idempotency::once(pen, call, |pen| perform::carry_out(sandbox, pen, call, &lie, now))
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
