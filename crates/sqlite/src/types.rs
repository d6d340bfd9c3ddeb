//! SQL types for amounts and times: SQLite keeps both as INTEGER, and queries cannot mix them up.
//!
//! Amounts never pass through diesel's own decimal type, which goes through a binary float on SQLite.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, SqlType};
use diesel::sqlite::Sqlite;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::time::Timestamp;

/// An amount of money: hundredths of a rupiah.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"))]
pub struct Rupiah;

/// A point in time: microseconds since the epoch, UTC.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"))]
pub struct UtcTime;

/// A cell of type [`Rupiah`], not yet known to be an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Rupiah)]
pub(crate) struct MinorUnits(pub(crate) i64);

/// A cell of type [`UtcTime`], not yet known to be a calendar time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTime)]
pub(crate) struct Micros(pub(crate) i64);

impl From<&Money> for MinorUnits {
    fn from(money: &Money) -> Self {
        Self(money.minor_units())
    }
}

impl From<Timestamp> for Micros {
    fn from(time: Timestamp) -> Self {
        Self(time.micros())
    }
}

impl ToSql<Rupiah, Sqlite> for MinorUnits {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl ToSql<UtcTime, Sqlite> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<Rupiah, Sqlite> for MinorUnits {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Sqlite>>::from_sql(value).map(Self)
    }
}

impl FromSql<UtcTime, Sqlite> for Micros {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Sqlite>>::from_sql(value).map(Self)
    }
}
