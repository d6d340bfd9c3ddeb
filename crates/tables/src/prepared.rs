//! Statements that stay prepared although diesel would not keep them.

use std::sync::OnceLock;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::result::QueryResult;

/// A statement whose text is one of few. Diesel parses updates, upserts and SQL of ours anew each time, because their
/// text might differ each time; this one is kept by its text, which costs the database one parse and one plan a session.
#[derive(Debug, Clone, Copy)]
pub struct Kept<Q>(Q);

/// A statement of one text, which diesel would put together anew each time to find it among those that are prepared.
#[derive(Debug, Clone, Copy)]
pub struct Spelled<Q> {
    query: Q,
    text: &'static OnceLock<String>,
}

/// Has a statement kept.
pub trait KeepPrepared: Sized {
    /// Keeps it. MUST NOT be used where the text grows with the data: each text takes memory of the database's.
    fn kept(self) -> Kept<Self> {
        Kept(self)
    }

    /// Keeps it, and its text there. MUST be used where the text is always the same, each with a place of its own.
    fn spelled_in(self, text: &'static OnceLock<String>) -> Spelled<Self> {
        Spelled { query: self, text }
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

impl<Q: Query> Query for Spelled<Q> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryId> QueryId for Spelled<Q> {
    type QueryId = Q::QueryId;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Spelled<Q>
where
    DB::QueryBuilder: Default,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn to_sql(&self, out: &mut DB::QueryBuilder, backend: &DB) -> QueryResult<()> {
        if let Some(text) = self.text.get() {
            out.push_sql(text);
            return Ok(());
        }
        let mut spelling = DB::QueryBuilder::default();
        self.query.to_sql(&mut spelling, backend)?;
        out.push_sql(self.text.get_or_init(|| spelling.finish()));
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _backend: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q, Conn> diesel::query_dsl::RunQueryDsl<Conn> for Spelled<Q> {}
