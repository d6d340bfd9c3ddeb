//! Messages that commit with what they tell.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;

use super::locks::{Locked, lock};
use super::payments::or_taken;
use crate::clock::clock_timestamp;
use crate::errors::Fault;

/// Makes units that tell a merchant something commit one after the other, from here on. Otherwise a message
/// with a smaller number could become visible after a larger one was read, and whoever follows the feed
/// would never see it.
pub(super) async fn lock_feeds(conn: &mut AsyncPgConnection, work: &UnitOfWork) -> Result<(), Fault> {
    let merchants: BTreeSet<&str> = work.outbox.iter().map(|message| message.merchant.as_str()).collect();
    for merchant in merchants {
        lock(conn, Locked::Feed, merchant).await?;
    }
    Ok(())
}

/// Puts a message in the outbox, due at once.
pub(super) async fn send_out(conn: &mut AsyncPgConnection, message: &OutboxMessage) -> Result<(), Fault> {
    let values = (&MessageRow::of(message), outbox::due_at.eq(clock_timestamp()));
    let sent = diesel::insert_into(outbox::table).values(values).execute(conn).await;
    sent.map(|_| ()).map_err(|error| or_taken(error, "message id"))
}
