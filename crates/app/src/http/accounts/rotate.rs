//! `POST /api/v1/accounts/{provider}/{account}/rotate`

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::accounts::RotateSecrets;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::AccountBody;
use super::{SECRET_CHARS_MAX, named, secret};
use crate::account_host::{AccountHost, PREVIOUS_SECONDS_MAX, UnfitSecret};
use crate::auth::Right;
use crate::http::cards::refuse_card_data;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reason, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// For how long webhooks with the secret before are taken where nobody says.
const PREVIOUS_SECONDS_DEFAULT: u64 = 24 * 60 * 60;

/// Other secrets for an account.
struct RotateAccountRequest;

impl PartialSchema for RotateAccountRequest {
    fn schema() -> RefOr<Schema> {
        let secret = || schema::optional(schema::text(SECRET_CHARS_MAX, Some("^[!-~]+$")));
        ObjectBuilder::new()
            .property("credential", secret())
            .property("webhook_secret", secret())
            .property("previous_for_seconds", schema::integer(0, PREVIOUS_SECONDS_MAX))
            .property("reason", reason::field())
            .build()
            .into()
    }
}

impl ToSchema for RotateAccountRequest {}

/// Give an account other secrets
///
/// Calls carry the new credential within two seconds. Webhooks with the secret before are taken for
/// `previous_for_seconds` more, a day where that is absent.
#[utoipa::path(
    post,
    path = "/api/v1/accounts/{provider}/{account}/rotate",
    tag = "accounts",
    operation_id = "rotate_account",
    params(
        ("provider" = String, Path, description = "The provider."),
        ("account" = String, Path, description = "Our name for the account."),
    ),
    request_body = RotateAccountRequest,
    responses(
        (status = 200, description = "It has them.", body = Envelope<AccountBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn rotate(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let (provider, id) = named(&request)?;
    let (account, _) = state.accounts.read(&caller.scope, &provider, &id).await?;
    let host: AccountHost = provider.as_str().parse().map_err(|_none| Problem::new(ErrorCode::NotFound))?;
    let (object, _) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let credential = secret(&mut fields, "credential");
    let webhook_secret = secret(&mut fields, "webhook_secret");
    let previous = fields.integer("previous_for_seconds", 0..=PREVIOUS_SECONDS_MAX);
    let reason = reason::among(&mut fields);
    if let Some(credential) = &credential {
        match host.mode(credential.expose(), state.env) {
            Ok(mode) if mode != account.mode => super::refuse(&mut fields, "credential", UnfitSecret::OtherMode),
            Ok(_) => {}
            Err(unfit) => super::refuse(&mut fields, "credential", unfit),
        }
    }
    if webhook_secret.is_some() && host.signs_with_credential() {
        super::refuse(&mut fields, "webhook_secret", UnfitSecret::SignedWithCredential);
    }
    if !object.has("credential") && !object.has("webhook_secret") {
        let reason = if host.signs_with_credential() { "is required" } else { "or webhook_secret is required" };
        fields.refuse(ErrorCode::InvalidField, "credential", reason);
    }
    fields.finish(Some(()))?;
    let asked = RotateSecrets {
        actor: caller.actor(),
        scope: caller.scope,
        provider,
        id,
        credential,
        webhook_secret,
        previous_for: Duration::from_secs(previous.unwrap_or(PREVIOUS_SECONDS_DEFAULT)),
        reason,
    };
    let desk = state.accounts.clone();
    let rotating = async move { desk.rotate(&asked).await };
    let account = state.tasks.run("rotating an account's secrets", rotating).await??;
    Ok(reply::data(StatusCode::OK, &AccountBody::of(&account, &state.links)))
}
