//! The charges of a payment and the money on them. Money is only ever added.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use mstore_pay_domain::charge::{Charge, Funds};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::rows::{ChargeRow, ReceiptRow, RefundRow, ReversalRow};
use mstore_pay_tables::schema::{charges, receipts, refunds, reversals};

use super::batch::{Batch, Otherwise};
use crate::errors::Fault;

/// Writes every charge of a payment with its money. Those of a payment that is not stored yet are inserted only.
pub(super) fn write<'a>(batch: &mut Batch<'a>, payment: &'a Payment, is_stored: bool) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    for (position, charge) in payment.charges.iter().enumerate() {
        if !ids.insert(charge.id) {
            return Err(CommitError::Duplicate { what: "charge id" }.into());
        }
        let row = ChargeRow::of(payment, position, charge);
        let insert = diesel::insert_into(charges::table).values(row.clone());
        if is_stored {
            let payment_id = row.payment_id.clone();
            let upsert =
                insert.on_conflict(charges::id).do_update().set(row).filter(charges::payment_id.eq(payment_id));
            // The filter keeps it from changing another payment's charge.
            let taken = Otherwise::Refused(CommitError::Duplicate { what: "charge id" });
            batch.add("charges", charge.id.to_string(), upsert, taken);
        } else {
            batch.add("charges", charge.id.to_string(), insert, Otherwise::Fine);
        }
        if let Some(funds) = charge.state.funds() {
            write_funds(batch, payment, charge, funds)?;
        }
    }
    Ok(())
}

fn write_funds<'a>(
    batch: &mut Batch<'a>,
    payment: &'a Payment,
    charge: &'a Charge,
    funds: &'a Funds,
) -> Result<(), Fault> {
    for receipt in funds.receipts() {
        let row = ReceiptRow::of(payment, charge, receipt);
        let charge_id = row.charge_id.clone();
        let written = diesel::insert_into(receipts::table)
            .values(row.clone())
            .on_conflict((receipts::provider, receipts::account_id, receipts::payment_ref))
            .do_update()
            .set(row)
            .filter(receipts::charge_id.eq(charge_id));
        let name = format!("{} {} {}", charge.provider, charge.account, receipt.payment_ref);
        // Another charge of the same unit has it.
        if batch.writes("receipts", &name) {
            return Err(CommitError::Duplicate { what: "receipt" }.into());
        }
        let taken = Otherwise::Refused(CommitError::Duplicate { what: "receipt" });
        batch.add("receipts", name, written, taken);
    }
    for refund in funds.refunds() {
        let row = RefundRow::of(payment, charge, refund);
        let written = diesel::insert_into(refunds::table)
            .values(row.clone())
            .on_conflict((refunds::charge_id, refunds::refund_ref))
            .do_update()
            .set(row);
        batch.add("refunds", format!("{} {}", charge.id, refund.refund_ref), written, Otherwise::Fine);
    }
    for (payment_ref, at) in funds.reversals() {
        let row = ReversalRow::of(payment, charge, payment_ref, at);
        let written = diesel::insert_into(reversals::table)
            .values(row.clone())
            .on_conflict((reversals::charge_id, reversals::payment_ref))
            .do_update()
            .set(row);
        batch.add("reversals", format!("{} {payment_ref}", charge.id), written, Otherwise::Fine);
    }
    Ok(())
}
