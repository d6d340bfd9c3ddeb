//! `GET /api/v1/pos/methods`: how a customer can pay, now and for that amount.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{MethodOffer, ProviderOffer, Usability};
use mstore_pay_domain::ports::Availability;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::query::Query;
use super::reply::Envelope;
use super::{dto, reply, schema};
use crate::auth::Right;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

#[derive(Serialize, ToSchema)]
struct Methods {
    items: Vec<Item>,
}

/// A method that the merchant's accounts offer.
#[derive(Serialize, ToSchema)]
#[schema(as = MethodItem)]
struct Item {
    #[schema(schema_with = crate::http::schema::method)]
    method: &'static str,
    #[schema(schema_with = crate::http::schema::channel)]
    channel_code: &'static str,
    /// Whether a payment by it could be opened now.
    usable: bool,
    /// Why not: the code of the error that a create would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[schema(schema_with = crate::http::schema::amount)]
    amount_min: Box<RawValue>,
    #[schema(schema_with = crate::http::schema::amount)]
    amount_max: Box<RawValue>,
    /// Fields that a create must have beside those of every method.
    needs: Vec<&'static str>,
    /// Fields that a create may have for this method only.
    takes: Vec<&'static str>,
    /// The provider with which `card_token_id` is made: no other is sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    card_token_of: Option<String>,
    providers: Vec<Via>,
}

/// Where it would be opened, first first.
#[derive(Serialize, ToSchema)]
#[schema(as = MethodProvider)]
struct Via {
    provider: String,
    /// Whether the provider has been answering.
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// List the methods that can be used
#[utoipa::path(
    get,
    path = "/api/v1/pos/methods",
    tag = "payments",
    operation_id = "list_methods",
    params(AmountParameter),
    responses((status = 200, description = "What the merchant's accounts offer.", body = Envelope<Methods>), (status = 422)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let mut query = Query::of(&request);
    let amount = query.amount("amount");
    let amount = query.finish(amount)?;
    let offers = state.gateway.list_methods(&caller.scope, amount.as_ref()).await?;
    Ok(reply::data(StatusCode::OK, &Methods { items: offers.iter().map(Item::from).collect() }))
}

/// The amount to be paid.
struct AmountParameter;

impl IntoParams for AmountParameter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![schema::query("amount", "What is to be paid; without it every amount fits.", schema::whole_amount())]
    }
}

impl From<&MethodOffer> for Item {
    fn from(offer: &MethodOffer) -> Self {
        let (reason, retry_after) = match offer.usability {
            Usability::Usable => (None, None),
            Usability::AmountBelowMinimum => (Some(ErrorCode::AmountBelowMinimum), None),
            Usability::AmountAboveMaximum => (Some(ErrorCode::AmountAboveMaximum), None),
            Usability::Resting { retry_after } => (Some(ErrorCode::ProviderUnavailable), Some(retry_after)),
        };
        Self {
            method: offer.method.code(),
            channel_code: offer.method.channel().code(),
            usable: reason.is_none(),
            reason: reason.map(ErrorCode::code),
            retry_after_seconds: retry_after.map(seconds),
            amount_min: dto::amount(&offer.amount_min),
            amount_max: dto::amount(&offer.amount_max),
            needs: offer.needs_phone.then_some("customer_phone").into_iter().collect(),
            takes: offer.card_token_of.is_some().then_some("card_token_id").into_iter().collect(),
            card_token_of: offer.card_token_of.as_ref().map(ToString::to_string),
            providers: offer.providers.iter().map(Via::from).collect(),
        }
    }
}

impl From<&ProviderOffer> for Via {
    fn from(offer: &ProviderOffer) -> Self {
        let retry_after = match offer.availability {
            Availability::Ready | Availability::OnTrial => None,
            Availability::Resting { retry_after } => Some(retry_after),
        };
        Self {
            provider: offer.provider.to_string(),
            available: offer.availability == Availability::Ready,
            retry_after_seconds: retry_after.map(seconds),
        }
    }
}

/// Rounded up: whoever comes early is told to wait again.
fn seconds(pause: Duration) -> u64 {
    pause.as_secs().saturating_add(u64::from(pause.subsec_nanos() > 0))
}
