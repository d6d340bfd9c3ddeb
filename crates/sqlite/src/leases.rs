//! Leases: how many are given at once, and what becomes of them when a store is opened.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_tables::schema::{event_dispatches, outbox, payments, webhook_inbox};
use mstore_pay_tables::types::Micros;

/// Most rows that one claim takes, whatever is asked for.
pub(crate) const CLAIM_ROWS_MAX: u32 = 1_000;

/// Ends every lease. Sound only while the store's lock is held and nothing serves yet: every holder
/// was a worker of a process that is gone.
pub(crate) fn release_all(conn: &mut SqliteConnection) -> QueryResult<()> {
    const NOBODY: (Option<String>, Option<Micros>) = (None, None);
    conn.immediate_transaction(|conn| {
        let (token, until) = NOBODY;
        diesel::update(payments::table.filter(payments::lease_token.is_not_null()))
            .set((payments::lease_token.eq(&token), payments::lease_until.eq(until)))
            .execute(conn)?;
        diesel::update(webhook_inbox::table.filter(webhook_inbox::lease_token.is_not_null()))
            .set((webhook_inbox::lease_token.eq(&token), webhook_inbox::lease_until.eq(until)))
            .execute(conn)?;
        diesel::update(outbox::table.filter(outbox::lease_token.is_not_null()))
            .set((outbox::lease_token.eq(&token), outbox::lease_until.eq(until)))
            .execute(conn)?;
        diesel::update(event_dispatches::table.filter(event_dispatches::lease_token.is_not_null()))
            .set((event_dispatches::lease_token.eq(&token), event_dispatches::lease_until.eq(until)))
            .execute(conn)?;
        Ok(())
    })
}
