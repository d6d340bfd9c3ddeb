//! Messages that commit with what they tell.

use std::collections::BTreeSet;

use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::columns::ByColumn as _;
use mstore_pay_tables::rows::MessageRow;

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;

// A message that is due at once.
impl<'a> Rows<'a> for MessageRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let into = Unnested::sql("INSERT INTO outbox (").then(MessageRow::NAMES);
        Box::new(into.then(", due_at) SELECT n.*, clock_timestamp() FROM ").rows(rows))
    }
}

/// The merchants whom messages of units are of.
pub(super) fn merchants<'a>(units: &[&'a UnitOfWork]) -> BTreeSet<&'a str> {
    units.iter().flat_map(|work| &work.outbox).map(|message| message.merchant.as_str()).collect()
}

/// Puts a message in the outbox.
pub(super) fn send_out(batch: &mut Batch<'_>, message: &OutboxMessage) {
    batch.messages.add(MessageRow::of(message), Otherwise::Fine);
}
