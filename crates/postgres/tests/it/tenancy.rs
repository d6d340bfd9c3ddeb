//! Indexes begin with the tenant, but for those with a reason (`docs/adr/0018-what-does-not-begin-with-the-tenant.md`).

use std::collections::BTreeSet;

use crate::fixtures::Site;

/// By ids of ours: random, unique without a tenant, and compared with the tenant when read.
const BY_OUR_IDS: [&str; 30] = [
    "anchored_heads_of_anchor",
    "anchored_heads_pkey",
    "anchored_merchants_of_anchor",
    "audit_anchors_pkey",
    "cash_tenders_id_key",
    "charges_of_payment",
    "charges_pkey",
    "event_endpoints_id_key",
    "exceptions_of_payment",
    "exceptions_pkey",
    "idempotency_keys_of_payment",
    "offline_conflicts_pkey",
    "outbox_id_key",
    "payment_bodies_pkey",
    "payment_details_pkey",
    "payment_event_bodies_pkey",
    "payment_events_pkey",
    "payment_sync_pkey",
    "payments_leased",
    "payments_pkey",
    "payments_with_customer",
    "receipts_by_payer_receipt",
    "receipts_of_payment",
    "refunds_of_payment",
    "refunds_pkey",
    "reversals_of_payment",
    "reversals_pkey",
    "watches_over",
    "watches_pkey",
    "webhook_inbox_id_key",
];

/// By what a provider calls things, at one of its accounts.
const BY_PROVIDERS_NAMES: [&str; 8] = [
    "charges_by_provider_ref",
    "charges_of_account_order",
    "charges_provider_account_id_our_reference_key",
    "provider_accounts_by_provider_name",
    "provider_accounts_provider_id_key",
    "rate_budget_pkey",
    "receipts_pkey",
    "webhook_inbox_provider_account_id_digest_key",
];

/// By what workers take up, whoever's it is.
const BY_TURN: [&str; 13] = [
    "cash_tenders_pkey",
    "event_dispatches_of_message",
    "exceptions_open",
    "idempotency_keys_by_end",
    "offline_entries_pkey",
    "outbox_pkey",
    "outbox_waiting",
    "payment_bodies_by_age",
    "payments_due",
    "payments_pending",
    "webhook_inbox_open",
    "webhook_inbox_pkey",
    "webhook_inbox_set_aside",
];

#[test]
fn every_index_begins_with_the_tenant_or_has_its_reason() {
    let first = "SELECT name.relname FROM pg_index AS index
                 JOIN pg_class AS name ON name.oid = index.indexrelid
                 JOIN pg_namespace AS schema ON schema.oid = name.relnamespace
                 WHERE schema.nspname = 'public' AND index.indrelid <> '__diesel_schema_migrations'::regclass
                   AND pg_get_indexdef(index.indexrelid, 1, false) !~ 'merchant_id'";
    let found: BTreeSet<String> = Site::new().run(first).lines().map(ToOwned::to_owned).collect();
    let reasoned = BY_OUR_IDS.iter().chain(&BY_PROVIDERS_NAMES).chain(&BY_TURN);
    assert_eq!(found, reasoned.map(|name| (*name).to_owned()).collect());
}
