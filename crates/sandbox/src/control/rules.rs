use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::answer::{Refused, answer, read, safe};
use crate::config::RateLimit;
use crate::faults::Rule;
use crate::provider::Provider;
use crate::sandbox::Sandbox;

/// An empty JSON object: done.
#[derive(Serialize)]
struct Nothing {}

/// A limit to be put in force: `per_minute` is a positive whole number or `"off"`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitBody {
    provider: Option<Provider>,
    /// Verb and path template, such as `GET /v3/payments/{id}`; without it, every endpoint that has no limit of its own.
    endpoint: Option<String>,
    per_minute: Box<RawValue>,
}

/// `PUT /_control/faults`: answers with the rules now in force.
pub(super) async fn put_faults(sandbox: Data<Sandbox>, body: Bytes) -> HttpResponse {
    let replaced = read::<Vec<Rule>>(&body)
        .and_then(|rules| sandbox.rules().replace(rules).map_err(|error| Refused::bad_request(error.to_string())));
    match replaced {
        Ok(()) => get_faults(sandbox).await,
        Err(refused) => answer::<Nothing>(Err(refused)),
    }
}

/// `GET /_control/faults`
pub(super) async fn get_faults(sandbox: Data<Sandbox>) -> HttpResponse {
    let rules: Vec<Rule> = sandbox.rules().in_force().cloned().collect();
    answer(Ok(rules))
}

/// `PUT /_control/limits`: one limit or an array of them.
pub(super) async fn put_limits(sandbox: Data<Sandbox>, body: Bytes) -> HttpResponse {
    answer(set_limits(&sandbox, &body))
}

fn set_limits(sandbox: &Sandbox, body: &[u8]) -> Result<Nothing, Refused> {
    let wanted: Vec<LimitBody> =
        if body.trim_ascii_start().starts_with(b"[") { read(body)? } else { vec![read(body)?] };
    let parsed = wanted
        .into_iter()
        .map(|limit| {
            let per_minute: RateLimit = limit
                .per_minute
                .get()
                .trim_matches('"')
                .parse()
                .map_err(|error: crate::config::RateLimitError| Refused::bad_request(error.to_string()))?;
            let provider = limit.provider.unwrap_or(Provider::Xendit);
            Ok((provider, limit.endpoint, per_minute))
        })
        .collect::<Result<Vec<_>, Refused>>()?;
    let mut limiter = sandbox.limiter();
    for (provider, endpoint, per_minute) in parsed {
        limiter.set(provider, endpoint, per_minute);
    }
    Ok(Nothing {})
}

/// `POST /_control/reset`
pub(super) async fn reset(sandbox: Data<Sandbox>) -> HttpResponse {
    let mark = sandbox.reset();
    answer(safe(&sandbox, mark).await.map(|()| Nothing {}))
}
