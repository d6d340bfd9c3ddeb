use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path, Query};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::{Refused, answer, read, safe};
use crate::provider::Provider;
use crate::requests::LoggedRequest;
use crate::sandbox::Sandbox;
use crate::webhooks::LoggedDelivery;

#[derive(Deserialize)]
pub(super) struct Since {
    since: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetBody {
    provider: Provider,
    account: Option<String>,
    url: String,
}

#[derive(Serialize)]
struct Target {
    provider: Provider,
    account: String,
    url: String,
}

#[derive(Serialize)]
struct Resent {
    id: String,
}

/// `GET /_control/requests?since=`: a time, or the `seq` of the last request already known.
pub(super) async fn requests(sandbox: Data<Sandbox>, query: Query<Since>) -> HttpResponse {
    answer(requests_since(&sandbox, query.into_inner().since.as_deref()))
}

fn requests_since(sandbox: &Sandbox, since: Option<&str>) -> Result<Vec<LoggedRequest>, Refused> {
    let log = sandbox.requests();
    let Some(since) = since.filter(|text| !text.is_empty()) else {
        return Ok(log.iter().cloned().collect());
    };
    if let Ok(seq) = since.parse::<u64>() {
        return Ok(log.iter().filter(|row| row.seq > seq).cloned().collect());
    }
    // A `+` of a zone offset arrives as a blank when it was not escaped.
    let at: DateTime<Utc> = since
        .replace(' ', "+")
        .parse()
        .map_err(|_unreadable: chrono::ParseError| Refused::bad_request("since is a time or the seq of a request"))?;
    Ok(log.iter().filter(|row| row.at >= at).cloned().collect())
}

/// `GET /_control/webhooks`
pub(super) async fn webhooks(sandbox: Data<Sandbox>) -> HttpResponse {
    let tried: Vec<LoggedDelivery> = sandbox.webhooks.log().iter().cloned().collect();
    answer(Ok(tried))
}

/// `POST /_control/webhooks/{id}/resend`: answers once the receiver has, or the time for that was up.
pub(super) async fn resend(sandbox: Data<Sandbox>, id: Path<String>) -> HttpResponse {
    answer(resend_one(&sandbox, id.into_inner()).await)
}

async fn resend_one(sandbox: &Sandbox, id: String) -> Result<Resent, Refused> {
    let (known, _mark) = sandbox.with_books(|pen| pen.notification(&id).is_some());
    if !known {
        return Err(Refused::not_found(format!("no webhook is called {id:?}")));
    }
    let answered = sandbox.webhooks.send_now(id.clone(), false, sandbox.clock.now());
    // An error means that the sandbox is stopping.
    answered.await.ok();
    Ok(Resent { id })
}

/// `PUT /_control/webhook-target`
pub(super) async fn put_target(sandbox: Data<Sandbox>, body: Bytes) -> HttpResponse {
    answer(set_target(&sandbox, &body).await)
}

async fn set_target(sandbox: &Sandbox, body: &[u8]) -> Result<Target, Refused> {
    let wanted: TargetBody = read(body)?;
    let url = Url::parse(&wanted.url).map_err(|error| Refused::bad_request(format!("url cannot be read: {error}")))?;
    let (account, mark) = sandbox
        .direct_webhooks(wanted.provider, wanted.account.as_deref(), &url)
        .ok_or_else(|| Refused::not_found("no such account"))?;
    safe(sandbox, mark).await?;
    Ok(Target { provider: wanted.provider, account, url: url.to_string() })
}
