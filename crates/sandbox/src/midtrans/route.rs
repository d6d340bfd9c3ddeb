use actix_web::http::Method;

use super::snap::SnapCall;
use crate::faults::Operation;

/// A call of Midtrans' Core API or of Snap. `{id}` is an order id or a transaction id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Charge,
    Token,
    Status(String),
    Cancel(String),
    Expire(String),
    Approve(String),
    Deny(String),
    Capture,
    /// With whether the bank is asked at once.
    Refund(String, bool),
    /// The picture of a QR code, for anybody.
    Picture(String),
    Snap(SnapCall),
    /// A customer's page, for anybody who has its token.
    Page(String),
    /// What the customer picks on it.
    Pick(String, String),
}

impl Route {
    /// The call behind a verb and a path below the base, such as `/v2/charge`.
    pub(super) fn parse(method: &Method, path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let id = |id: &&str| (*id).to_owned();
        match (method.as_str(), segments.as_slice()) {
            ("POST", ["v2", "charge"]) => Some(Self::Charge),
            ("GET", ["v2", "token"]) => Some(Self::Token),
            ("POST", ["v2", "capture"]) => Some(Self::Capture),
            ("GET", ["v2", "qris" | "gopay", transaction, "qr-code"]) => Some(Self::Picture(id(transaction))),
            ("GET", ["v2", transaction, "status"]) => Some(Self::Status(id(transaction))),
            ("POST", ["v2", transaction, "cancel"]) => Some(Self::Cancel(id(transaction))),
            ("POST", ["v2", transaction, "expire"]) => Some(Self::Expire(id(transaction))),
            ("POST", ["v2", transaction, "approve"]) => Some(Self::Approve(id(transaction))),
            ("POST", ["v2", transaction, "deny"]) => Some(Self::Deny(id(transaction))),
            ("POST", ["v2", transaction, "refund"]) => Some(Self::Refund(id(transaction), false)),
            ("POST", ["v2", transaction, "refund", "online", "direct"]) => Some(Self::Refund(id(transaction), true)),
            ("POST", ["snap", "v1", "transactions"]) => Some(Self::Snap(SnapCall::Create)),
            ("POST", ["snap", "v1", "transactions", token, "cancel"]) => Some(Self::Snap(SnapCall::Cancel(id(token)))),
            ("GET", ["snap", "v4", "redirection", token]) => Some(Self::Page(id(token))),
            ("POST", ["snap", "v4", "redirection", token, payment]) => Some(Self::Pick(id(token), id(payment))),
            _ => None,
        }
    }

    /// What rate limits are counted under.
    pub(super) fn endpoint(&self) -> &'static str {
        match self {
            Self::Charge => "POST /v2/charge",
            Self::Token => "GET /v2/token",
            Self::Status(_) => "GET /v2/{id}/status",
            Self::Cancel(_) => "POST /v2/{id}/cancel",
            Self::Expire(_) => "POST /v2/{id}/expire",
            Self::Approve(_) => "POST /v2/{id}/approve",
            Self::Deny(_) => "POST /v2/{id}/deny",
            Self::Capture => "POST /v2/capture",
            Self::Refund(_, false) => "POST /v2/{id}/refund",
            Self::Refund(_, true) => "POST /v2/{id}/refund/online/direct",
            Self::Picture(_) => "GET /v2/qris/{id}/qr-code",
            Self::Snap(SnapCall::Create) => "POST /snap/v1/transactions",
            Self::Snap(SnapCall::Cancel(_)) => "POST /snap/v1/transactions/{token}/cancel",
            Self::Page(_) => "GET /snap/v4/redirection/{token}",
            Self::Pick(..) => "POST /snap/v4/redirection/{token}/{payment}",
        }
    }

    /// What faults are ordered for.
    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Charge | Self::Snap(SnapCall::Create) => Operation::Open,
            Self::Status(_) => Operation::Inquire,
            Self::Cancel(_) | Self::Expire(_) | Self::Snap(SnapCall::Cancel(_)) => Operation::Cancel,
            Self::Refund(..) => Operation::Refund,
            // What a shop does beside paying and cancelling has no operation of its own.
            Self::Token
            | Self::Approve(_)
            | Self::Deny(_)
            | Self::Capture
            | Self::Picture(_)
            | Self::Page(_)
            | Self::Pick(..) => Operation::Simulate,
        }
    }

    /// The transaction that the path names.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Status(id)
            | Self::Cancel(id)
            | Self::Expire(id)
            | Self::Approve(id)
            | Self::Deny(id)
            | Self::Refund(id, _)
            | Self::Picture(id) => Some(id),
            Self::Charge | Self::Token | Self::Capture | Self::Snap(_) | Self::Page(_) | Self::Pick(..) => None,
        }
    }

    /// Whether an idempotency key is honoured: on every POST of Core. That Snap has none is unconfirmed.
    pub(super) fn honours_keys(&self) -> bool {
        match self {
            Self::Charge
            | Self::Cancel(_)
            | Self::Expire(_)
            | Self::Approve(_)
            | Self::Deny(_)
            | Self::Capture
            | Self::Refund(..) => true,
            Self::Token | Self::Status(_) | Self::Picture(_) | Self::Snap(_) | Self::Page(_) | Self::Pick(..) => false,
        }
    }
}
