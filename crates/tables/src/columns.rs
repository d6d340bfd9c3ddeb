//! Rows by column, for statements of PostgreSQL that take any number of rows and yet have one text: each column goes as
//! one array, and `unnest` makes rows of them again.

use diesel::dsl::AsExprOf;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, SqlType};

#[doc(hidden)]
pub use diesel::dsl::SqlTypeOf;

/// The cells of one column, to be bound as one array.
pub type Column<'a> = Box<dyn QueryFragment<Pg> + Send + Sync + 'a>;

/// Rows that can be taken apart into columns: see [`by_column!`](crate::by_column).
pub trait ByColumn: Sized {
    /// What the columns are called, in order, with commas between them.
    const NAMES: &'static str;
    /// What each is called.
    const COLUMNS: &'static [&'static str];

    /// The columns, in that order, each with a cell of every row.
    fn columns<'a>(rows: Vec<Self>) -> Vec<Column<'a>>
    where
        Self: 'a;
}

/// Cells of one SQL type as a column.
#[must_use]
pub fn column<'a, ST, Cell>(cells: Vec<Cell>) -> Column<'a>
where
    Array<ST>: SqlType + TypedExpressionType,
    Vec<Cell>: AsExpression<Array<ST>>,
    AsExprOf<Vec<Cell>, Array<ST>>: QueryFragment<Pg> + Send + Sync + 'a,
{
    Box::new(cells.as_expression())
}

/// Has rows taken apart by the names of their fields, which are those of columns of a table:
/// `by_column!(RefundRow, refunds: charge_id, refund_ref, amount);`. It takes all of them.
#[macro_export]
macro_rules! by_column {
    ($row:ty, $table:ident: $first:ident $(, $column:ident)* $(,)?) => {
        impl $crate::columns::ByColumn for $row {
            const NAMES: &'static str = concat!(stringify!($first) $(, ", ", stringify!($column))*);
            const COLUMNS: &'static [&'static str] = &[stringify!($first) $(, stringify!($column))*];

            fn columns<'a>(mut rows: Vec<Self>) -> Vec<$crate::columns::Column<'a>>
            where
                Self: 'a,
            {
                let _every_field = |Self { $first: _ $(, $column: _)* }: &Self| {};
                vec![
                    $crate::by_column!(@column rows, $table, $first),
                    $($crate::by_column!(@column rows, $table, $column),)*
                ]
            }
        }
    };
    (@column $rows:ident, $table:ident, $column:ident) => {
        $crate::columns::column::<$crate::columns::SqlTypeOf<$table::$column>, _>(
            $rows.iter_mut().map(|row| ::std::mem::take(&mut row.$column)).collect::<Vec<_>>(),
        )
    };
}
