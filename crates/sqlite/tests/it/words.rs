//! The words that the database admits are the domain's.

use diesel::prelude::*;
use diesel::sql_types::Text;
use mstore_pay_domain::account::{AccountEvent, AccountMode, AccountState};
use mstore_pay_domain::audit::{AuditEvent, BodyRole};
use mstore_pay_domain::charge::{ChargeStatus, Risk};
use mstore_pay_domain::method::{Channel, Method};
use mstore_pay_domain::offline::{ConflictKind, OfflineKind, Resolution};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;

use crate::fixtures::Site;

#[derive(QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    sql: String,
}

/// The words of a column's `CHECK (column IN (...))`.
fn admitted(site: &Site, table: &str, column: &str) -> Vec<String> {
    let definition: Definition = diesel::sql_query("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?")
        .bind::<Text, _>(table)
        .get_result(&mut site.raw())
        .unwrap();
    let (_, list) = definition.sql.split_once(&format!("CHECK ({column} IN (")).expect("a list of words");
    let (list, _) = list.split_once("))").expect("its end");
    list.split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect()
}

#[track_caller]
fn check(site: &Site, table: &str, column: &str, want: &[&str]) {
    assert_eq!(admitted(site, table, column), want, "{table}.{column}");
}

#[test]
fn every_check_admits_exactly_the_domains_words() {
    let site = Site::new();
    mstore_pay_sqlite::migrate(&site.path()).unwrap();
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
}
