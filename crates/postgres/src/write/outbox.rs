//! Messages that commit with what they tell.

use std::collections::BTreeSet;

use diesel::prelude::*;
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;

use super::batch::{Batch, Otherwise};
use crate::clock::clock_timestamp;

/// The merchants whom a unit's messages are of.
pub(super) fn merchants(work: &UnitOfWork) -> BTreeSet<&str> {
    work.outbox.iter().map(|message| message.merchant.as_str()).collect()
}

/// Puts a message in the outbox, due at once.
pub(super) fn send_out(batch: &mut Batch<'_>, message: &OutboxMessage) {
    let values = (MessageRow::of(message), outbox::due_at.eq(clock_timestamp()));
    let sent = diesel::insert_into(outbox::table).values(values);
    batch.add("outbox", message.id.to_string(), sent, Otherwise::Fine);
}
