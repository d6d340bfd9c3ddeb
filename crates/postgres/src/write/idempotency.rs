//! Idempotency keys.

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::IdempotencyWrite;
use mstore_pay_tables::rows::IdempotencyRow;
use mstore_pay_tables::schema::idempotency_keys as keys;
use mstore_pay_tables::types::Micros;

use super::batch::{Batch, Otherwise};

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
    const TABLE: &str = "idempotency_keys";
    match write {
        IdempotencyWrite::Claim { record, now } => {
            let row = IdempotencyRow::of(record);
            let taken = diesel::insert_into(keys::table)
                .values(row.clone())
                .on_conflict((keys::merchant_id, keys::route, keys::key))
                .do_update()
                .set(row)
                .filter(keys::expires_at.le(Micros::from(*now)));
            batch.add(TABLE, slot(write), taken, Otherwise::Refused(CommitError::KeyTaken));
        }
        IdempotencyWrite::Answer { slot: IdempotencySlot { merchant, route, key }, payment, answer } => {
            let named = keys::table.find((merchant.as_str(), route, key.as_str()));
            let answered = diesel::update(QueryDsl::filter(named, keys::payment_id.eq(payment.to_string())))
                .set((keys::answer_status.eq(i64::from(answer.status)), keys::answer_body.eq(&answer.body)));
            batch.add(TABLE, slot(write), answered, Otherwise::Fine);
        }
        IdempotencyWrite::Release { slot: IdempotencySlot { merchant, route, key }, payment } => {
            let named = keys::table.find((merchant.as_str(), route, key.as_str()));
            let freed = diesel::delete(QueryDsl::filter(named, keys::payment_id.eq(payment.to_string())));
            batch.add(TABLE, slot(write), freed, Otherwise::Fine);
        }
    }
}
