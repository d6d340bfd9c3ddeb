use serde::{Deserialize, Serialize};

/// What a call, or a webhook, is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Open,
    Inquire,
    Sweep,
    Cancel,
    Refund,
    Simulate,
    Webhook,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    /// On a call: done, and answered late. On a webhook: sent late.
    Delay,
    /// The body comes a byte at a time.
    Drip,
    /// Accepted, not done, never answered.
    TimeoutBefore,
    /// Done, never answered.
    TimeoutAfter,
    /// Not done, connection closed without an answer.
    DisconnectBefore,
    /// Done, connection closed without an answer.
    DisconnectAfter,
    /// Not done, connection reset (RST).
    Reset,
    /// Not done, the provider's error answered.
    StatusBefore,
    /// Done, the provider's error answered.
    StatusAfter,
    /// Done, a page of HTML answered.
    HtmlError,
    /// Done, nothing in the body.
    EmptyBody,
    /// Done, the body ends half-way.
    TruncatedJson,
    /// Done, a hundred megabytes answered.
    HugeBody,
    /// Done, a small body answered that inflates to an eighth of a gigabyte.
    GzipBomb,
    /// Done, sent elsewhere.
    Redirect,
    /// Done; the body, or the webhook, tells another amount.
    WrongAmount,
    /// Done; the body tells a reference nobody has.
    WrongReference,
    /// Done; the body tells the reference of another charge.
    ForeignReference,
    /// Done; the status is a word of tomorrow.
    UnknownEnum,
    /// Done; the body has fields of tomorrow.
    ExtraFields,
    /// Not done, 429.
    RateLimited,
    /// Never sent.
    Drop,
    /// Sent several times at once.
    Duplicate,
    /// Sent after the next one of the same account.
    Reorder,
    /// Sent with a token that is not the account's.
    BadSignature,
    /// The charge is paid and told before the create call is answered.
    BeforeResponse,
    /// Sent a hundred times at once.
    Storm,
    /// A failure is told first, the truth days later.
    CorrectedLater,
}

impl Effect {
    /// Whether the effect means something for the operation.
    pub(crate) fn suits(self, operation: Operation) -> bool {
        let webhook = operation == Operation::Webhook;
        match self {
            Self::Delay | Self::WrongAmount => true,
            Self::Drop
            | Self::Duplicate
            | Self::Reorder
            | Self::BadSignature
            | Self::BeforeResponse
            | Self::Storm
            | Self::CorrectedLater => webhook,
            Self::Drip
            | Self::TimeoutBefore
            | Self::TimeoutAfter
            | Self::DisconnectBefore
            | Self::DisconnectAfter
            | Self::Reset
            | Self::StatusBefore
            | Self::StatusAfter
            | Self::HtmlError
            | Self::EmptyBody
            | Self::TruncatedJson
            | Self::HugeBody
            | Self::GzipBomb
            | Self::Redirect
            | Self::WrongReference
            | Self::ForeignReference
            | Self::UnknownEnum
            | Self::ExtraFields
            | Self::RateLimited => !webhook,
        }
    }

    /// Whether `times` counts copies of one webhook rather than webhooks met.
    pub(crate) fn copies(self) -> bool {
        matches!(self, Self::Duplicate | Self::Storm)
    }
}
