//! Reading cells: every complaint names the table, the column and the row.

use std::error::Error;
use std::str::FromStr;

use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::time::Timestamp;

use crate::types::{Micros, MinorUnits};

/// The row whose cells are read.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    /// The table it is in.
    pub table: &'static str,
    /// The key of the row.
    pub id: &'a str,
}

#[derive(Debug, thiserror::Error)]
enum Rotten {
    #[error("the cell is empty")]
    Empty,
    #[error("the word is none of ours")]
    UnknownWord,
    #[error("the number is out of range")]
    OutOfRange,
    #[error("the time is beyond the calendar")]
    NoCalendarTime,
}

impl Cells<'_> {
    /// Complains of a cell.
    pub fn corrupt(self, column: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::corrupt(self.table, column, self.id, source)
    }

    /// What the text of a cell says.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn text<T>(self, column: &'static str, text: &str) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: Error + Send + Sync + 'static,
    {
        text.parse().map_err(|source: T::Err| self.corrupt(column, source))
    }

    /// What the text of a cell says that may be empty.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn some_text<T>(self, column: &'static str, text: Option<&str>) -> Result<Option<T>, StoreError>
    where
        T: FromStr,
        T::Err: Error + Send + Sync + 'static,
    {
        text.map(|text| self.text(column, text)).transpose()
    }

    /// A cell that the state of its row says must be there.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that is empty.
    pub fn need<T>(self, column: &'static str, cell: Option<T>) -> Result<T, StoreError> {
        cell.ok_or_else(|| self.corrupt(column, Rotten::Empty))
    }

    /// What the text of a cell says that the state of its row says must be there.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn needed_text<T>(self, column: &'static str, text: Option<&str>) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: Error + Send + Sync + 'static,
    {
        self.need(column, text).and_then(|text| self.text(column, text))
    }

    /// The time in a cell.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn time(self, column: &'static str, cell: Micros) -> Result<Timestamp, StoreError> {
        Timestamp::from_micros(cell.0).ok_or_else(|| self.corrupt(column, Rotten::NoCalendarTime))
    }

    /// The time in a cell that may be empty.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn some_time(self, column: &'static str, cell: Option<Micros>) -> Result<Option<Timestamp>, StoreError> {
        cell.map(|cell| self.time(column, cell)).transpose()
    }

    /// The time in a cell that the state of its row says must be there.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn needed_time(self, column: &'static str, cell: Option<Micros>) -> Result<Timestamp, StoreError> {
        self.need(column, cell).and_then(|cell| self.time(column, cell))
    }

    /// The amount in a cell.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn money(self, column: &'static str, cell: MinorUnits) -> Result<Money, StoreError> {
        Money::from_minor_units(cell.0).map_err(|source| self.corrupt(column, source))
    }

    /// The amount in a cell that the state of its row says must be there.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn needed_money(self, column: &'static str, cell: Option<MinorUnits>) -> Result<Money, StoreError> {
        self.need(column, cell).and_then(|cell| self.money(column, cell))
    }

    /// The number in a cell, if its type can hold it.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn number<T: TryFrom<i64>>(self, column: &'static str, cell: i64) -> Result<T, StoreError> {
        T::try_from(cell).map_err(|_out_of_range| self.corrupt(column, Rotten::OutOfRange))
    }

    /// The digest in a cell.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn digest(self, column: &'static str, cell: &[u8]) -> Result<Digest, StoreError> {
        Digest::try_from(cell).map_err(|source| self.corrupt(column, source))
    }

    /// The value that one of the words stands for.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell whose word is none of them.
    pub fn word<T: Copy>(
        self,
        column: &'static str,
        text: &str,
        words: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Result<T, StoreError> {
        let known = words.into_iter().find(|(word, _)| *word == text);
        known.map(|(_, value)| value).ok_or_else(|| self.unknown(column))
    }

    /// Complains of a word that is none of ours.
    #[must_use]
    pub fn unknown(self, column: &'static str) -> StoreError {
        self.corrupt(column, Rotten::UnknownWord)
    }
}

/// A count as SQLite keeps it; nothing counts beyond what an INTEGER holds.
#[must_use]
pub fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
