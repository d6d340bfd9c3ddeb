//! SQL types for amounts and times that both stores know, so that queries cannot mix them up with other numbers.
//!
//! PostgreSQL keeps an amount as NUMERIC and a time as TIMESTAMPTZ; SQLite keeps both as INTEGER. Both are exact:
//! amounts never pass through diesel's own decimal type, which goes through a binary float on SQLite.

use std::time::Duration;

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use diesel::backend::Backend;
use diesel::data_types::PgTimestamp;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, Numeric, SqlType, Timestamptz};
use diesel::sqlite::Sqlite;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::time::Timestamp;

/// An amount of money in rupiah, with two decimals: on SQLite the number of hundredths. The object ids are those of
/// `pg_type.dat` in PostgreSQL's source.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1700, array_oid = 1231))]
#[diesel(sqlite_type(name = "Long"))]
pub struct Rupiah;

/// A point in time: on SQLite microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct UtcTime;

/// A cell of type [`Rupiah`] in hundredths, not yet known to be an amount of money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Rupiah)]
pub struct MinorUnits(pub i64);

/// A cell of type [`UtcTime`], not yet known to be a calendar time: microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTime)]
pub struct Micros(pub i64);

impl Micros {
    /// This time later by `pause`; stays at the end of time.
    #[must_use]
    pub fn plus(self, pause: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX)))
    }
}

const DECIMALS: i64 = 2;
/// PostgreSQL counts from the year 2000.
const MICROS_1970_TO_2000: i64 = 946_684_800_000_000;

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

impl ToSql<Rupiah, Pg> for MinorUnits {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let rupiah = BigDecimal::new(BigInt::from(self.0), DECIMALS);
        <BigDecimal as ToSql<Numeric, Pg>>::to_sql(&rupiah, &mut out.reborrow())
    }
}

impl FromSql<Rupiah, Pg> for MinorUnits {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let rupiah = <BigDecimal as FromSql<Numeric, Pg>>::from_sql(value)?;
        let (hundredths, _scale) = rupiah.with_scale(DECIMALS).into_bigint_and_exponent();
        Ok(Self(hundredths.try_into()?))
    }
}

impl ToSql<Rupiah, Sqlite> for MinorUnits {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<Rupiah, Sqlite> for MinorUnits {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(value).map(Self)
    }
}

impl ToSql<UtcTime, Pg> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let since_2000 = PgTimestamp(self.0.saturating_sub(MICROS_1970_TO_2000));
        <PgTimestamp as ToSql<Timestamptz, Pg>>::to_sql(&since_2000, &mut out.reborrow())
    }
}

impl FromSql<UtcTime, Pg> for Micros {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(since_2000) = <PgTimestamp as FromSql<Timestamptz, Pg>>::from_sql(value)?;
        Ok(Self(since_2000.saturating_add(MICROS_1970_TO_2000)))
    }
}

impl ToSql<UtcTime, Sqlite> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<UtcTime, Sqlite> for Micros {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(value).map(Self)
    }
}
