//! `POST /api/v1/endpoints/{endpoint}/rotate`

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::endpoints::RotateSigning;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::body::{EndpointBody, SecretBody};
use super::{named, new_secret};
use crate::auth::Right;
use crate::events::{PREVIOUS_SECONDS_DEFAULT, PREVIOUS_SECONDS_MAX};
use crate::http::cards::refuse_card_data;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reason, reply, schema};
use crate::problem::Problem;
use crate::state::State;

/// Another secret for an endpoint.
struct RotateEndpointRequest;

impl PartialSchema for RotateEndpointRequest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("previous_for_seconds", schema::integer(0, PREVIOUS_SECONDS_MAX))
            .property("reason", reason::field())
            .build()
            .into()
    }
}

impl ToSchema for RotateEndpointRequest {}

/// Give an endpoint another secret
///
/// The answer has it, this once. For `previous_for_seconds` more, a day where that is absent, events carry a signature
/// with the secret before as well.
#[utoipa::path(
    post,
    path = "/api/v1/endpoints/{endpoint}/rotate",
    tag = "endpoints",
    operation_id = "rotate_endpoint",
    params(("endpoint" = String, Path, description = "Our name for the endpoint.")),
    request_body = RotateEndpointRequest,
    responses(
        (status = 200, description = "It has another secret.", body = Envelope<SecretBody>),
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
    let id = named(&request)?;
    let (object, _) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let previous = fields.integer("previous_for_seconds", 0..=PREVIOUS_SECONDS_MAX);
    let reason = reason::among(&mut fields);
    fields.finish(Some(()))?;
    let secret = new_secret()?;
    let asked = RotateSigning {
        actor: caller.actor(),
        scope: caller.scope,
        id,
        secret: secret.clone(),
        previous_for: Duration::from_secs(previous.unwrap_or(PREVIOUS_SECONDS_DEFAULT)),
        reason,
    };
    let desk = state.endpoints.clone();
    let rotating = async move { desk.rotate(&asked).await };
    let endpoint = state.tasks.run("rotating an endpoint's secret", rotating).await??;
    Ok(reply::data(StatusCode::OK, &EndpointBody::of(&endpoint).with_secret(&secret)))
}
