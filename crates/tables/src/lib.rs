//! The tables that both stores of MStore payments have, written once: column types that both backends of diesel
//! know, what each table looks like to a query, and rows with what their cells mean.
//!
//! It holds no connection and sends no query. How a unit of work is written, and by what locks, differs between
//! [SQLite and PostgreSQL](https://github.com/mstore/mstore-pay/tree/main/docs/adr) and is the stores' own.

pub mod columns;
pub mod prepared;
pub mod rows;
pub mod schema;
pub mod types;
