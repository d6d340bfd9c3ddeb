//! An idempotency key in use.

use diesel::prelude::*;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer, StoredAnswer};
use mstore_pay_domain::ports::StoreError;

use super::cells::Cells;
use crate::by_column;
use crate::schema::idempotency_keys;
use crate::types::Micros;

/// A key and the answer that is repeated for it.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = idempotency_keys, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(merchant_id, route, key))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct IdempotencyRow {
    merchant_id: String,
    route: String,
    key: String,
    fingerprint: Vec<u8>,
    payment_id: String,
    expires_at: Micros,
    answer_status: Option<i64>,
    answer_body: Option<Vec<u8>>,
}

by_column!(IdempotencyRow, idempotency_keys:
    merchant_id, route, key, fingerprint, payment_id, expires_at, answer_status, answer_body,
);

impl IdempotencyRow {
    /// The row of what a key stands for.
    #[must_use]
    pub fn of(record: &IdempotencyRecord) -> Self {
        let answer = match &record.answer {
            KeptAnswer::Current => None,
            KeptAnswer::Stored(answer) => Some(answer),
        };
        Self {
            merchant_id: record.slot.merchant.to_string(),
            route: record.slot.route.clone(),
            key: record.slot.key.to_string(),
            fingerprint: record.fingerprint.as_bytes().to_vec(),
            payment_id: record.payment.to_string(),
            expires_at: record.expires_at.into(),
            answer_status: answer.map(|answer| answer.status.into()),
            answer_body: answer.map(|answer| answer.body.clone()),
        }
    }

    /// What the key of this row stands for.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<IdempotencyRecord, StoreError> {
        let cells = Cells { table: "idempotency_keys", id: &self.key };
        Ok(IdempotencyRecord {
            slot: IdempotencySlot {
                merchant: cells.text("merchant_id", &self.merchant_id)?,
                route: self.route.clone(),
                key: cells.text("key", &self.key)?,
            },
            fingerprint: cells.digest("fingerprint", &self.fingerprint)?,
            payment: cells.text("payment_id", &self.payment_id)?,
            expires_at: cells.time("expires_at", self.expires_at)?,
            answer: match self.answer_status {
                None => KeptAnswer::Current,
                Some(status) => KeptAnswer::Stored(StoredAnswer {
                    status: cells.number("answer_status", status)?,
                    body: cells.need("answer_body", self.answer_body.clone())?,
                }),
            },
        })
    }
}
