//! Exceptions: raised once, resolved once.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::ExceptionWrite;
use mstore_pay_tables::rows::{EXCEPTION_OPEN, ExceptionRow};
use mstore_pay_tables::schema::exceptions;

use crate::errors::Fault;

/// Raises or resolves an exception.
pub(super) fn write(conn: &mut SqliteConnection, write: &ExceptionWrite) -> Result<(), Fault> {
    match write {
        ExceptionWrite::Raise(exception) => raise(conn, exception),
        ExceptionWrite::Resolve(exception) => resolve(conn, exception),
    }
}

fn raise(conn: &mut SqliteConnection, exception: &MoneyException) -> Result<(), Fault> {
    let of_merchant = exceptions::merchant_id.is(exception.merchant.as_ref().map(MerchantId::as_str));
    let known = exceptions::table.filter(of_merchant).filter(exceptions::key.eq(exception.key()));
    if diesel::select(diesel::dsl::exists(known)).get_result(conn)? {
        return Ok(());
    }
    match diesel::insert_into(exceptions::table).values(&ExceptionRow::of(exception)).execute(conn) {
        Ok(_) => Ok(()),
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Err(CommitError::Duplicate { what: "exception id" }.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn resolve(conn: &mut SqliteConnection, exception: &MoneyException) -> Result<(), Fault> {
    let open = exceptions::table.find(exception.id.to_string()).filter(exceptions::state.eq(EXCEPTION_OPEN));
    let resolved = diesel::update(open).set(&ExceptionRow::of(exception)).execute(conn)?;
    if resolved == 0 { Err(CommitError::Conflict { current: None }.into()) } else { Ok(()) }
}
