//! Exceptions: raised once, resolved once.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::ExceptionWrite;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{EXCEPTION_OPEN, ExceptionRow};
use mstore_pay_tables::schema::exceptions;

use crate::errors::Fault;

/// Raises or resolves an exception.
pub(super) async fn write(conn: &mut AsyncPgConnection, write: &ExceptionWrite) -> Result<(), Fault> {
    match write {
        ExceptionWrite::Raise(exception) => raise(conn, exception).await,
        ExceptionWrite::Resolve(exception) => resolve(conn, exception).await,
    }
}

async fn raise(conn: &mut AsyncPgConnection, exception: &MoneyException) -> Result<(), Fault> {
    // Waits for whoever is raising the same one.
    let raised = diesel::insert_into(exceptions::table)
        .values(&ExceptionRow::of(exception))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if raised > 0 {
        return Ok(());
    }
    let merchant = exception.merchant.as_ref().map(MerchantId::as_str);
    let known = exceptions::table
        .filter(exceptions::merchant_id.is_not_distinct_from(merchant))
        .filter(exceptions::key.eq(exception.key()));
    if diesel::select(diesel::dsl::exists(known)).get_result(conn).await? {
        return Ok(());
    }
    Err(CommitError::Duplicate { what: "exception id" }.into())
}

async fn resolve(conn: &mut AsyncPgConnection, exception: &MoneyException) -> Result<(), Fault> {
    let open = exceptions::table.find(exception.id.to_string()).filter(exceptions::state.eq(EXCEPTION_OPEN));
    let resolved = diesel::update(open).set(&ExceptionRow::of(exception)).kept().execute(conn).await?;
    if resolved == 0 { Err(CommitError::Conflict { current: None }.into()) } else { Ok(()) }
}
