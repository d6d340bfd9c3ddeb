//! Words of the database that differ from the domain's, or that the domain has no list of.

use mstore_pay_domain::account::{AccountEvent, AccountMode, AccountState};
use mstore_pay_domain::audit::{AuditEvent, BodyRole};
use mstore_pay_domain::charge::{ChargeStatus, Risk};
use mstore_pay_domain::endpoint::{EndpointEvent, EndpointState};
use mstore_pay_domain::exception::Misfit;
use mstore_pay_domain::method::{Channel, Method};
use mstore_pay_domain::offline::{ConflictKind, OfflineKind, Resolution};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;

/// The database's word for a payment's status: `success` for paid, as MStore's payment model has it.
#[must_use]
pub const fn status_word(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Paid => "success",
        PaymentStatus::Pending
        | PaymentStatus::Expired
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Reversed => status.word(),
    }
}

/// Every payment status by the database's word.
pub(crate) fn statuses() -> impl Iterator<Item = (&'static str, PaymentStatus)> {
    PaymentStatus::ALL.into_iter().map(|status| (status_word(status), status))
}

/// A column of words, as `table.column`, and what it admits.
pub type Words = (&'static str, Vec<&'static str>);

/// Every column of words: of those that the domain has a list of, that list. The schemas' `CHECK`s are held against
/// this, one by one.
#[must_use]
pub fn columns_of_words() -> Vec<Words> {
    let statuses: Vec<_> = PaymentStatus::ALL.map(status_word).to_vec();
    let mut channels = Method::ALL.map(|method| Channel::code(method.channel())).to_vec();
    channels.dedup();
    let mut columns = vec![
        ("payments.status", statuses.clone()),
        ("outbox.status", statuses),
        ("payments.method", Method::ALL.map(Method::code).to_vec()),
        ("payments.channel", channels),
        ("charges.status", ChargeStatus::ALL.map(ChargeStatus::word).to_vec()),
        ("charges.risk", Risk::ALL.map(Risk::word).to_vec()),
        ("transactions.status", OrderStatus::ALL.map(OrderStatus::word).to_vec()),
        ("payment_events.event", AuditEvent::ALL.map(AuditEvent::word).to_vec()),
        (
            "payment_event_bodies.role",
            [BodyRole::Request, BodyRole::Response, BodyRole::Callback].map(BodyRole::word).to_vec(),
        ),
        ("offline_entries.kind", OfflineKind::ALL.map(OfflineKind::word).to_vec()),
        ("offline_conflicts.kind", OfflineKind::ALL.map(OfflineKind::word).to_vec()),
        ("offline_conflicts.conflict_type", ConflictKind::ALL.map(ConflictKind::word).to_vec()),
        ("offline_conflicts.suggested_fix", Resolution::ALL.map(Resolution::word).to_vec()),
        ("offline_conflicts.resolution", Resolution::ALL.map(Resolution::word).to_vec()),
        ("provider_accounts.mode", AccountMode::ALL.map(AccountMode::word).to_vec()),
        ("provider_accounts.state", AccountState::ALL.map(AccountState::word).to_vec()),
        ("provider_account_notes.event", AccountEvent::ALL.map(AccountEvent::word).to_vec()),
        ("event_endpoints.state", EndpointState::ALL.map(EndpointState::word).to_vec()),
        ("event_endpoint_notes.event", EndpointEvent::ALL.map(EndpointEvent::word).to_vec()),
        ("exceptions.kind", Misfit::KINDS.to_vec()),
    ];
    columns.extend(columns_of_rows_words());
    columns
}

/// Those whose words are the rows' own: what the domain has as shapes of a type.
fn columns_of_rows_words() -> Vec<Words> {
    vec![
        ("payments.intake", vec!["open", "closed"]),
        ("payments.display", vec!["shown", "cancelled", "superseded", "paid_by", "paid_in_cash", "expired", "voided"]),
        ("payments.reference_kind", vec!["unset", "provider", "own"]),
        ("charges.opening", vec!["intended", "opened", "unknown", "found", "refused"]),
        ("charges.artefact", vec!["qr", "virtual_account", "bill", "link", "push"]),
        ("charges.closing", vec!["not_asked", "wanted", "confirmed", "unsupported"]),
        ("webhook_inbox.state", vec!["open", "done", "parked", "dead"]),
        ("outbox.event", vec!["status_changed", "order_paid", "exception_raised"]),
        ("transactions.paid_by", vec!["payment", "cash"]),
        ("exceptions.subject_kind", vec!["receipt", "claim", "refund"]),
        ("exceptions.state", vec!["open", "resolved"]),
        ("offline_conflicts.state", vec!["open", "resolved"]),
        ("payment_sync.sync_status", vec!["pending", "synced", "failed"]),
        ("cash_tenders.source", vec!["till", "transaction", "payment"]),
        ("rate_budget.endpoint", vec!["open", "inquire", "payment", "cancel", "refund", "sweep"]),
    ]
}
