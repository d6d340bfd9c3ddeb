use serde::Serialize;

use crate::faults::Reply;
use crate::limiter::Window;
use crate::sandbox::json;

/// A refusal in Xendit's shape: a code for programs, a message for people, and where fields are at fault, which.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Refusal {
    #[serde(skip)]
    status: u16,
    error_code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// One field that was refused.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FieldError {
    /// Such as `body.request_amount`.
    pub(super) path: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, error_code: &'static str, message: impl Into<String>) -> Self {
        Self { status, error_code, message: message.into(), errors: Vec::new() }
    }

    pub(super) fn fields(errors: Vec<FieldError>) -> Self {
        Self {
            errors,
            ..Self::new(400, "API_VALIDATION_ERROR", "Some fields of the request are not valid; `errors` names them.")
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "API_VALIDATION_ERROR", message)
    }

    /// One field of the body that is at fault.
    pub(super) fn field(field: &str, message: &str) -> Self {
        Self::fields(vec![FieldError { path: format!("body.{field}"), message: message.to_owned() }])
    }

    pub(super) fn channel_not_activated() -> Self {
        Self::new(403, "CHANNEL_NOT_ACTIVATED", "The channel is not activated for this account.")
    }

    pub(super) fn key() -> Self {
        Self::new(401, "INVALID_API_KEY", "The API key is not known here.")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "DATA_NOT_FOUND", "Nothing has the ID given in the request.")
    }

    /// Unconfirmed for cancel and simulate: the code is listed, not the calls that give it.
    pub(super) fn inactive() -> Self {
        Self::new(400, "INACTIVE_PAYMENT_REQUEST", "The payment request is no longer open.")
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::new(self.status, json(self))
    }
}

/// The error body that Xendit gives with `status`.
pub(super) fn error_of(status: u16) -> Reply {
    let (code, message) = match status {
        400 => ("API_VALIDATION_ERROR", "The request is not valid."),
        401 => ("INVALID_API_KEY", "The API key is not known here."),
        403 => ("REQUEST_FORBIDDEN_ERROR", "The API key may not do this."),
        404 => ("DATA_NOT_FOUND", "Nothing has the ID given in the request."),
        409 => ("DUPLICATE_ERROR", "This was requested before."),
        429 => ("RATE_LIMIT_EXCEEDED", "Too many requests; wait until the window has moved on."),
        503 => ("CHANNEL_UNAVAILABLE", "The channel does not answer at present."),
        _ => ("SERVER_ERROR", "Something went wrong on the provider's side."),
    };
    let mut reply = Refusal::new(status, code, message).reply();
    if status == 429 {
        reply.headers = vec![("Rate-Limit-Remaining", "0".to_owned()), ("Rate-Limit-Reset", "60".to_owned())];
    }
    reply
}

/// The three headers that tell how much of the window is left; seconds with two decimals, as recorded.
pub(super) fn window_headers(window: Window) -> Vec<(&'static str, String)> {
    let hundredths = window.reset.num_milliseconds().max(0) / 10;
    vec![
        ("Rate-Limit-Limit", window.limit.to_string()),
        ("Rate-Limit-Remaining", window.remaining.to_string()),
        ("Rate-Limit-Reset", format!("{}.{:02}", hundredths / 100, hundredths % 100)),
    ]
}
