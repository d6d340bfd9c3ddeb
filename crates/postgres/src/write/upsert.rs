//! Upserts of several rows.

/// Sets those columns of a table to what was to be inserted: `as_excluded!(refunds: amount, refunded_at)`.
macro_rules! as_excluded {
    ($table:ident: $($column:ident),+ $(,)?) => {
        ($(::diesel::ExpressionMethods::eq($table::$column, ::diesel::upsert::excluded($table::$column)),)+)
    };
}

pub(super) use as_excluded;
