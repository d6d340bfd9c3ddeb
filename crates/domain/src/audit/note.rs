//! What is put on record.

use super::Digest;
use crate::ids::UserId;
use crate::time::Timestamp;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody with a token.
    User(UserId),
    /// A provider, by webhook or answer.
    Provider,
    /// A worker of ours.
    Worker,
    /// An operator at the command line.
    Operator,
}

impl Actor {
    /// Text for the record.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::User(user) => format!("user:{user}"),
            Self::Provider => "provider".to_owned(),
            Self::Worker => "worker".to_owned(),
            Self::Operator => "operator".to_owned(),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditEvent {
    /// The till asked for a payment.
    PaymentCreated,
    /// We are about to open a charge.
    ChargeIntended,
    /// The provider opened it, and the answer fits.
    ChargeOpened,
    /// The provider's answer is missing or does not fit.
    ChargeUnknown,
    /// The provider certainly does not have it.
    ChargeRefused,
    /// An unseen charge was put aside.
    ChargeHidden,
    /// An unknown charge turned up.
    ChargeFound,
    /// A charge's status changed.
    ChargeMoved,
    /// Money was recorded.
    ReceiptRecorded,
    /// A signal did not fit.
    SignalDisputed,
    /// A payment was taken from display.
    Withdrawn,
    /// The provider was asked to close a charge.
    CancelAsked,
    /// Why an authentic webhook did what it did.
    WebhookSettled,
    /// An operator had a webhook settled that was given up or fitted nothing.
    WebhookReplayed,
    /// Money that does not fit was put before a person.
    ExceptionRaised,
    /// Somebody closed an exception.
    ExceptionResolved,
    /// A test payment was ordered.
    Simulated,
    /// The provider said something that we do not know.
    ProviderDrifted,
    /// The order was called off.
    OrderVoided,
    /// A till whose line had been down reported the payment.
    OfflineReported,
    /// Somebody resolved a conflict between a till's report and what was known.
    ConflictResolved,
}

impl AuditEvent {
    /// Every event.
    pub const ALL: [Self; 21] = [
        Self::PaymentCreated,
        Self::ChargeIntended,
        Self::ChargeOpened,
        Self::ChargeUnknown,
        Self::ChargeRefused,
        Self::ChargeHidden,
        Self::ChargeFound,
        Self::ChargeMoved,
        Self::ReceiptRecorded,
        Self::SignalDisputed,
        Self::Withdrawn,
        Self::CancelAsked,
        Self::WebhookSettled,
        Self::WebhookReplayed,
        Self::ExceptionRaised,
        Self::ExceptionResolved,
        Self::Simulated,
        Self::ProviderDrifted,
        Self::OrderVoided,
        Self::OfflineReported,
        Self::ConflictResolved,
    ];

    /// One word for the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PaymentCreated => "payment_created",
            Self::ChargeIntended => "charge_intended",
            Self::ChargeOpened => "charge_opened",
            Self::ChargeUnknown => "charge_unknown",
            Self::ChargeRefused => "charge_refused",
            Self::ChargeHidden => "charge_hidden",
            Self::ChargeFound => "charge_found",
            Self::ChargeMoved => "charge_moved",
            Self::ReceiptRecorded => "receipt_recorded",
            Self::SignalDisputed => "signal_disputed",
            Self::Withdrawn => "withdrawn",
            Self::CancelAsked => "cancel_asked",
            Self::WebhookSettled => "webhook_settled",
            Self::WebhookReplayed => "webhook_replayed",
            Self::ExceptionRaised => "exception_raised",
            Self::ExceptionResolved => "exception_resolved",
            Self::Simulated => "simulated",
            Self::ProviderDrifted => "provider_drifted",
            Self::OrderVoided => "order_voided",
            Self::OfflineReported => "offline_reported",
            Self::ConflictResolved => "conflict_resolved",
        }
    }
}

/// Which side of an exchange a kept body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRole {
    /// What we sent.
    Request,
    /// What was answered.
    Response,
    /// What was delivered to us.
    Callback,
}

impl BodyRole {
    /// One word for the record.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Callback => "callback",
        }
    }
}

/// A redacted body. The chain holds its digest only, so that bodies can be pruned without breaking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditBody {
    /// Which side it is.
    pub role: BodyRole,
    /// The redacted bytes.
    pub bytes: Vec<u8>,
}

impl AuditBody {
    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

/// One thing to put on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditNote {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: AuditEvent,
    /// Particulars by name.
    pub fields: Vec<(String, String)>,
    /// Redacted bodies that belong to it.
    pub bodies: Vec<AuditBody>,
}

impl AuditNote {
    /// A note without particulars.
    #[must_use]
    pub const fn new(at: Timestamp, actor: Actor, event: AuditEvent) -> Self {
        Self { at, actor, event, fields: Vec::new(), bodies: Vec::new() }
    }

    /// This note with one more particular.
    #[must_use]
    pub fn with(mut self, name: &str, value: &(impl std::fmt::Display + ?Sized)) -> Self {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }

    /// This note with a body; an empty one is left out.
    #[must_use]
    pub fn with_body(mut self, role: BodyRole, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.bodies.push(AuditBody { role, bytes });
        }
        self
    }
}
