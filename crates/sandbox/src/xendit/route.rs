use actix_web::http::Method;

use super::qr_codes::QrCall;
use super::refunds::RefundCall;
use super::v2::V2Call;
use crate::faults::Operation;
use crate::ledger::Api;

/// A call of Xendit's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    CreatePaymentRequest,
    GetPaymentRequest(String),
    CancelPaymentRequest(String),
    SimulatePaymentRequest(String),
    AmendPaymentRequest(String),
    GetPayment(String),
    CapturePayment(String),
    ReleasePayment(String),
    CreateSession,
    GetSession(String),
    CancelSession(String),
    ListTransactions,
    Qr(QrCall),
    V2(V2Call),
    Refund(RefundCall),
}

/// What a call is about, as far as verb and path tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// What its body opens.
    Opening,
    Charge(&'a str),
    Payment(&'a str),
    /// The payment request that its body wants refunded.
    Refunding,
    Refund(&'a str),
    /// Whatever bears the reference that this parameter of the query names.
    Listing(&'static str),
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
            ("PATCH", ["v3", "payment_requests", request]) => Some(Self::AmendPaymentRequest(id(request))),
            ("POST", ["v3", "payments", payment, "capture"]) => Some(Self::CapturePayment(id(payment))),
            ("POST", ["v3", "payments", payment, "cancel"]) => Some(Self::ReleasePayment(id(payment))),
            ("GET", ["v3", "payments", payment]) => Some(Self::GetPayment(id(payment))),
            ("POST", ["sessions"]) => Some(Self::CreateSession),
            ("GET", ["sessions", session]) => Some(Self::GetSession(id(session))),
            ("POST", ["sessions", session, "cancel"]) => Some(Self::CancelSession(id(session))),
            ("GET", ["transactions"]) => Some(Self::ListTransactions),
            (verb, ["qr_codes", below @ ..]) => QrCall::parse(verb, below).map(Self::Qr),
            (verb, ["refunds", below @ ..]) => RefundCall::parse(verb, below).map(Self::Refund),
            (verb, segments) => V2Call::parse(verb, segments).map(Self::V2),
        }
    }

    /// What rate limits are counted under.
    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::CreatePaymentRequest => "POST /v3/payment_requests",
            Self::GetPaymentRequest(_) => "GET /v3/payment_requests/{id}",
            Self::CancelPaymentRequest(_) => "POST /v3/payment_requests/{id}/cancel",
            Self::SimulatePaymentRequest(_) => "POST /v3/payment_requests/{id}/simulate",
            Self::AmendPaymentRequest(_) => "PATCH /v3/payment_requests/{id}",
            Self::CapturePayment(_) => "POST /v3/payments/{id}/capture",
            Self::ReleasePayment(_) => "POST /v3/payments/{id}/cancel",
            Self::GetPayment(_) => "GET /v3/payments/{id}",
            Self::CreateSession => "POST /sessions",
            Self::GetSession(_) => "GET /sessions/{id}",
            Self::CancelSession(_) => "POST /sessions/{id}/cancel",
            Self::ListTransactions => "GET /transactions",
            Self::Qr(call) => call.endpoint(),
            Self::V2(call) => call.endpoint(),
            Self::Refund(call) => call.endpoint(),
        }
    }

    /// What faults are ordered for.
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::CreatePaymentRequest | Self::CreateSession => Operation::Open,
            Self::GetPaymentRequest(_) | Self::GetPayment(_) | Self::GetSession(_) => Operation::Inquire,
            Self::CancelPaymentRequest(_) | Self::CancelSession(_) | Self::ReleasePayment(_) => Operation::Cancel,
            // What a shop does beside paying and cancelling has no operation of its own.
            Self::SimulatePaymentRequest(_) | Self::AmendPaymentRequest(_) | Self::CapturePayment(_) => {
                Operation::Simulate
            }
            Self::ListTransactions => Operation::Sweep,
            Self::Qr(call) => call.operation(),
            Self::V2(call) => call.operation(),
            Self::Refund(call) => call.operation(),
        }
    }

    /// What the call is about.
    pub(super) fn target(&self) -> Target<'_> {
        match self {
            Self::CreatePaymentRequest | Self::CreateSession => Target::Opening,
            Self::GetPaymentRequest(id)
            | Self::CancelPaymentRequest(id)
            | Self::SimulatePaymentRequest(id)
            | Self::AmendPaymentRequest(id)
            | Self::GetSession(id)
            | Self::CancelSession(id) => Target::Charge(id),
            Self::GetPayment(id) | Self::CapturePayment(id) | Self::ReleasePayment(id) => Target::Payment(id),
            Self::ListTransactions => Target::Listing("reference_id"),
            Self::Qr(call) => call.target(),
            Self::V2(call) => call.target(),
            Self::Refund(call) => call.target(),
        }
    }

    /// The header that makes a repeated call harmless, where there is one.
    pub(super) fn idempotency_header(&self) -> Option<&'static str> {
        match self {
            Self::Qr(QrCall::Create) => Some("x-idempotency-key"),
            Self::V2(V2Call::CreateRequest | V2Call::Capture(_)) | Self::Refund(RefundCall::Create) => {
                Some("idempotency-key")
            }
            // None is documented for v3, and none is honoured here.
            Self::CreatePaymentRequest
            | Self::GetPaymentRequest(_)
            | Self::CancelPaymentRequest(_)
            | Self::SimulatePaymentRequest(_)
            | Self::AmendPaymentRequest(_)
            | Self::GetPayment(_)
            | Self::CapturePayment(_)
            | Self::ReleasePayment(_)
            | Self::CreateSession
            | Self::GetSession(_)
            | Self::CancelSession(_)
            | Self::ListTransactions
            | Self::Qr(_)
            | Self::V2(_)
            | Self::Refund(_) => None,
        }
    }

    /// The API that the call belongs to under this `api-version` header; none if it knows no such version.
    pub(super) fn api(&self, version: Option<&str>) -> Option<Api> {
        match self {
            Self::CreatePaymentRequest
            | Self::GetPaymentRequest(_)
            | Self::CancelPaymentRequest(_)
            | Self::SimulatePaymentRequest(_)
            | Self::AmendPaymentRequest(_)
            | Self::GetPayment(_)
            | Self::CapturePayment(_)
            | Self::ReleasePayment(_) => (version == Some("2024-11-11")).then_some(Api::V3),
            Self::CreateSession | Self::GetSession(_) | Self::CancelSession(_) | Self::ListTransactions => {
                Some(Api::V3)
            }
            // The official clients send no version.
            Self::V2(_) => Some(Api::V2),
            // One endpoint for v2 and v3, whatever the header.
            Self::Refund(_) => Some(Api::V3),
            Self::Qr(_) => match version {
                None => Some(Api::QrV1),
                Some("2022-07-31") => Some(Api::Qr2022),
                Some(_) => None,
            },
        }
    }
}
