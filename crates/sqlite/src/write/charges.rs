//! The charges of a payment and the money on them. Money is only ever added.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::charge::{Charge, Funds};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{ChargeRow, ReceiptRow, RefundRow, ReversalRow};
use mstore_pay_tables::schema::{charges, receipts, refunds, reversals};

use crate::errors::Fault;

/// Writes every charge of a payment with its money. Those of a payment that is not stored yet are
/// inserted only: diesel keeps such a statement prepared, and an upsert not.
pub(super) fn write(conn: &mut SqliteConnection, payment: &Payment, is_stored: bool) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    for (position, charge) in payment.charges.iter().enumerate() {
        if !ids.insert(charge.id) {
            return Err(CommitError::Duplicate { what: "charge id" }.into());
        }
        write_charge(conn, &ChargeRow::of(payment, position, charge), is_stored)?;
        if let Some(funds) = charge.state.funds() {
            write_funds(conn, payment, charge, funds)?;
        }
    }
    Ok(())
}

fn write_charge(conn: &mut SqliteConnection, row: &ChargeRow, is_stored: bool) -> Result<(), Fault> {
    let insert = diesel::insert_into(charges::table).values(row);
    let written = if is_stored {
        insert
            .on_conflict(charges::id)
            .do_update()
            .set(row)
            .filter(charges::payment_id.eq(&row.payment_id))
            .kept()
            .execute(conn)
    } else {
        insert.execute(conn)
    };
    match written {
        // The filter kept it from changing another payment's charge.
        Ok(0) => Err(CommitError::Duplicate { what: "charge id" }.into()),
        Ok(_) => Ok(()),
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, information)) => {
            Err(CommitError::Duplicate { what: taken_name(information.message()) }.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is taken, by the columns at the end of SQLite's message.
fn taken_name(message: &str) -> &'static str {
    if message.ends_with("charges.provider_ref") {
        "provider reference"
    } else if message.ends_with("charges.our_reference") {
        "our reference"
    } else {
        "charge id"
    }
}

fn write_funds(conn: &mut SqliteConnection, payment: &Payment, charge: &Charge, funds: &Funds) -> Result<(), Fault> {
    for receipt in funds.receipts() {
        let row = ReceiptRow::of(payment, charge, receipt);
        let written = diesel::insert_into(receipts::table)
            .values(&row)
            .on_conflict((receipts::provider, receipts::account_id, receipts::payment_ref))
            .do_update()
            .set(&row)
            .filter(receipts::charge_id.eq(&row.charge_id))
            .kept()
            .execute(conn)?;
        if written == 0 {
            return Err(CommitError::Duplicate { what: "receipt" }.into());
        }
    }
    for refund in funds.refunds() {
        let row = RefundRow::of(payment, charge, refund);
        diesel::insert_into(refunds::table)
            .values(&row)
            .on_conflict((refunds::charge_id, refunds::refund_ref))
            .do_update()
            .set(&row)
            .kept()
            .execute(conn)?;
    }
    for (payment_ref, at) in funds.reversals() {
        let row = ReversalRow::of(payment, charge, payment_ref, at);
        diesel::insert_into(reversals::table)
            .values(&row)
            .on_conflict((reversals::charge_id, reversals::payment_ref))
            .do_update()
            .set(&row)
            .kept()
            .execute(conn)?;
    }
    Ok(())
}
