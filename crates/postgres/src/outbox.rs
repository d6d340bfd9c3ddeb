//! Messages on their way out.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::event::{Change, FeedPlace};
use mstore_pay_domain::ids::{BranchId, LeaseToken, MerchantId, MessageId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{LeasedMessage, Outbox, StoreError};
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;

use crate::clock::{self, clock_timestamp};
use crate::errors::Fault;
use crate::leases::{CLAIM_ROWS_MAX, NO_HOLDER, NO_TIME, NO_TOKEN};
use crate::prepared::KeepPrepared as _;
use crate::read;
use crate::store::PostgresStore;

#[async_trait]
impl Outbox for PostgresStore {
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, StoreError> {
        Ok(session!(self.transaction, |conn| claim(conn, limit, lease, self.presence.number()))?)
    }

    /// The row stays, so that the same message cannot be sent out again.
    async fn sent(&self, message: &MessageId, token: LeaseToken) -> Result<(), StoreError> {
        Ok(session!(self.plain, |conn| sent(conn, message, token))?)
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
        after: FeedPlace,
        limit: u32,
    ) -> Result<Vec<Change>, StoreError> {
        Ok(session!(self.plain, |conn| read::changes(conn, merchant, branch.as_ref(), after, limit))?)
    }

    async fn retry(&self, message: &MessageId, token: LeaseToken, pause: Duration) -> Result<(), StoreError> {
        Ok(session!(self.plain, |conn| retry(conn, message, token, pause))?)
    }
}

async fn claim(
    conn: &mut AsyncPgConnection,
    limit: u32,
    lease: Lease,
    holder: Option<i32>,
) -> Result<Vec<LeasedMessage>, Fault> {
    let now = clock::now(conn).await?;
    let places: Vec<i64> = outbox::table
        .filter(outbox::sent_at.is_null())
        .filter(outbox::due_at.le(now))
        .filter(outbox::lease_until.is_null().or(outbox::lease_until.le(now)))
        .order(outbox::position)
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(outbox::position)
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(outbox::table.filter(outbox::position.eq_any(&places)))
        .set((
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::lease_token.eq(lease.token.to_string()),
            outbox::lease_until.eq(now.plus(lease.ttl)),
            outbox::lease_holder.eq(holder),
        ))
        .kept()
        .execute(conn)
        .await?;
    let rows = outbox::table
        .filter(outbox::position.eq_any(&places))
        .order(outbox::position)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    let leased = |row: &MessageRow| {
        let (message, attempts) = (row.read()?, row.attempts()?);
        Ok(LeasedMessage { message, attempts, token: lease.token })
    };
    Ok(read::claimed(rows.iter().map(|row| (row.id.clone(), leased(row)))))
}

async fn sent(conn: &mut AsyncPgConnection, message: &MessageId, token: LeaseToken) -> Result<(), Fault> {
    let held =
        outbox::table.filter(outbox::id.eq(message.to_string())).filter(outbox::lease_token.eq(token.to_string()));
    let sent = outbox::sent_at.eq(clock_timestamp().nullable());
    diesel::update(held)
        .set((
            sent,
            outbox::lease_token.eq(NO_TOKEN),
            outbox::lease_until.eq(NO_TIME),
            outbox::lease_holder.eq(NO_HOLDER),
        ))
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}

async fn retry(
    conn: &mut AsyncPgConnection,
    message: &MessageId,
    token: LeaseToken,
    pause: Duration,
) -> Result<(), Fault> {
    let due = clock::now(conn).await?.plus(pause);
    let held =
        outbox::table.filter(outbox::id.eq(message.to_string())).filter(outbox::lease_token.eq(token.to_string()));
    diesel::update(held)
        .set((
            outbox::due_at.eq(due),
            outbox::lease_token.eq(NO_TOKEN),
            outbox::lease_until.eq(NO_TIME),
            outbox::lease_holder.eq(NO_HOLDER),
        ))
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}
