//! The store of many nodes of MStore payments, in PostgreSQL.
