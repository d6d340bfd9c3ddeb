//! Messages that commit with what they tell.

use std::collections::BTreeSet;

use diesel::prelude::*;
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;

use super::batch::{Batch, Otherwise, Rows, Write};
use crate::clock::clock_timestamp;

/// A message that is due at once.
pub(super) struct SentOut(MessageRow);

impl<'a> Rows<'a> for SentOut {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let due = |Self(row): Self| (row, outbox::due_at.eq(clock_timestamp()));
        let rows: Vec<_> = rows.into_iter().map(due).collect();
        Box::new(diesel::insert_into(outbox::table).values(rows))
    }
}

/// The merchants whom messages of units are of.
pub(super) fn merchants<'a>(units: &[&'a UnitOfWork]) -> BTreeSet<&'a str> {
    units.iter().flat_map(|work| &work.outbox).map(|message| message.merchant.as_str()).collect()
}

/// Puts a message in the outbox.
pub(super) fn send_out(batch: &mut Batch<'_>, message: &OutboxMessage) {
    batch.messages.add(SentOut(MessageRow::of(message)), Otherwise::Fine);
}
