//! The charges of a payment and the money on them. Money is only ever added.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::upsert::excluded;
use mstore_pay_domain::charge::{Charge, Funds};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::rows::{ChargeRow, ReceiptRow, RefundRow, ReversalRow};
use mstore_pay_tables::schema::{charges, receipts, refunds, reversals};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::upsert::as_excluded;
use crate::errors::Fault;

/// A charge of a payment that is not stored yet.
pub(super) struct NewCharge(ChargeRow);

/// A charge of a payment that is stored, and locked by us. Another payment's charge is left as it is.
pub(super) struct KnownCharge(ChargeRow);

/// Money that arrived, unless another charge has it.
pub(super) struct Received(ReceiptRow);

/// Money that went back.
pub(super) struct Refunded(RefundRow);

/// A payment that the provider took back.
pub(super) struct Reversed(ReversalRow);

impl<'a> Rows<'a> for NewCharge {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<ChargeRow> = rows.into_iter().map(|Self(row)| row).collect();
        Box::new(diesel::insert_into(charges::table).values(rows))
    }
}

impl<'a> Rows<'a> for KnownCharge {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<ChargeRow> = rows.into_iter().map(|Self(row)| row).collect();
        let request = as_excluded!(charges: payment_id, position, merchant_id, order_code, provider, account_id, our_reference,
            risk, created_at, hidden_since);
        let object = as_excluded!(charges: opening, opening_at, provider_ref, payable_until, artefact, qr_string, bank_code,
            va_number, biller_code, bill_key, checkout_url, deeplink_url);
        let state = as_excluded!(charges: closing, closing_attempts, closing_next_at, status, ended_at, failure_reason);
        Box::new(
            diesel::insert_into(charges::table)
                .values(rows)
                .on_conflict(charges::id)
                .do_update()
                .set((request, object, state))
                .filter(charges::payment_id.eq(excluded(charges::payment_id))),
        )
    }
}

impl<'a> Rows<'a> for Received {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<ReceiptRow> = rows.into_iter().map(|Self(row)| row).collect();
        Box::new(
            diesel::insert_into(receipts::table)
                .values(rows)
                .on_conflict((receipts::provider, receipts::account_id, receipts::payment_ref))
                .do_update()
                .set(as_excluded!(receipts: charge_id, payment_id, amount, currency, paid_at, payer_issuer, payer_name,
                    payer_receipt_id))
                .filter(receipts::charge_id.eq(excluded(receipts::charge_id))),
        )
    }
}

impl<'a> Rows<'a> for Refunded {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<RefundRow> = rows.into_iter().map(|Self(row)| row).collect();
        Box::new(
            diesel::insert_into(refunds::table)
                .values(rows)
                .on_conflict((refunds::charge_id, refunds::refund_ref))
                .do_update()
                .set(as_excluded!(refunds: payment_id, amount, refunded_at)),
        )
    }
}

impl<'a> Rows<'a> for Reversed {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<ReversalRow> = rows.into_iter().map(|Self(row)| row).collect();
        Box::new(
            diesel::insert_into(reversals::table)
                .values(rows)
                .on_conflict((reversals::charge_id, reversals::payment_ref))
                .do_update()
                .set(as_excluded!(reversals: payment_id, reversed_at)),
        )
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
        batch.receipts.add(Received(ReceiptRow::of(payment, charge, receipt)), taken);
    }
    for refund in funds.refunds() {
        batch.refunds.add(Refunded(RefundRow::of(payment, charge, refund)), Otherwise::Fine);
    }
    for (payment_ref, at) in funds.reversals() {
        batch.reversals.add(Reversed(ReversalRow::of(payment, charge, payment_ref, at)), Otherwise::Fine);
    }
    Ok(())
}

/// What a receipt is called among rows.
fn receipt_name(charge: &Charge, payment_ref: &ProviderRef) -> String {
    format!("{} {} {payment_ref}", charge.provider, charge.account)
}
