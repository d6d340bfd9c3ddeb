//! Messages on their way out.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::event::{FeedPiece, FeedPlace};
use mstore_pay_domain::ids::{BranchId, LeaseToken, MerchantId, MessageId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{LeasedMessage, Outbox, StoreError};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::leases::CLAIM_ROWS_MAX;
use crate::store::SqliteStore;
use crate::{clock, read};

const NO_TOKEN: Option<String> = None;
const NO_TIME: Option<Micros> = None;

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, StoreError> {
        Ok(self.write(move |conn| claim(conn, limit, lease)).await?)
    }

    /// The row stays, so that the same message cannot be sent out again.
    async fn sent(&self, message: &MessageId, token: LeaseToken) -> Result<(), StoreError> {
        let (message, token) = (message.to_string(), token.to_string());
        let sent = move |conn: &mut SqliteConnection| {
            let now = clock::now(conn)?;
            let held = outbox::table.filter(outbox::id.eq(message)).filter(outbox::lease_token.eq(token));
            diesel::update(held)
                .set((outbox::sent_at.eq(now), outbox::lease_token.eq(NO_TOKEN), outbox::lease_until.eq(NO_TIME)))
                .kept()
                .execute(conn)?;
            Ok(())
        };
        Ok(self.write(sent).await?)
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
        after: FeedPlace,
        limit: u32,
    ) -> Result<FeedPiece, StoreError> {
        let (merchant, branch) = (merchant.clone(), branch.clone());
        self.read(move |conn| read::changes(conn, &merchant, branch.as_ref(), after, limit)).await
    }

    async fn retry(&self, message: &MessageId, token: LeaseToken, pause: Duration) -> Result<(), StoreError> {
        let (message, token) = (message.to_string(), token.to_string());
        let retry = move |conn: &mut SqliteConnection| {
            let due = clock::now(conn)?.plus(pause);
            let held = outbox::table.filter(outbox::id.eq(message)).filter(outbox::lease_token.eq(token));
            diesel::update(held)
                .set((outbox::due_at.eq(due), outbox::lease_token.eq(NO_TOKEN), outbox::lease_until.eq(NO_TIME)))
                .kept()
                .execute(conn)?;
            Ok(())
        };
        Ok(self.write(retry).await?)
    }
}

fn claim(conn: &mut SqliteConnection, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, Fault> {
    let now = clock::now(conn)?;
    let places: Vec<i64> = outbox::table
        .filter(outbox::sent_at.is_null())
        .filter(outbox::due_at.le(now))
        .filter(outbox::lease_until.is_null().or(outbox::lease_until.le(now)))
        .order(outbox::position)
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(outbox::position)
        .load(conn)?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(outbox::table.filter(outbox::position.eq_any(&places)))
        .set((
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::lease_token.eq(lease.token.to_string()),
            outbox::lease_until.eq(now.plus(lease.ttl)),
        ))
        .execute(conn)?;
    let rows = outbox::table
        .filter(outbox::position.eq_any(&places))
        .order(outbox::position)
        .select(MessageRow::as_select())
        .load(conn)?;
    let leased = |row: &MessageRow| {
        let (message, attempts) = (row.read()?, row.attempts()?);
        Ok(LeasedMessage { message, attempts, token: lease.token })
    };
    Ok(read::claimed(rows.iter().map(|row| (row.id.clone(), leased(row)))))
}
