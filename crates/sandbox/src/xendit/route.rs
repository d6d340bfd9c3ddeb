use actix_web::http::Method;

use crate::faults::Operation;

/// A call of Xendit's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    CreatePaymentRequest,
    GetPaymentRequest(String),
    CancelPaymentRequest(String),
    SimulatePaymentRequest(String),
    GetPayment(String),
    CreateSession,
    GetSession(String),
    CancelSession(String),
    ListTransactions,
}

impl Route {
    /// The call behind a verb and a path below the base, such as `/v3/payments/py-1`.
    pub(super) fn parse(method: &Method, path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let id = |id: &&str| (*id).to_owned();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["v3", "payment_requests"]) => Some(Self::CreatePaymentRequest),
            ("GET", ["v3", "payment_requests", request]) => Some(Self::GetPaymentRequest(id(request))),
            ("POST", ["v3", "payment_requests", request, "cancel"]) => Some(Self::CancelPaymentRequest(id(request))),
            ("POST", ["v3", "payment_requests", request, "simulate"]) => {
                Some(Self::SimulatePaymentRequest(id(request)))
            }
            ("GET", ["v3", "payments", payment]) => Some(Self::GetPayment(id(payment))),
            ("POST", ["sessions"]) => Some(Self::CreateSession),
            ("GET", ["sessions", session]) => Some(Self::GetSession(id(session))),
            ("POST", ["sessions", session, "cancel"]) => Some(Self::CancelSession(id(session))),
            ("GET", ["transactions"]) => Some(Self::ListTransactions),
            _ => None,
        }
    }

    /// What rate limits are counted under.
    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::CreatePaymentRequest => "POST /v3/payment_requests",
            Self::GetPaymentRequest(_) => "GET /v3/payment_requests/{id}",
            Self::CancelPaymentRequest(_) => "POST /v3/payment_requests/{id}/cancel",
            Self::SimulatePaymentRequest(_) => "POST /v3/payment_requests/{id}/simulate",
            Self::GetPayment(_) => "GET /v3/payments/{id}",
            Self::CreateSession => "POST /sessions",
            Self::GetSession(_) => "GET /sessions/{id}",
            Self::CancelSession(_) => "POST /sessions/{id}/cancel",
            Self::ListTransactions => "GET /transactions",
        }
    }

    /// What faults are ordered for.
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::CreatePaymentRequest | Self::CreateSession => Operation::Open,
            Self::GetPaymentRequest(_) | Self::GetPayment(_) | Self::GetSession(_) => Operation::Inquire,
            Self::CancelPaymentRequest(_) | Self::CancelSession(_) => Operation::Cancel,
            Self::SimulatePaymentRequest(_) => Operation::Simulate,
            Self::ListTransactions => Operation::Sweep,
        }
    }

    /// Whether the `api-version` header must be there.
    pub(super) fn is_versioned(&self) -> bool {
        match self {
            Self::CreatePaymentRequest
            | Self::GetPaymentRequest(_)
            | Self::CancelPaymentRequest(_)
            | Self::SimulatePaymentRequest(_)
            | Self::GetPayment(_) => true,
            Self::CreateSession | Self::GetSession(_) | Self::CancelSession(_) | Self::ListTransactions => false,
        }
    }
}
