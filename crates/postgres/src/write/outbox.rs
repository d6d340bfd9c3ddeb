//! Messages that commit with what they tell.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::event::OutboxMessage;

use super::payments::or_taken;
use crate::clock::clock_timestamp;
use crate::errors::Fault;
use crate::rows::MessageRow;
use crate::schema::outbox;

/// Puts a message in the outbox, due at once.
pub(super) async fn send_out(conn: &mut AsyncPgConnection, message: &OutboxMessage) -> Result<(), Fault> {
    let values = (&MessageRow::of(message), outbox::due_at.eq(clock_timestamp()));
    let sent = diesel::insert_into(outbox::table).values(values).execute(conn).await;
    sent.map(|_| ()).map_err(|error| or_taken(error, "message id"))
}
