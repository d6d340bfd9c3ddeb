//! A payment whole, by one statement: what belongs to it comes along as arrays of rows.
//!
//! One statement sees one state of the database, so that a payment is never put together from before and after a commit.
//! It takes one round trip and no transaction.

use diesel::deserialize::{self, FromSql};
use diesel::dsl::{AsSelect, auto_type};
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Nullable, Record, Text};
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::StoreError;
use mstore_pay_tables::rows::{
    ChargeRow, DetailsRow, MoneyFacts, OrderRow, PaymentRow, ReceiptRow, RefundRow, ReversalRow, StateRow, status_word,
};
use mstore_pay_tables::schema::{payment_details, payments, transactions};

/// A payment, or the cell of it that is rotten; under its id.
pub(crate) type Assembled = (String, Result<Payment, StoreError>);

/// What [`whole`] selects of one payment.
pub(super) type WholeRow = (
    PaymentRow,
    Option<DetailsRow>,
    Vec<Nested<ChargeRow>>,
    Vec<Nested<ReceiptRow>>,
    Vec<Nested<RefundRow>>,
    Vec<Nested<ReversalRow>>,
);

/// Payments with all that belongs to them, oldest first.
#[auto_type]
pub(super) fn whole() -> _ {
    let payment: AsSelect<PaymentRow, Pg> = PaymentRow::as_select();
    let details: AsSelect<Option<DetailsRow>, Pg> = Option::<DetailsRow>::as_select();
    let charges: All<ChargeRow> = All::new();
    let receipts: All<ReceiptRow> = All::new();
    let refunds: All<RefundRow> = All::new();
    let reversals: All<ReversalRow> = All::new();
    payments::table
        .left_join(payment_details::table)
        .order((payments::created_at, payments::id))
        .select((payment, details, charges, receipts, refunds, reversals))
}

/// What [`in_order`] selects of one payment: its order, if that is registered, and who paid that.
pub(super) type InOrderRow = (
    PaymentRow,
    Option<DetailsRow>,
    Vec<Nested<ChargeRow>>,
    Vec<Nested<ReceiptRow>>,
    Vec<Nested<RefundRow>>,
    Vec<Nested<ReversalRow>>,
    Option<OrderRow>,
    Option<String>,
);

/// Payments with all that belongs to them and what the rest of their order says of them, oldest first.
#[auto_type]
pub(super) fn in_order() -> _ {
    let payment: AsSelect<PaymentRow, Pg> = PaymentRow::as_select();
    let details: AsSelect<Option<DetailsRow>, Pg> = Option::<DetailsRow>::as_select();
    let charges: All<ChargeRow> = All::new();
    let receipts: All<ReceiptRow> = All::new();
    let refunds: All<RefundRow> = All::new();
    let reversals: All<ReversalRow> = All::new();
    let order: AsSelect<Option<OrderRow>, Pg> = Option::<OrderRow>::as_select();
    let of_merchant = transactions::merchant_id.eq(payments::merchant_id);
    let is_its_order = of_merchant.and(transactions::order_code.eq(payments::order_code));
    payments::table
        .left_join(payment_details::table)
        .left_join(transactions::table.on(is_its_order))
        .order((payments::created_at, payments::id))
        .select((payment, details, charges, receipts, refunds, reversals, order, PaidOfOrder))
}

/// What [`states_in_order`] selects of one payment.
pub(super) type StateInOrderRow = (StateRow, Option<OrderRow>, Option<String>);

/// As [`in_order`], for whoever knows the payments and not whether they changed.
#[auto_type]
pub(super) fn states_in_order() -> _ {
    let state: AsSelect<StateRow, Pg> = StateRow::as_select();
    let order: AsSelect<Option<OrderRow>, Pg> = Option::<OrderRow>::as_select();
    let of_merchant = transactions::merchant_id.eq(payments::merchant_id);
    let is_its_order = of_merchant.and(transactions::order_code.eq(payments::order_code));
    payments::table
        .left_join(transactions::table.on(is_its_order))
        .order((payments::created_at, payments::id))
        .select((state, order, PaidOfOrder))
}

/// The payment of what was selected.
pub(super) fn assemble((row, details, charges, receipts, refunds, reversals): WholeRow) -> Assembled {
    let money = MoneyFacts { receipts: plain(receipts), refunds: plain(refunds), reversals: plain(reversals) };
    let payment = read(&row, details.as_ref(), &plain(charges), &money);
    (row.id, payment)
}

