//! `GET /api/v1/accounts`, `GET /api/v1/accounts/{provider}/{account}`

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{AccountBody, HistoryBody};
use super::named;
use crate::auth::Right;
use crate::http::reply;
use crate::http::reply::Envelope;
use crate::problem::Problem;
use crate::state::State;

#[derive(Serialize, ToSchema)]
#[schema(as = AccountList)]
struct ListBody {
    items: Vec<AccountBody>,
}

/// List one's own accounts at providers
///
/// Of a branch, where the token is bound to one. A merchant with any is never served by the gateway's own.
#[utoipa::path(
    get,
    path = "/api/v1/accounts",
    tag = "accounts",
    operation_id = "list_accounts",
    responses((status = 200, description = "All of them, without their secrets.", body = Envelope<ListBody>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let accounts = state.accounts.list(&caller.scope).await?;
    let items = accounts.iter().map(|account| AccountBody::of(account, &state.links)).collect();
    Ok(reply::data(StatusCode::OK, &ListBody { items }))
}

/// Look at an account, and at what was done to it
#[utoipa::path(
    get,
    path = "/api/v1/accounts/{provider}/{account}",
    tag = "accounts",
    operation_id = "read_account",
    params(
        ("provider" = String, Path, description = "The provider."),
        ("account" = String, Path, description = "Our name for the account."),
    ),
    responses((status = 200, description = "The account.", body = Envelope<HistoryBody>), (status = 404)),
    security(("bearer" = [])),
)]
pub(crate) async fn read(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let (provider, id) = named(&request)?;
    let (account, notes) = state.accounts.read(&caller.scope, &provider, &id).await?;
    Ok(reply::data(StatusCode::OK, &AccountBody::of(&account, &state.links).with_history(notes)))
}
