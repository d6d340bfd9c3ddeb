//! The tables as queries see them. Each store compares them with a database that it migrated.

#![expect(missing_docs, reason = "a table says what it holds in the migrations, and its columns are named as there")]

mod audit;

pub use audit::{
    anchored_heads, anchored_merchants, audit_anchors, merchant_events, merchant_heads, payment_bodies,
    payment_event_bodies, payment_events,
};

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::{Rupiah, UtcTime};

    cash_tenders (position) {
        position -> BigInt,
        id -> Text,
        merchant_id -> Text,
        branch_id -> Nullable<Text>,
        order_code -> Text,
        amount -> Rupiah,
        device_id -> Nullable<Text>,
        taken_by -> Text,
        source -> Text,
        offline_reference -> Nullable<Text>,
        taken_at -> UtcTime,
        recorded_at -> UtcTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::UtcTime;

    charges (id) {
        id -> Text,
        payment_id -> Text,
        position -> BigInt,
        merchant_id -> Text,
        order_code -> Text,
        provider -> Text,
        account_id -> Text,
        our_reference -> Text,
        created_at -> UtcTime,
        hidden_since -> Nullable<UtcTime>,
        opening -> Text,
        opening_at -> Nullable<UtcTime>,
        provider_ref -> Nullable<Text>,
        payable_until -> Nullable<UtcTime>,
        artefact -> Nullable<Text>,
        qr_string -> Nullable<Text>,
        bank_code -> Nullable<Text>,
        va_number -> Nullable<Text>,
        biller_code -> Nullable<Text>,
        bill_key -> Nullable<Text>,
        checkout_url -> Nullable<Text>,
        deeplink_url -> Nullable<Text>,
        closing -> Text,
        closing_attempts -> Nullable<BigInt>,
        closing_next_at -> Nullable<UtcTime>,
        status -> Text,
        ended_at -> Nullable<UtcTime>,
        failure_reason -> Nullable<Text>,
        risk -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::types::UtcTime;

    event_dispatches (merchant_id, endpoint_id, position) {
        merchant_id -> Text,
        endpoint_id -> Text,
        position -> BigInt,
        payment_id -> Text,
        attempts -> BigInt,
        due_at -> UtcTime,
        lease_token -> Nullable<Text>,
        lease_until -> Nullable<UtcTime>,
        lease_holder -> Nullable<Integer>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::UtcTime;

    event_endpoint_notes (merchant_id, endpoint_id, seq) {
        merchant_id -> Text,
        endpoint_id -> Text,
        seq -> BigInt,
        at -> UtcTime,
        actor -> Text,
        event -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::UtcTime;

    event_endpoints (merchant_id, id) {
        merchant_id -> Text,
        id -> Text,
        branch_id -> Nullable<Text>,
        url -> Text,
        state -> Text,
        key_id -> Text,
        signing -> Binary,
        previous -> Nullable<Binary>,
        previous_until -> Nullable<UtcTime>,
        revision -> BigInt,
        created_at -> UtcTime,
        told_to -> BigInt,
        failing_since -> Nullable<UtcTime>,
        failures -> BigInt,
        rest_until -> Nullable<UtcTime>,
        claimed_at -> Nullable<UtcTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::types::{Rupiah, UtcTime};

    exceptions (id) {
        id -> Text,
        key -> Text,
        merchant_id -> Nullable<Text>,
        order_code -> Nullable<Text>,
        payment_id -> Nullable<Text>,
        charge_id -> Nullable<Text>,
        kind -> Text,
        subject_kind -> Nullable<Text>,
        subject -> Nullable<Text>,
        expected_amount -> Nullable<Rupiah>,
        amount -> Nullable<Rupiah>,
        currency -> Nullable<Text>,
        at -> UtcTime,
        state -> Text,
        resolved_at -> Nullable<UtcTime>,
        resolved_by -> Nullable<Text>,
        resolution -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::UtcTime;

    idempotency_keys (merchant_id, route, key) {
        merchant_id -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        payment_id -> Text,
        expires_at -> UtcTime,
        answer_status -> Nullable<BigInt>,
        answer_body -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::{Text};

    live_orders (merchant_id, order_code) {
        merchant_id -> Text,
        order_code -> Text,
        payment_id -> Text,
        charge_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::types::UtcTime;

    offline_conflicts (id) {
        id -> Text,
        merchant_id -> Text,
        branch_id -> Nullable<Text>,
        device_id -> Text,
        kind -> Text,
        reference -> Text,
        fingerprint -> Binary,
        conflict_type -> Text,
        suggested_fix -> Text,
        order_code -> Text,
        local_data -> Text,
        server_data -> Nullable<Text>,
        server_id -> Nullable<Text>,
        at -> UtcTime,
        state -> Text,
        resolved_at -> Nullable<UtcTime>,
        resolved_by -> Nullable<Text>,
        resolution -> Nullable<Text>,
        reason -> Nullable<Text>,
        applied_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::UtcTime;

    offline_devices (merchant_id, device_id) {
        merchant_id -> Text,
        device_id -> Text,
        branch_id -> Nullable<Text>,
        last_seen_at -> UtcTime,
        clock_skew_micros -> Nullable<BigInt>,
        reported -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};

    offline_numbers (merchant_id, device_id, day, first) {
        merchant_id -> Text,
        device_id -> Text,
        day -> Text,
        first -> BigInt,
        last -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::UtcTime;

    offline_entries (position) {
        position -> BigInt,
        merchant_id -> Text,
        kind -> Text,
        reference -> Text,
        device_id -> Text,
        fingerprint -> Binary,
        created_at_device -> UtcTime,
        received_at -> UtcTime,
        branch_id -> Nullable<Text>,
        order_code -> Text,
        server_id -> Text,
        body -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Integer, Nullable, Text};
    use crate::types::UtcTime;

    outbox (position) {
        position -> BigInt,
        id -> Text,
        merchant_id -> Text,
        branch_id -> Nullable<Text>,
        payment_id -> Text,
        order_code -> Text,
        revision -> BigInt,
        at -> UtcTime,
        event -> Text,
        status -> Nullable<Text>,
        paid_at -> Nullable<UtcTime>,
        attempts -> BigInt,
        due_at -> UtcTime,
        lease_token -> Nullable<Text>,
        lease_until -> Nullable<UtcTime>,
        sent_at -> Nullable<UtcTime>,
        lease_holder -> Nullable<Integer>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};

    payment_details (payment_id) {
        payment_id -> Text,
        customer_email -> Nullable<Text>,
        customer_name -> Nullable<Text>,
        customer_phone -> Nullable<Text>,
        success_url -> Nullable<Text>,
        failure_url -> Nullable<Text>,
        description -> Nullable<Text>,
        device_id -> Nullable<Text>,
        metadata -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::UtcTime;

    payment_sync (payment_id) {
        payment_id -> Text,
        merchant_id -> Text,
        device_id -> Text,
        offline_reference -> Text,
        receipt_id -> Nullable<Text>,
        created_at_device -> UtcTime,
        sync_status -> Text,
        sync_attempts -> BigInt,
        last_sync_at -> UtcTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
    use crate::types::{Rupiah, UtcTime};

    payments (id) {
        id -> Text,
        merchant_id -> Text,
        branch_id -> Nullable<Text>,
        order_code -> Text,
        method -> Text,
        channel -> Text,
        amount -> Rupiah,
        attempt -> BigInt,
        created_at -> UtcTime,
        expires_at -> UtcTime,
        revision -> BigInt,
        intake -> Text,
        display -> Text,
        withdrawn_at -> Nullable<UtcTime>,
        paid_by_payment_id -> Nullable<Text>,
        reference_kind -> Text,
        reference_id -> Nullable<Text>,
        audit_seq -> BigInt,
        audit_head -> Binary,
        check_count -> BigInt,
        last_checked_at -> Nullable<UtcTime>,
        status -> Text,
        paid_at -> Nullable<UtcTime>,
        updated_at -> UtcTime,
        due_at -> Nullable<UtcTime>,
        lease_token -> Nullable<Text>,
        lease_until -> Nullable<UtcTime>,
        lease_holder -> Nullable<Integer>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::UtcTime;

    provider_account_notes (merchant_id, provider, account_id, seq) {
        merchant_id -> Text,
        provider -> Text,
        account_id -> Text,
        seq -> BigInt,
        at -> UtcTime,
        actor -> Text,
        event -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use crate::types::UtcTime;

    provider_accounts (merchant_id, provider, id) {
        merchant_id -> Text,
        provider -> Text,
        id -> Text,
        branch_id -> Nullable<Text>,
        mode -> Text,
        state -> Text,
        for_user_id -> Nullable<Text>,
        provider_merchant_id -> Nullable<Text>,
        nmid -> Nullable<Text>,
        methods -> Nullable<Text>,
        limits -> Text,
        key_id -> Text,
        credential -> Binary,
        webhook_secret -> Nullable<Binary>,
        webhook_previous -> Nullable<Binary>,
        webhook_previous_until -> Nullable<UtcTime>,
        revision -> BigInt,
        created_at -> UtcTime,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text};
    use crate::types::{Rupiah, UtcTime};

    receipts (provider, account_id, payment_ref) {
        provider -> Text,
        account_id -> Text,
        payment_ref -> Text,
        charge_id -> Text,
        payment_id -> Text,
        amount -> Rupiah,
        currency -> Text,
        paid_at -> UtcTime,
        payer_issuer -> Nullable<Text>,
        payer_name -> Nullable<Text>,
        payer_receipt_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{Text};
    use crate::types::{Rupiah, UtcTime};

    refunds (charge_id, refund_ref) {
        charge_id -> Text,
        refund_ref -> Text,
        payment_id -> Text,
        amount -> Rupiah,
        refunded_at -> UtcTime,
    }
}

diesel::table! {
    use diesel::sql_types::{Text};
    use crate::types::UtcTime;

    reversals (charge_id, payment_ref) {
        charge_id -> Text,
        payment_ref -> Text,
        payment_id -> Text,
        reversed_at -> UtcTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use crate::types::{Rupiah, UtcTime};

    transactions (merchant_id, order_code) {
        merchant_id -> Text,
        order_code -> Text,
        branch_id -> Nullable<Text>,
        grand_total -> Rupiah,
        payment_method -> Nullable<Text>,
        body -> Nullable<Text>,
        created_at -> UtcTime,
        revision -> BigInt,
        status -> Text,
        paid_at -> Nullable<UtcTime>,
        paid_by -> Nullable<Text>,
        paid_by_payment_id -> Nullable<Text>,
        voided_at -> Nullable<UtcTime>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
    use crate::types::UtcTime;

    webhook_inbox (position) {
        position -> BigInt,
        id -> Text,
        provider -> Text,
        account_id -> Text,
        digest -> Binary,
        body -> Binary,
        received_at -> UtcTime,
        deliveries -> BigInt,
        attempts -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        due_at -> UtcTime,
        lease_token -> Nullable<Text>,
        lease_until -> Nullable<UtcTime>,
        lease_holder -> Nullable<Integer>,
    }
}

diesel::joinable!(payment_details -> payments (payment_id));

diesel::allow_tables_to_appear_in_same_query!(
    anchored_heads,
    anchored_merchants,
    merchant_heads,
    exceptions,
    payments,
    payment_details,
    charges,
    receipts,
    transactions
);

diesel::allow_tables_to_appear_in_same_query!(event_dispatches, event_endpoints, outbox);

/// What `$queried` says of each table, in the order of their names: for the test with which a store compares them with
/// a migrated database.
#[macro_export]
macro_rules! each_table {
    ($queried:path) => {
        [
            $queried($crate::schema::anchored_heads::table),
            $queried($crate::schema::anchored_merchants::table),
            $queried($crate::schema::audit_anchors::table),
            $queried($crate::schema::cash_tenders::table),
            $queried($crate::schema::charges::table),
            $queried($crate::schema::event_dispatches::table),
            $queried($crate::schema::event_endpoint_notes::table),
            $queried($crate::schema::event_endpoints::table),
            $queried($crate::schema::exceptions::table),
            $queried($crate::schema::idempotency_keys::table),
            $queried($crate::schema::live_orders::table),
            $queried($crate::schema::merchant_events::table),
            $queried($crate::schema::merchant_heads::table),
            $queried($crate::schema::offline_conflicts::table),
            $queried($crate::schema::offline_devices::table),
            $queried($crate::schema::offline_entries::table),
            $queried($crate::schema::offline_numbers::table),
            $queried($crate::schema::outbox::table),
            $queried($crate::schema::payment_bodies::table),
            $queried($crate::schema::payment_details::table),
            $queried($crate::schema::payment_event_bodies::table),
            $queried($crate::schema::payment_events::table),
            $queried($crate::schema::payment_sync::table),
            $queried($crate::schema::payments::table),
            $queried($crate::schema::provider_account_notes::table),
            $queried($crate::schema::provider_accounts::table),
            $queried($crate::schema::receipts::table),
            $queried($crate::schema::refunds::table),
            $queried($crate::schema::reversals::table),
            $queried($crate::schema::transactions::table),
            $queried($crate::schema::webhook_inbox::table),
        ]
    };
}
