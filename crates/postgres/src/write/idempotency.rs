//! Idempotency keys.

use diesel::prelude::*;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::IdempotencyWrite;
use mstore_pay_tables::by_column;
use mstore_pay_tables::rows::IdempotencyRow;
use mstore_pay_tables::schema::idempotency_keys;
use mstore_pay_tables::types::{Micros, UtcTime};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;
use super::upsert::as_excluded;

/// A key that is taken, and until when it might be another's.
pub(super) struct Claim {
    row: IdempotencyRow,
    now: Micros,
}

impl<'a> Rows<'a> for Claim {
    fn written(rows: Vec<Self>) -> Write<'a> {
        const OVER: &str = concat!(
            " ON CONFLICT (merchant_id, route, key) DO UPDATE SET ",
            as_excluded!(fingerprint, payment_id, expires_at, answer_status, answer_body),
            " WHERE idempotency_keys.expires_at <= ",
        );
        // Of several times the earliest: a key that is free by a later one alone is looked at by itself.
        let now = rows.iter().map(|claim| claim.now).min().unwrap_or_default();
        let rows: Vec<IdempotencyRow> = rows.into_iter().map(|claim| claim.row).collect();
        Box::new(Unnested::insert("idempotency_keys", rows).then(OVER).value(Box::new(now.into_sql::<UtcTime>())))
    }
}

/// What was answered to the request with a key.
pub(super) struct Answered<'a> {
    merchant_id: &'a str,
    route: &'a str,
    key: &'a str,
    payment_id: String,
    answer_status: Option<i64>,
    answer_body: Option<&'a [u8]>,
}

by_column!(Answered<'_>, idempotency_keys: merchant_id, route, key, payment_id, answer_status, answer_body);

impl<'a> Rows<'a> for Answered<'a> {
    fn written(rows: Vec<Self>) -> Write<'a> {
        const SET: &str =
            "UPDATE idempotency_keys AS k SET answer_status = n.answer_status, answer_body = n.answer_body FROM ";
        Box::new(Unnested::sql(SET).rows(rows).then(IS_OF_PAYMENT))
    }
}

/// A key that is free again.
pub(super) struct FreedKey<'a> {
    merchant_id: &'a str,
    route: &'a str,
    key: &'a str,
    payment_id: String,
}

by_column!(FreedKey<'_>, idempotency_keys: merchant_id, route, key, payment_id);

impl<'a> Rows<'a> for FreedKey<'a> {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::sql("DELETE FROM idempotency_keys AS k USING ").rows(rows).then(IS_OF_PAYMENT))
    }
}

/// Which key is meant, if it still stands for that payment.
const IS_OF_PAYMENT: &str = " WHERE k.merchant_id = n.merchant_id AND k.route = n.route AND k.key = n.key \
    AND k.payment_id = n.payment_id";

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
            let answered = Answered {
                merchant_id: merchant.as_str(),
                route,
                key: key.as_str(),
                payment_id: payment.to_string(),
                answer_status: Some(answer.status.into()),
                answer_body: Some(&answer.body),
            };
            batch.answers.add(answered, Otherwise::Fine);
        }
        IdempotencyWrite::Release { slot: IdempotencySlot { merchant, route, key }, payment } => {
            let (merchant_id, key, payment_id) = (merchant.as_str(), key.as_str(), payment.to_string());
            batch.freed_keys.add(FreedKey { merchant_id, route, key, payment_id }, Otherwise::Fine);
        }
    }
}
