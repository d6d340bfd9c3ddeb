//! Messages that commit with what they tell.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::rows::MessageRow;
use mstore_pay_tables::schema::outbox;
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;

/// Puts a message in the outbox, due at once.
pub(super) fn send_out(conn: &mut SqliteConnection, message: &OutboxMessage, now: Micros) -> Result<(), Fault> {
    let values = (&MessageRow::of(message), outbox::due_at.eq(now));
    match diesel::insert_into(outbox::table).values(values).execute(conn) {
        Ok(_) => Ok(()),
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Err(CommitError::Duplicate { what: "message id" }.into())
        }
        Err(error) => Err(error.into()),
    }
}
