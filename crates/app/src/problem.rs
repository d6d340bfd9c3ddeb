//! Errors as clients are told of them: RFC 9457 with the envelope that old tills parse.

pub mod catalogue;

mod of_domain;
mod render;

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

pub(crate) use render::Told;

use catalogue::ErrorCode;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldFault {
    /// Where in the body (RFC 6901), or the name of a header or parameter.
    pub(crate) pointer: String,
    /// What its value must be.
    pub(crate) reason: &'static str,
}

/// An error on its way to a client. What is private about it was logged where it was handled.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: ErrorCode,
    pub(crate) detail: Option<String>,
    pub(crate) faults: Vec<FieldFault>,
    /// Further members, by name.
    pub(crate) members: Vec<(&'static str, Box<RawValue>)>,
    pub(crate) retry_after: Option<Duration>,
    /// The methods that the path takes.
    pub(crate) allow: Option<&'static str>,
    /// Whether the connection is to be closed with it.
    pub(crate) close: bool,
}

impl Problem {
    pub(crate) const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            detail: None,
            faults: Vec::new(),
            members: Vec::new(),
            retry_after: None,
            allow: None,
            close: false,
        }
    }

    /// The same, saying more to whoever builds a till.
    pub(crate) fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with a further member.
    pub(crate) fn with(mut self, name: &'static str, value: &impl Serialize) -> Self {
        self.members.extend(to_raw_value(value).map(|value| (name, value)));
        self
    }

    pub(crate) const fn retrying_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    pub(crate) const fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// A field, header or parameter with a value that it does not take.
    pub(crate) fn field(pointer: impl Into<String>, reason: &'static str) -> Self {
        Self::of_faults(ErrorCode::InvalidField, vec![FieldFault { pointer: pointer.into(), reason }])
    }

    pub(crate) fn of_faults(code: ErrorCode, faults: Vec<FieldFault>) -> Self {
        Self { faults, ..Self::new(code) }
    }

    /// Another method than the path takes.
    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(ErrorCode::MethodNotAllowed) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.code())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Only carries the error to the outermost layer, which knows the request's tongue and id and
    /// renders it.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
