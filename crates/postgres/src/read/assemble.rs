//! Payments from their rows.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::try_join;
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
pub(super) async fn assemble(conn: &mut AsyncPgConnection, found: &[Found]) -> QueryResult<Vec<Assembled>> {
    let ids: Vec<&str> = found.iter().map(|(row, _)| row.id.as_str()).collect();
    let charge_rows: Vec<ChargeRow> = charges::table
        .filter(charges::payment_id.eq_any(&ids))
        .order((charges::payment_id, charges::position))
        .select(ChargeRow::as_select())
        .load(conn)
        .await?;
    let paid = charge_rows.iter().any(ChargeRow::has_money);
    let money = if paid { load_money(conn, &ids).await? } else { MoneyFacts::default() };
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

/// All that there is of money, asked for at once.
async fn load_money(conn: &AsyncPgConnection, payments: &[&str]) -> QueryResult<MoneyFacts> {
    let [mut first, mut second, mut third] = [conn; 3];
    let received = receipts::table.filter(receipts::payment_id.eq_any(payments)).select(ReceiptRow::as_select());
    let given_back = refunds::table.filter(refunds::payment_id.eq_any(payments)).select(RefundRow::as_select());
    let taken_back = reversals::table.filter(reversals::payment_id.eq_any(payments)).select(ReversalRow::as_select());
    let (receipts, refunds, reversals) =
        try_join!(received.load(&mut first), given_back.load(&mut second), taken_back.load(&mut third))?;
    Ok(MoneyFacts { receipts, refunds, reversals })
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
