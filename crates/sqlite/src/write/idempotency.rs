//! Idempotency keys.

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::IdempotencyWrite;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::IdempotencyRow;
use mstore_pay_tables::schema::idempotency_keys as keys;
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;

/// Takes, answers or frees a key.
pub(super) fn write(conn: &mut SqliteConnection, write: &IdempotencyWrite) -> Result<(), Fault> {
    match write {
        IdempotencyWrite::Claim { record, now } => {
            let row = IdempotencyRow::of(record);
            let taken = diesel::insert_into(keys::table)
                .values(&row)
                .on_conflict((keys::merchant_id, keys::route, keys::key))
                .do_update()
                .set(&row)
                .filter(keys::expires_at.le(Micros::from(*now)))
                .kept()
                .execute(conn)?;
            if taken == 0 { Err(CommitError::KeyTaken.into()) } else { Ok(()) }
        }
        IdempotencyWrite::Answer { slot, payment, answer } => {
            let key = keys::table.find((slot.merchant.as_str(), &slot.route, slot.key.as_str()));
            diesel::update(QueryDsl::filter(key, keys::payment_id.eq(payment.to_string())))
                .set((keys::answer_status.eq(i64::from(answer.status)), keys::answer_body.eq(&answer.body)))
                .kept()
                .execute(conn)?;
            Ok(())
        }
        IdempotencyWrite::Release { slot, payment } => {
            let key = keys::table.find((slot.merchant.as_str(), &slot.route, slot.key.as_str()));
            diesel::delete(QueryDsl::filter(key, keys::payment_id.eq(payment.to_string()))).execute(conn)?;
            Ok(())
        }
    }
}
