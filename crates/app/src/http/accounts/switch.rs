//! `POST /api/v1/accounts/{provider}/{account}/disable`, `.../enable`

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::account::AccountState;
use mstore_pay_domain::accounts::SwitchAccount;

use super::body::AccountBody;
use super::named;
use crate::auth::Right;
use crate::http::reason::ReasonRequest;
use crate::http::reply::Envelope;
use crate::http::{reason, reply};
use crate::problem::Problem;
use crate::state::State;

/// Open no new payments under an account
///
/// What was opened under it is followed to its end, and its webhooks are taken. Takes effect within two seconds.
#[utoipa::path(
    post,
    path = "/api/v1/accounts/{provider}/{account}/disable",
    tag = "accounts",
    operation_id = "disable_account",
    params(
        ("provider" = String, Path, description = "The provider."),
        ("account" = String, Path, description = "Our name for the account."),
    ),
    request_body(content = Option<ReasonRequest>),
    responses(
        (status = 200, description = "It is disabled.", body = Envelope<AccountBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn disable(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    switch(&state, &request, payload, AccountState::Disabled).await
}

/// Open new payments under an account again
#[utoipa::path(
    post,
    path = "/api/v1/accounts/{provider}/{account}/enable",
    tag = "accounts",
    operation_id = "enable_account",
    params(
        ("provider" = String, Path, description = "The provider."),
        ("account" = String, Path, description = "Our name for the account."),
    ),
    request_body(content = Option<ReasonRequest>),
    responses(
        (status = 200, description = "It is enabled.", body = Envelope<AccountBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn enable(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    switch(&state, &request, payload, AccountState::Enabled).await
}

async fn switch(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    to: AccountState,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(request, Right::KeepAccounts)?;
    let (provider, id) = named(request)?;
    let reason = reason::of_request(request, payload).await?;
    let actor = caller.actor();
    let asked = SwitchAccount { scope: caller.scope, provider, id, state: to, actor, reason };
    let desk = state.accounts.clone();
    let switching = async move { desk.switch(&asked).await };
    let account = state.tasks.run("switching an account", switching).await??;
    Ok(reply::data(StatusCode::OK, &AccountBody::of(&account, &state.links)))
}
