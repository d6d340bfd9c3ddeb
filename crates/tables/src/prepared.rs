//! Statements that stay prepared although diesel would not keep them.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// A statement whose text is one of few. Diesel parses updates, upserts and SQL of ours anew each time, because their
/// text might differ each time; this one is kept by its text, which costs the database one parse and one plan a session.
#[derive(Debug, Clone, Copy)]
pub struct Kept<Q>(Q);

/// Has a statement kept.
pub trait KeepPrepared: Sized {
    /// Keeps it. MUST NOT be used where the text grows with the data: each text takes memory of the database's.
    fn kept(self) -> Kept<Self> {
        Kept(self)
    }
}

impl<Q> KeepPrepared for Q {}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q, Conn> diesel::query_dsl::RunQueryDsl<Conn> for Kept<Q> {}
