//! Money that came to charges: receipts, refunds, reversals.

use diesel::prelude::*;
use mstore_pay_domain::charge::{Charge, Funds, Payer, Receipt, RefundFact};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::time::Timestamp;

use super::cells::Cells;
use crate::by_column;
use crate::schema::{receipts, refunds, reversals};
use crate::types::{Micros, MinorUnits};

/// Money that arrived.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = receipts, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(provider, account_id, payment_ref))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ReceiptRow {
    provider: String,
    account_id: String,
    payment_ref: String,
    /// The charge that was paid.
    pub charge_id: String,
    payment_id: String,
    amount: MinorUnits,
    currency: String,
    paid_at: Micros,
    payer_issuer: Option<String>,
    payer_name: Option<String>,
    payer_receipt_id: Option<String>,
}

by_column!(ReceiptRow, receipts:
    provider, account_id, payment_ref, charge_id, payment_id, amount, currency, paid_at, payer_issuer,
    payer_name, payer_receipt_id,
);

/// Money that went back.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refunds, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(charge_id, refund_ref), treat_none_as_default_value = false)]
pub struct RefundRow {
    charge_id: String,
    refund_ref: String,
    payment_id: String,
    amount: MinorUnits,
    refunded_at: Micros,
}

by_column!(RefundRow, refunds: charge_id, refund_ref, payment_id, amount, refunded_at);

/// A payment that the provider took back.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reversals, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(charge_id, payment_ref), treat_none_as_default_value = false)]
pub struct ReversalRow {
    charge_id: String,
    payment_ref: String,
    payment_id: String,
    reversed_at: Micros,
}

by_column!(ReversalRow, reversals: charge_id, payment_ref, payment_id, reversed_at);

/// The rows of money of several charges.
#[derive(Debug, Default)]
pub struct MoneyFacts {
    /// What was paid.
    pub receipts: Vec<ReceiptRow>,
    /// What was given back.
    pub refunds: Vec<RefundRow>,
    /// What was taken back.
    pub reversals: Vec<ReversalRow>,
}

impl ReceiptRow {
    /// The row of a receipt.
    #[must_use]
    pub fn of(payment: &Payment, charge: &Charge, receipt: &Receipt) -> Self {
        Self {
            provider: charge.provider.to_string(),
            account_id: charge.account.to_string(),
            payment_ref: receipt.payment_ref.to_string(),
            charge_id: charge.id.to_string(),
            payment_id: payment.id.to_string(),
            amount: MinorUnits::from(&receipt.money.amount),
            currency: receipt.money.currency.clone(),
            paid_at: receipt.paid_at.into(),
            payer_issuer: receipt.payer.issuer().map(str::to_owned),
            payer_name: receipt.payer.name().map(str::to_owned),
            payer_receipt_id: receipt.payer.receipt_id().map(str::to_owned),
        }
    }

    fn read(&self) -> Result<Receipt, StoreError> {
        let cells = Cells { table: "receipts", id: &self.payment_ref };
        Ok(Receipt {
            payment_ref: cells.text("payment_ref", &self.payment_ref)?,
            money: ReportedMoney { amount: cells.money("amount", self.amount)?, currency: self.currency.clone() },
            paid_at: cells.time("paid_at", self.paid_at)?,
            payer: Payer::told(self.payer_issuer.clone(), self.payer_name.clone(), self.payer_receipt_id.clone()),
        })
    }
}

impl RefundRow {
    /// The row of a refund.
    #[must_use]
    pub fn of(payment: &Payment, charge: &Charge, refund: &RefundFact) -> Self {
        Self {
            charge_id: charge.id.to_string(),
            refund_ref: refund.refund_ref.to_string(),
            payment_id: payment.id.to_string(),
            amount: MinorUnits::from(&refund.amount),
            refunded_at: refund.at.into(),
        }
    }

    fn read(&self) -> Result<RefundFact, StoreError> {
        let cells = Cells { table: "refunds", id: &self.refund_ref };
        Ok(RefundFact {
            refund_ref: cells.text("refund_ref", &self.refund_ref)?,
            amount: cells.money("amount", self.amount)?,
            at: cells.time("refunded_at", self.refunded_at)?,
        })
    }
}

impl ReversalRow {
    /// The row of a reversal.
    #[must_use]
    pub fn of(payment: &Payment, charge: &Charge, payment_ref: &ProviderRef, at: Timestamp) -> Self {
        Self {
            charge_id: charge.id.to_string(),
            payment_ref: payment_ref.to_string(),
            payment_id: payment.id.to_string(),
            reversed_at: at.into(),
        }
    }

    fn read(&self) -> Result<(ProviderRef, Timestamp), StoreError> {
        let cells = Cells { table: "reversals", id: &self.payment_ref };
        Ok((cells.text("payment_ref", &self.payment_ref)?, cells.time("reversed_at", self.reversed_at)?))
    }
}

impl MoneyFacts {
    /// The money of one charge.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn funds_of(&self, charge: &str) -> Result<Funds, StoreError> {
        let receipts = self.receipts.iter().filter(|row| row.charge_id == charge).map(ReceiptRow::read);
        let refunds = self.refunds.iter().filter(|row| row.charge_id == charge).map(RefundRow::read);
        let reversals = self.reversals.iter().filter(|row| row.charge_id == charge).map(ReversalRow::read);
        Ok(Funds::from_facts(
            receipts.collect::<Result<Vec<_>, _>>()?,
            refunds.collect::<Result<Vec<_>, _>>()?,
            reversals.collect::<Result<Vec<_>, _>>()?,
        ))
    }
}
