//! Messages on their way out.

mod marks;

use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::array;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::event::{FeedPiece, FeedPlace};
use mstore_pay_domain::ids::{BranchId, LeaseToken, MerchantId, MessageId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{LeasedMessage, Outbox, StoreError};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;

use crate::clock::{clock_timestamp, later};
use crate::errors::Fault;
use crate::hints::waits_for_no_disk;
use crate::leases::{CLAIM_ROWS_MAX, NO_HOLDER, NO_TIME, NO_TOKEN};
use crate::read;
use crate::store::PostgresStore;

pub(crate) use self::marks::Marks;

#[async_trait]
impl Outbox for PostgresStore {
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, StoreError> {
        Ok(session!(self.plain, |conn| claim(conn, limit, lease, self.presence.number()))?)
    }

    async fn sent(&self, message: &MessageId, token: LeaseToken) -> Result<(), StoreError> {
        self.marks.sent(*message, token).await
    }

    async fn changes(
        &self,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
        after: FeedPlace,
        limit: u32,
    ) -> Result<FeedPiece, StoreError> {
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
    let waiting = diesel::alias!(mstore_pay_tables::schema::outbox as waiting);
    let lease_until = waiting.field(outbox::lease_until);
    // Chosen and locked before anything is written: what others hold is left to them.
    let free = waiting
        .filter(waiting.field(outbox::sent_at).is_null())
        .filter(waiting.field(outbox::due_at).le(clock_timestamp()))
        .filter(lease_until.is_null().or(lease_until.le(clock_timestamp().nullable())))
        .order(waiting.field(outbox::position))
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(waiting.field(outbox::position))
        .for_update()
        .skip_locked();
    let mut rows: Vec<(i64, MessageRow)> = diesel::update(outbox::table)
        .filter(waits_for_no_disk())
        .filter(outbox::position.eq_any(array(free)))
        .set((
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::lease_token.eq(lease.token.to_string()),
            outbox::lease_until.eq(later(lease.ttl).nullable()),
            outbox::lease_holder.eq(holder),
        ))
        .returning((outbox::position, MessageRow::as_returning()))
        .kept()
        .load(conn)
        .await?;
    rows.sort_unstable_by_key(|(position, _)| *position);
    let leased = |row: &MessageRow| {
        let (message, attempts) = (row.read()?, row.attempts()?);
        Ok(LeasedMessage { message, attempts, token: lease.token })
    };
    Ok(read::claimed(rows.iter().map(|(_, row)| (row.id.clone(), leased(row)))))
}

async fn retry(
    conn: &mut AsyncPgConnection,
    message: &MessageId,
    token: LeaseToken,
    pause: Duration,
) -> Result<(), Fault> {
    let held =
        outbox::table.filter(outbox::id.eq(message.to_string())).filter(outbox::lease_token.eq(token.to_string()));
    diesel::update(held)
        .set((
            outbox::due_at.eq(later(pause)),
            outbox::lease_token.eq(NO_TOKEN),
            outbox::lease_until.eq(NO_TIME),
            outbox::lease_holder.eq(NO_HOLDER),
        ))
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}
