//! Idempotency keys.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::IdempotencyWrite;
use mstore_pay_tables::columns::column;
use mstore_pay_tables::rows::IdempotencyRow;
use mstore_pay_tables::schema::idempotency_keys as keys;
use mstore_pay_tables::types::{Micros, UtcTime};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;

/// A key that is taken, and until when it might be another's.
pub(super) struct Claim {
    row: IdempotencyRow,
    now: Micros,
}

impl<'a> Rows<'a> for Claim {
    fn written(rows: Vec<Self>) -> Write<'a> {
        // Of several times the earliest: a key that is free by a later one alone is looked at by itself.
        let now = rows.iter().map(|claim| claim.now).min().unwrap_or_default();
        let rows: Vec<IdempotencyRow> = rows.into_iter().map(|claim| claim.row).collect();
        let over = Unnested::insert("idempotency_keys", rows);
        let over = over.or_set::<IdempotencyRow>(&["merchant_id", "route", "key"]);
        Box::new(over.then(" WHERE idempotency_keys.expires_at <= ").value(Box::new(now.into_sql::<UtcTime>())))
    }
}

/// What is answered under a key, while that is the payment's.
pub(super) struct Answered<'a> {
    payment: String,
    named: String,
    status: i64,
    body: &'a [u8],
}

impl<'a> Rows<'a> for Answered<'a> {
    /// It joins nothing, so that it goes by the index of payments however large the table was when it was planned.
    fn written(rows: Vec<Self>) -> Write<'a> {
        let named = || column::<Text, _>(rows.iter().map(|row| row.named.clone()).collect::<Vec<_>>());
        let statuses = column::<BigInt, _>(rows.iter().map(|row| row.status).collect::<Vec<_>>());
        let bodies = column::<Binary, _>(rows.iter().map(|row| row.body).collect::<Vec<_>>());
        let payments = column::<Text, _>(rows.iter().map(|row| row.payment.clone()).collect::<Vec<_>>());
        let set = Unnested::sql("UPDATE idempotency_keys SET answer_status = ").by_name(statuses, named(), NAMED);
        let set = set.then(", answer_body = ").by_name(bodies, named(), NAMED);
        let of_payments = set.then(" WHERE payment_id = ANY(").value(payments).then(") AND ").then(NAMED);
        Box::new(of_payments.then(" = ANY(").value(named()).then(")"))
    }
}

/// What a key is called together with the payment that it is for: no part of it has that character.
const NAMED: &str = "(merchant_id || E'\\x1f' || route || E'\\x1f' || key || E'\\x1f' || payment_id)";

/// The slot that is written.
pub(super) const fn slot(write: &IdempotencyWrite) -> &IdempotencySlot {
    match write {
        IdempotencyWrite::Claim { record, .. } => &record.slot,
        IdempotencyWrite::Answer { slot, .. } | IdempotencyWrite::Release { slot, .. } => slot,
    }
}

/// Takes, answers or frees a key.
pub(super) fn write<'a>(batch: &mut Batch<'a>, write: &'a IdempotencyWrite) {
    match write {
        IdempotencyWrite::Claim { record, now } => {
            let claim = Claim { row: IdempotencyRow::of(record), now: Micros::from(*now) };
            batch.claims.add(claim, Otherwise::Refused(CommitError::KeyTaken));
        }
        IdempotencyWrite::Answer { slot: IdempotencySlot { merchant, route, key }, payment, answer } => {
            let named = format!("{merchant}\u{1f}{route}\u{1f}{}\u{1f}{payment}", key.as_str());
            let (payment, status) = (payment.to_string(), answer.status.into());
            batch.answers.add(Answered { payment, named, status, body: &answer.body }, Otherwise::Fine);
        }
        IdempotencyWrite::Release { slot: IdempotencySlot { merchant, route, key }, payment } => {
            let named = keys::table.find((merchant.as_str(), route, key.as_str()));
            let freed = diesel::delete(QueryDsl::filter(named, keys::payment_id.eq(payment.to_string())));
            batch.single.push((Box::new(freed), Otherwise::Fine));
        }
    }
}