fn read(
    row: &PaymentRow,
    details: Option<&DetailsRow>,
    charges: &[ChargeRow],
    money: &MoneyFacts,
) -> Result<Payment, StoreError> {
    let details = row.cells().need("payment_details", details)?.read()?;
    let charges: Vec<Charge> = charges.iter().map(|charge| charge.read(money)).collect::<Result<_, _>>()?;
    row.read(details, charges)
}

fn plain<T>(rows: Vec<Nested<T>>) -> Vec<T> {
    rows.into_iter().map(|Nested(row)| row).collect()
}

/// The id of the oldest payment that holds money, of the order of the payment of the row at hand.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct PaidOfOrder;

impl Expression for PaidOfOrder {
    type SqlType = Nullable<Text>;
}

impl<Source> AppearsOnTable<Source> for PaidOfOrder where payments::id: AppearsOnTable<Source> {}

impl<Source> SelectableExpression<Source> for PaidOfOrder where payments::id: SelectableExpression<Source> {}

impl ValidGrouping<()> for PaidOfOrder {
    type IsAggregate = is_aggregate::No;
}

impl QueryFragment<Pg> for PaidOfOrder {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(SELECT o.id FROM payments o WHERE o.merchant_id = payments.merchant_id ");
        out.push_sql("AND o.order_code = payments.order_code AND o.status IN ('");
        out.push_sql(&PaymentStatus::HOLDING_MONEY.map(status_word).join("', '"));
        out.push_sql("') ORDER BY o.created_at, o.id LIMIT 1)");
        Ok(())
    }
}

/// Rows that belong to a payment.
pub(super) trait OfPayment: Selectable<Pg> {
    /// Which rows belong to the payment of the row at hand, and in what order.
    const FROM_WHERE: &'static str;
}

impl OfPayment for ChargeRow {
    const FROM_WHERE: &'static str =
        r#" FROM "charges" WHERE "charges"."payment_id" = "payments"."id" ORDER BY "charges"."position""#;
}

impl OfPayment for ReceiptRow {
    const FROM_WHERE: &'static str = r#" FROM "receipts" WHERE "receipts"."payment_id" = "payments"."id""#;
}

impl OfPayment for RefundRow {
    const FROM_WHERE: &'static str = r#" FROM "refunds" WHERE "refunds"."payment_id" = "payments"."id""#;
}

impl OfPayment for ReversalRow {
    const FROM_WHERE: &'static str = r#" FROM "reversals" WHERE "reversals"."payment_id" = "payments"."id""#;
}

/// All rows of a kind that belong to the payment of the row at hand, as one value.
pub(super) struct All<T: OfPayment>(T::SelectExpression);

impl<T: OfPayment> All<T> {
    fn new() -> Self {
        Self(T::construct_selection())
    }
}

type Cells<T> = <<T as Selectable<Pg>>::SelectExpression as Expression>::SqlType;

impl<T: OfPayment> Expression for All<T>
where
    Cells<T>: 'static,
{
    type SqlType = Array<Record<Cells<T>>>;
}

impl<T: OfPayment, Source> AppearsOnTable<Source> for All<T>
where
    Self: Expression,
    payments::id: AppearsOnTable<Source>,
{
}

impl<T: OfPayment, Source> SelectableExpression<Source> for All<T>
where
    Self: AppearsOnTable<Source>,
    payments::id: SelectableExpression<Source>,
{
}

impl<T: OfPayment> ValidGrouping<()> for All<T> {
    type IsAggregate = is_aggregate::No;
}

impl<T: OfPayment + 'static> QueryId for All<T> {
    type QueryId = All<T>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<T: OfPayment> QueryFragment<Pg> for All<T>
where
    T::SelectExpression: QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("ARRAY(SELECT ROW(");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(")");
        out.push_sql(T::FROM_WHERE);
        out.push_sql(")");
        Ok(())
    }
}

/// A row that came as a value within another.
#[derive(Debug)]
pub(super) struct Nested<T>(T);

impl<T, Cells> FromSql<Record<Cells>, Pg> for Nested<T>
where
    Cells: 'static,
    T: Queryable<Cells, Pg>,
    T::Row: FromSql<Record<Cells>, Pg>,
{
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        T::build(FromSql::from_sql(value)?).map(Self)
    }
}
