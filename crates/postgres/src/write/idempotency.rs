//! Idempotency keys.

use diesel::prelude::*;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::IdempotencyWrite;
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

/// What the slot of a write is called among rows.
pub(super) fn slot(write: &IdempotencyWrite) -> String {
    let IdempotencySlot { merchant, route, key } = match write {
        IdempotencyWrite::Claim { record, .. } => &record.slot,
        IdempotencyWrite::Answer { slot, .. } | IdempotencyWrite::Release { slot, .. } => slot,
    };
    format!("{merchant} {route} {}", key.as_str())
}

/// Takes, answers or frees a key.
pub(super) fn write<'a>(batch: &mut Batch<'a>, write: &'a IdempotencyWrite) {
    match write {
        IdempotencyWrite::Claim { record, now } => {
            let claim = Claim { row: IdempotencyRow::of(record), now: Micros::from(*now) };
            batch.claims.add(claim, Otherwise::Refused(CommitError::KeyTaken));
        }
        IdempotencyWrite::Answer { slot: IdempotencySlot { merchant, route, key }, payment, answer } => {
            let named = keys::table.find((merchant.as_str(), route, key.as_str()));
            let answered = diesel::update(QueryDsl::filter(named, keys::payment_id.eq(payment.to_string())))
                .set((keys::answer_status.eq(i64::from(answer.status)), keys::answer_body.eq(&answer.body)));
            batch.single.push((Box::new(answered), Otherwise::Fine));
        }
        IdempotencyWrite::Release { slot: IdempotencySlot { merchant, route, key }, payment } => {
            let named = keys::table.find((merchant.as_str(), route, key.as_str()));
            let freed = diesel::delete(QueryDsl::filter(named, keys::payment_id.eq(payment.to_string())));
            batch.single.push((Box::new(freed), Otherwise::Fine));
        }
    }
}
