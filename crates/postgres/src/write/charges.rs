//! The charges of a payment and the money on them. Money is only ever added.

use std::collections::BTreeSet;

use mstore_pay_domain::charge::{Charge, Funds};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::rows::{ChargeRow, ReceiptRow, RefundRow, ReversalRow};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::unnested::Unnested;
use crate::errors::Fault;

/// A charge of a payment that is not stored yet.
pub(super) struct NewCharge(ChargeRow);

/// A charge of a payment that is stored, and locked by us. Another payment's charge is left as it is.
pub(super) struct KnownCharge(ChargeRow);

impl<'a> Rows<'a> for NewCharge {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<ChargeRow> = rows.into_iter().map(|Self(row)| row).collect();
        Box::new(Unnested::insert("charges", rows))
    }
}

impl<'a> Rows<'a> for KnownCharge {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<ChargeRow> = rows.into_iter().map(|Self(row)| row).collect();
        let known = Unnested::insert("charges", rows).or_set::<ChargeRow>(&["id"]);
        Box::new(known.then(" WHERE charges.payment_id = excluded.payment_id"))
    }
}

// Money that arrived, unless another charge has it.
impl<'a> Rows<'a> for ReceiptRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let known = Unnested::insert("receipts", rows).or_set::<Self>(&["provider", "account_id", "payment_ref"]);
        Box::new(known.then(" WHERE receipts.charge_id = excluded.charge_id"))
    }
}

// Money that went back.
impl<'a> Rows<'a> for RefundRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("refunds", rows).or_set::<Self>(&["charge_id", "refund_ref"]))
    }
}

// A payment that the provider took back.
impl<'a> Rows<'a> for ReversalRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("reversals", rows).or_set::<Self>(&["charge_id", "payment_ref"]))
    }
}

/// Adds every charge of a payment with its money. Those of a payment that is not stored yet are inserted only.
pub(super) fn write<'a>(batch: &mut Batch<'a>, payment: &'a Payment, is_stored: bool) -> Result<(), Fault> {
    let mut ids = BTreeSet::new();
    for (position, charge) in payment.charges.iter().enumerate() {
        if !ids.insert(charge.id) {
            return Err(CommitError::Duplicate { what: "charge id" }.into());
        }
        let row = ChargeRow::of(payment, position, charge);
        if is_stored {
            let taken = Otherwise::Refused(CommitError::Duplicate { what: "charge id" });
            batch.known_charges.add(KnownCharge(row), taken);
        } else {
            batch.new_charges.add(NewCharge(row), Otherwise::Fine);
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
        // Another charge of the same unit has it.
        if batch.names("receipts", receipt_name(charge, &receipt.payment_ref)) {
            return Err(CommitError::Duplicate { what: "receipt" }.into());
        }
        let taken = Otherwise::Refused(CommitError::Duplicate { what: "receipt" });
        batch.receipts.add(ReceiptRow::of(payment, charge, receipt), taken);
    }
    for refund in funds.refunds() {
        batch.refunds.add(RefundRow::of(payment, charge, refund), Otherwise::Fine);
    }
    for (payment_ref, at) in funds.reversals() {
        batch.reversals.add(ReversalRow::of(payment, charge, payment_ref, at), Otherwise::Fine);
    }
    Ok(())
}

/// What a receipt is called among rows.
fn receipt_name(charge: &Charge, payment_ref: &ProviderRef) -> String {
    format!("{} {} {payment_ref}", charge.provider, charge.account)
}
