//! The audit trail: records, bodies, and anchors.

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};

    anchored_heads (payment_id, audit_seq) {
        payment_id -> Text,
        audit_seq -> BigInt,
        audit_head -> Binary,
        anchor_seq -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};

    anchored_merchants (merchant_id, audit_seq) {
        merchant_id -> Text,
        audit_seq -> BigInt,
        audit_head -> Binary,
        anchor_seq -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::types::UtcTime;

    merchant_events (merchant_id, seq) {
        merchant_id -> Text,
        seq -> BigInt,
        at -> UtcTime,
        actor -> Text,
        event -> Text,
        record -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};

    merchant_heads (merchant_id) {
        merchant_id -> Text,
        audit_seq -> BigInt,
        audit_head -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary};
    use crate::types::UtcTime;

    audit_anchors (seq) {
        seq -> BigInt,
        at -> UtcTime,
        previous -> Binary,
        digest -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary};
    use crate::types::UtcTime;

    payment_bodies (digest) {
        digest -> Binary,
        body -> Binary,
        kept_at -> UtcTime,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};

    payment_event_bodies (payment_id, seq, position) {
        payment_id -> Text,
        seq -> BigInt,
        position -> BigInt,
        role -> Text,
        digest -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};
    use crate::types::UtcTime;

    payment_events (payment_id, seq) {
        payment_id -> Text,
        seq -> BigInt,
        at -> UtcTime,
        actor -> Text,
        event -> Text,
        record -> Binary,
    }
}
