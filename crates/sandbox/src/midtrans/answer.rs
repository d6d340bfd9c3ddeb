use serde::Serialize;

use crate::faults::Reply;
use crate::id;
use crate::sandbox::json;

/// A refusal in Midtrans' shape.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    code: u16,
    message: &'static str,
    validation: Vec<String>,
}

#[derive(Serialize)]
struct RefusalBody<'a> {
    status_code: String,
    status_message: &'a str,
    id: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    validation_messages: &'a [String],
}

impl Refusal {
    pub(super) fn new(code: u16, message: &'static str) -> Self {
        Self { code, message, validation: Vec::new() }
    }

    pub(super) fn invalid(validation: Vec<String>) -> Self {
        Self { validation, ..Self::new(400, "One or more parameters in the payload is invalid.") }
    }

    /// Recorded in 2019; older recordings and the documents have other words.
    pub(super) fn not_found() -> Self {
        Self::new(404, "Transaction doesn't exist.")
    }

    pub(super) fn not_activated() -> Self {
        Self::new(402, "Payment channel is not activated.")
    }

    pub(super) fn unchangeable() -> Self {
        Self::new(412, "Transaction status cannot be updated.")
    }

    pub(super) fn key() -> Self {
        Self::new(401, "Transaction cannot be authorized with the current client/server key.")
    }

    pub(super) fn reply(&self) -> Reply {
        let body = RefusalBody {
            status_code: self.code.to_string(),
            status_message: self.message,
            id: id::prefixed(""),
            validation_messages: &self.validation,
        };
        Reply::new(http_status(self.code), json(&body))
    }
}

/// The HTTP status that a body with this `status_code` comes under: nearly always 200 (version history of December
/// 2022; recordings of 2014 to 2019).
pub(super) fn http_status(code: u16) -> u16 {
    match code {
        400 => 400,
        // Unconfirmed: recorded under 200 in 2014, documented under 401.
        401 => 401,
        // Unconfirmed: there are such limits, and no figures of them.
        429 => 429,
        _ => 200,
    }
}

/// What Midtrans, or what stands before it, answers with the HTTP `status`.
pub(super) fn error_of(status: u16) -> Reply {
    let message = match status {
        400 => "One or more parameters in the payload is invalid.",
        401 => "Transaction cannot be authorized with the current client/server key.",
        404 => "Transaction doesn't exist.",
        429 => "Too many requests.",
        _ => "Sorry. Our system is recovering from unexpected issues. Please retry.",
    };
    let mut reply = Refusal::new(status, message).reply();
    reply.status = status;
    reply
}
