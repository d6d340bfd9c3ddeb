//! Statements that write any number of rows and yet have one text each: they are prepared once, and cost little to put
//! together.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use mstore_pay_tables::columns::{ByColumn, Column};

/// A statement in pieces.
pub(super) struct Unnested<'a>(Vec<Piece<'a>>);

enum Piece<'a> {
    Sql(&'static str),
    Value(Column<'a>),
}

impl<'a> Unnested<'a> {
    /// A statement that begins so.
    pub(super) fn sql(text: &'static str) -> Self {
        Self(vec![Piece::Sql(text)])
    }

    /// Puts rows in a table.
    pub(super) fn insert<R: ByColumn + 'a>(table: &'static str, rows: Vec<R>) -> Self {
        Self::insert_columns(table, &[R::NAMES], R::columns(rows))
    }

    /// Puts rows in a table, which come as columns of those names.
    pub(super) fn insert_columns(table: &'static str, names: &[&'static str], columns: Vec<Column<'a>>) -> Self {
        let names = names.iter().enumerate().flat_map(|(place, name)| [if place == 0 { " (" } else { ", " }, *name]);
        let names = names.fold(Self::sql("INSERT INTO ").then(table), Self::then);
        names.then(") SELECT * FROM ").columns(columns)
    }

    /// Goes on so.
    pub(super) fn then(mut self, text: &'static str) -> Self {
        self.0.push(Piece::Sql(text));
        self
    }

    /// Goes on with what is done where a row of that key is there: its columns are set to what was to be inserted. Those of
    /// the key are left out, since naming them would have the server lock the row against whoever refers to it.
    pub(super) fn or_set<R: ByColumn>(self, key: &[&'static str]) -> Self {
        let listed = key.iter().enumerate().flat_map(|(place, name)| [if place == 0 { "" } else { ", " }, *name]);
        let known = listed.fold(self.then(" ON CONFLICT ("), Self::then).then(") DO UPDATE SET ");
        let set = R::COLUMNS.iter().filter(|name| !key.contains(name)).enumerate();
        set.fold(known, |set, (place, name)| set.then(if place == 0 { "" } else { ", " }).excluded(name))
    }

    /// Goes on with a column that is set to what was to be inserted.
    pub(super) fn excluded(self, name: &'static str) -> Self {
        self.then(name).then(" = excluded.").then(name)
    }

    /// Goes on with rows as a table, which are called `n`.
    pub(super) fn rows<R: ByColumn + 'a>(self, rows: Vec<R>) -> Self {
        self.columns(R::columns(rows)).then(" AS n (").then(R::NAMES).then(")")
    }

    /// Goes on with the value of the row at hand: that which stands where its name stands among names.
    pub(super) fn by_name(self, values: Column<'a>, names: Column<'a>, name: &'static str) -> Self {
        let among = self.then("(").value(values).then(")[array_position(").value(names);
        among.then(", ").then(name).then(")]")
    }

    /// Goes on with a value.
    pub(super) fn value(mut self, value: Column<'a>) -> Self {
        self.0.push(Piece::Value(value));
        self
    }

    /// Goes on with columns as a table.
    fn columns(self, columns: Vec<Column<'a>>) -> Self {
        let put = |(place, column)| (if place == 0 { "unnest(" } else { ", " }, column);
        let columns = columns.into_iter().enumerate().map(put);
        columns.fold(self, |written, (before, column)| written.then(before).value(column)).then(")")
    }
}

impl QueryFragment<Pg> for Unnested<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for piece in &self.0 {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Value(value) => value.walk_ast(out.reborrow())?,
            }
        }
        Ok(())
    }
}
