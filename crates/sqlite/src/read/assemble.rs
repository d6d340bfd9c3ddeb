//! Payments from their rows.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_tables::rows::{ChargeRow, DetailsRow, MoneyFacts, PaymentRow, ReceiptRow, RefundRow, ReversalRow};
use mstore_pay_tables::schema::{charges, receipts, refunds, reversals};

/// A payment's row with its details.
pub(super) type Found = (PaymentRow, Option<DetailsRow>);

/// A payment, or the cell of it that is rotten; under its id.
pub(crate) type Assembled = (String, Result<Payment, StoreError>);

/// The payments of those rows, in their order.
pub(super) fn assemble(conn: &mut SqliteConnection, found: &[Found]) -> QueryResult<Vec<Assembled>> {
    let ids: Vec<&str> = found.iter().map(|(row, _)| row.id.as_str()).collect();
    let charge_rows = load_charges(conn, &ids)?;
    let paid = charge_rows.iter().any(ChargeRow::has_money);
    let money = if paid { load_money(conn, &ids)? } else { MoneyFacts::default() };
    let mut of_payment: BTreeMap<&str, Vec<&ChargeRow>> = BTreeMap::new();
    for row in &charge_rows {
        of_payment.entry(&row.payment_id).or_default().push(row);
    }
    let assembled = found.iter().map(|(row, details)| {
        let charges = of_payment.remove(row.id.as_str()).unwrap_or_default();
        (row.id.clone(), read(row, details.as_ref(), &charges, &money))
    });
    Ok(assembled.collect())
}

/// Of one payment by a statement that is prepared once; a list of ids is another statement for each number of them.
fn load_charges(conn: &mut SqliteConnection, payments: &[&str]) -> QueryResult<Vec<ChargeRow>> {
    let rows = charges::table.order((charges::payment_id, charges::position)).select(ChargeRow::as_select());
    match payments {
        [one] => rows.filter(charges::payment_id.eq(*one)).load(conn),
        some => rows.filter(charges::payment_id.eq_any(some)).load(conn),
    }
}

fn load_money(conn: &mut SqliteConnection, payments: &[&str]) -> QueryResult<MoneyFacts> {
    let of_receipts = receipts::table.select(ReceiptRow::as_select());
    let of_refunds = refunds::table.select(RefundRow::as_select());
    let of_reversals = reversals::table.select(ReversalRow::as_select());
    Ok(match payments {
        [one] => MoneyFacts {
            receipts: of_receipts.filter(receipts::payment_id.eq(*one)).load(conn)?,
            refunds: of_refunds.filter(refunds::payment_id.eq(*one)).load(conn)?,
            reversals: of_reversals.filter(reversals::payment_id.eq(*one)).load(conn)?,
        },
        some => MoneyFacts {
            receipts: of_receipts.filter(receipts::payment_id.eq_any(some)).load(conn)?,
            refunds: of_refunds.filter(refunds::payment_id.eq_any(some)).load(conn)?,
            reversals: of_reversals.filter(reversals::payment_id.eq_any(some)).load(conn)?,
        },
    })
}

fn read(
    row: &PaymentRow,
    details: Option<&DetailsRow>,
    charges: &[&ChargeRow],
    money: &MoneyFacts,
) -> Result<Payment, StoreError> {
    let details = row.cells().need("payment_details", details)?.read()?;
    let charges: Vec<Charge> = charges.iter().map(|charge| charge.read(money)).collect::<Result<_, _>>()?;
    row.read(details, charges)
}

/// What was claimed and can be read. A rotten row keeps its lease and is told of, once each time it
/// comes up: it must not keep the others from being worked on.
pub(crate) fn claimed<T>(rows: impl IntoIterator<Item = (String, Result<T, StoreError>)>) -> Vec<T> {
    let readable = |(id, row): (String, Result<T, StoreError>)| match row {
        Ok(row) => Some(row),
        Err(error) => {
            tracing::error!(%id, ?error, "passed over {id}: {error}");
            None
        }
    };
    rows.into_iter().filter_map(readable).collect()
}
