//! `/api/v1/endpoints`: where a merchant's back end hears of events, looked after by its owner. A secret goes out once,
//! when it is new.

pub(super) mod add;
mod body;
pub(super) mod list;
pub(super) mod rotate;
pub(super) mod switch;

use actix_web::HttpRequest;
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_domain::ids::EndpointId;

use crate::events::fresh_secret;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// The endpoint that the path names; one that could not be is not found.
fn named(request: &HttpRequest) -> Result<EndpointId, Problem> {
    let id = request.match_info().get("endpoint").unwrap_or_default();
    id.parse().map_err(|_not_one| Problem::new(ErrorCode::NotFound))
}

/// A secret that nobody has.
fn new_secret() -> Result<SharedSecret, Problem> {
    fresh_secret().map_err(|error| {
        tracing::error!("could not make a secret: {error}");
        Problem::new(ErrorCode::Internal)
    })
}
