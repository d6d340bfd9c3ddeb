//! Upserts of several rows.

/// Sets those columns to what was to be inserted: `as_excluded!(amount, refunded_at)`.
macro_rules! as_excluded {
    ($first:ident $(, $column:ident)* $(,)?) => {
        concat!(
            stringify!($first), " = excluded.", stringify!($first)
            $(, ", ", stringify!($column), " = excluded.", stringify!($column))*
        )
    };
}

pub(super) use as_excluded;
