//! `POST /api/v1/endpoints`

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::endpoints::AddEndpoint;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{BranchId, EndpointId, EndpointUrl};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::{EndpointBody, SecretBody};
use super::new_secret;
use crate::auth::Right;
use crate::events::address;
use crate::http::cards::refuse_card_data;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reason, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// An endpoint to be made known.
struct AddEndpointRequest;

impl PartialSchema for AddEndpointRequest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("url", schema::text(EndpointUrl::BYTES_MAX, Some("^https://[!-~]+$")))
            .property("branch_id", schema::optional(schema::text(BranchId::BYTES_MAX, Some("^[!-~]+$"))))
            .property("reason", reason::field())
            .required("url")
            .build()
            .into()
    }
}

impl ToSchema for AddEndpointRequest {}

/// Make an endpoint known
///
/// It hears of what happens from then on to payments of the merchant (or branch): each event at least once, those of one
/// payment in their order, as a POST in the Standard Webhooks form. The answer has the secret that events are signed
/// with, this once.
#[utoipa::path(
    post,
    path = "/api/v1/endpoints",
    tag = "endpoints",
    operation_id = "add_endpoint",
    request_body = AddEndpointRequest,
    responses(
        (status = 201, description = "It is known, and enabled.", body = Envelope<SecretBody>),
        (status = 400), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let (object, _) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let not_an_address = (ErrorCode::InvalidField, "must be https on a public host, without credentials or port");
    fields.require("url");
    let url = fields.parsed("url", not_an_address, |text| address(&text, state.event_reach));
    let not_a_branch = (ErrorCode::InvalidField, "must be 1 to 64 visible ASCII characters");
    let branch = fields.parsed("branch_id", not_a_branch, BranchId::parse);
    if branch.is_some() && caller.scope.branch.is_some() && branch != caller.scope.branch {
        fields.refuse(ErrorCode::InvalidField, "branch_id", "must be the branch of the token");
    }
    let reason = reason::among(&mut fields);
    let url = fields.finish(url)?;
    let secret = new_secret()?;
    let actor = caller.actor();
    let asked = AddEndpoint {
        scope: Scope { merchant: caller.scope.merchant, branch: caller.scope.branch.or(branch) },
        id: EndpointId::new(state.gateway.ports().ids.uuid()),
        url,
        secret: secret.clone(),
        actor,
        reason,
    };
    let desk = state.endpoints.clone();
    let adding = async move { desk.add(asked).await };
    let endpoint = state.tasks.run("adding an endpoint", adding).await??;
    Ok(reply::data(StatusCode::CREATED, &EndpointBody::of(&endpoint).with_secret(&secret)))
}
