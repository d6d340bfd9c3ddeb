//! `POST /api/v1/webhook/{provider}[/{account}]`: stored, then answered; everything else comes after.

use std::sync::Arc;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{AcceptError, AcceptedWebhook};
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::Drift;
use mstore_pay_domain::webhook::{Claim, LeasedDelivery, Notification, RawWebhook};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::reply::Message;
use super::{body, reply, schema};
use crate::observed::count_drift;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::proxies::caller_of;
use crate::state::State;

/// Whatever the provider tells.
struct WebhookBody;

impl PartialSchema for WebhookBody {
    fn schema() -> RefOr<Schema> {
        schema::object().into()
    }
}

impl ToSchema for WebhookBody {}

/// Whose webhooks come where this is said.
pub(super) struct Of(pub(super) ProviderId);

/// Take a provider's webhook
///
/// Proven by what the provider signs with, not by a token of ours. `/api/v1/webhook/{provider}/{account}` is
/// the same for one account.
#[utoipa::path(
    post,
    path = "/api/v1/webhook/{provider}",
    tag = "webhooks",
    params(("provider" = String, Path, description = "`xendit`, or `midtrans` where it takes part.")),
    request_body(content = WebhookBody, content_type = "application/json"),
    responses(
        (status = 200, description = "It is stored; the work comes after.", body = Message),
        (status = 400), (status = 401), (status = 404), (status = 413), (status = 415),
    ),
)]
pub(crate) async fn receive(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let not_found = || Problem::new(ErrorCode::NotFound);
    let provider = match request.app_data::<Of>() {
        Some(Of(provider)) => provider.clone(),
        None => named(&state, &request).ok_or_else(not_found)?,
    };
    let account = match request.match_info().get("account") {
        Some(id) => Some(AccountId::parse(id).map_err(|_no_such_account| not_found())?),
        None => None,
    };
    let body = body::raw(&request, payload, body::WEBHOOK_BODY_BYTES_MAX).await?;
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let raw = RawWebhook { headers: headers.collect(), body };
    let (gateway, workers, named) = (Arc::clone(&state.gateway), Arc::clone(&state.workers), provider.clone());
    let taking = async move {
        let settler = workers.settler();
        Ok(match gateway.accept_webhook(&named, account.as_ref(), &raw, settler).await? {
            AcceptedWebhook::New { leased, told } => {
                count_told(&leased, *told);
                workers.settle(leased, settler).await;
                "new"
            }
            AcceptedWebhook::Duplicate { .. } => "duplicate",
        })
    };
    let taken: Result<&'static str, AcceptError> = state.tasks.run_here("taking a webhook in", taking).await?;
    let result = match &taken {
        Ok(result) => result,
        Err(AcceptError::NotAuthentic(_)) => "not_authentic",
        Err(AcceptError::Unreadable(_)) => "unreadable",
        Err(_) => "failed",
    };
    metrics::counter!(
        "mstore_pay_webhooks_total", "provider" => provider.to_string(), "result" => result
    )
    .increment(1);
    match taken {
        Ok(_) => Ok(reply::message("Webhook processed successfully")),
        Err(error @ AcceptError::NotAuthentic(_)) => Err(refused(&state, &request, &provider, error)),
        Err(error) => Err(error.into()),
    }
}

/// Who is named in the path, if webhooks of theirs are taken in.
fn named(state: &State, request: &HttpRequest) -> Option<ProviderId> {
    let named = ProviderId::parse(request.match_info().get("provider")?).ok()?;
    state.gateway.ports().webhooks.iter().map(|source| source.provider()).find(|provider| *provider == named)
}

/// Counts what a webhook tells, once for however many copies: how long word of money was under way, and words that we
/// do not know.
fn count_told(leased: &LeasedDelivery, told: Notification) {
    let (provider, Notification { claim, unrecognised, .. }) = (&leased.delivery.provider, told);
    if let Claim::Paid { at: Some(paid_at) } = claim {
        let lag = leased.delivery.received_at.since(paid_at);
        metrics::histogram!("mstore_pay_webhook_lag_seconds", "provider" => provider.to_string()).record(lag);
    }
    let unknown: Vec<Drift> = unrecognised.into_iter().map(Drift::Webhook).collect();
    count_drift(provider, "webhook", &unknown);
}

/// Not authentic: logged as often as it is worth, and beyond that cut off.
fn refused(state: &State, request: &HttpRequest, provider: &ProviderId, error: AcceptError) -> Problem {
    let Some(caller) = caller_of(request, &state.trusted_proxies) else { return error.into() };
    if state.limits.failed_credential(caller) {
        tracing::warn!(%provider, peer = %caller, "webhook for {provider} from {caller} refused: not authentic");
        return error.into();
    }
    let is_peer = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical() == caller);
    // A proxy's connection is everybody's.
    if is_peer { Problem::from(error).closing() } else { error.into() }
}
