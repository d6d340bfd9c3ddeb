//! The words that the database admits are the domain's.

use mstore_pay_domain::account::{AccountEvent, AccountMode, AccountState};
use mstore_pay_domain::audit::{AuditEvent, BodyRole};
use mstore_pay_domain::charge::{ChargeStatus, Risk};
use mstore_pay_domain::method::{Channel, Method};
use mstore_pay_domain::offline::{ConflictKind, OfflineKind, Resolution};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;

use crate::fixtures::Site;

/// The words of the first CHECK of a column.
fn admitted(site: &Site, table: &str, column: &str) -> Vec<String> {
    let name = format!("{table}_{column}_check");
    let definition = site.run(&format!("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{name}'"));
    definition.split('\'').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

#[track_caller]
fn check(site: &Site, table: &str, column: &str, want: &[&str]) {
    assert_eq!(admitted(site, table, column), want, "{table}.{column}");
}

#[test]
fn every_check_admits_exactly_the_domains_words() {
    let site = Site::new();
    let statuses = PaymentStatus::ALL.map(|status| match status {
        PaymentStatus::Paid => "success",
        other => other.word(),
    });
    check(&site, "payments", "status", &statuses);
    check(&site, "outbox", "status", &statuses);
    check(&site, "payments", "method", &Method::ALL.map(Method::code));
    let mut channels: Vec<&str> = Method::ALL.map(|method| Channel::code(method.channel())).to_vec();
    channels.dedup();
    check(&site, "payments", "channel", &channels);
    check(&site, "charges", "status", &ChargeStatus::ALL.map(ChargeStatus::word));
    check(&site, "charges", "risk", &Risk::ALL.map(Risk::word));
    check(&site, "transactions", "status", &OrderStatus::ALL.map(OrderStatus::word));
    check(&site, "payment_events", "event", &AuditEvent::ALL.map(AuditEvent::word));
    let roles = [BodyRole::Request, BodyRole::Response, BodyRole::Callback];
    check(&site, "payment_event_bodies", "role", &roles.map(BodyRole::word));
    for table in ["offline_entries", "offline_conflicts"] {
        check(&site, table, "kind", &OfflineKind::ALL.map(OfflineKind::word));
    }
    check(&site, "offline_conflicts", "conflict_type", &ConflictKind::ALL.map(ConflictKind::word));
    for column in ["suggested_fix", "resolution"] {
        check(&site, "offline_conflicts", column, &Resolution::ALL.map(Resolution::word));
    }
    check(&site, "provider_accounts", "mode", &AccountMode::ALL.map(AccountMode::word));
    check(&site, "provider_accounts", "state", &AccountState::ALL.map(AccountState::word));
    check(&site, "provider_account_notes", "event", &AccountEvent::ALL.map(AccountEvent::word));
    check(&site, "rate_budget", "endpoint", &["open", "inquire", "cancel", "refund", "sweep"]);
}
