use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::{JournalBroken, Mark};
use crate::sandbox::{Sandbox, json};

/// Why the control plane did not do it.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    error: String,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
}

impl Refused {
    pub(super) fn bad_request(error: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: error.into() }
    }

    pub(super) fn conflict(error: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, error: error.into() }
    }

    pub(super) fn not_found(error: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, error: error.into() }
    }
}

impl From<JournalBroken> for Refused {
    fn from(broken: JournalBroken) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: broken.to_string() }
    }
}

/// A JSON answer, or the refusal as one.
pub(super) fn answer<T: Serialize>(outcome: Result<T, Refused>) -> HttpResponse {
    let (status, body) = match outcome {
        Ok(value) => (StatusCode::OK, json(&value)),
        Err(refused) => (refused.status, json(&ErrorBody { error: &refused.error })),
    };
    HttpResponse::build(status).insert_header((CONTENT_TYPE, "application/json")).body(body)
}

/// Reads a JSON body, whatever its content type says.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::bad_request(error.to_string()))
}

/// Waits until what was done is on disk.
pub(super) async fn safe(sandbox: &Sandbox, mark: Mark) -> Result<(), Refused> {
    Ok(sandbox.durable(mark).await?)
}
