//! Locks on what has no row of its own, held until the transaction ends.

use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::errors::Fault;

diesel::define_sql_function! {
    /// Returns nothing, which has no type here; its answer is not read.
    fn pg_advisory_xact_lock(class: Integer, key: Integer) -> Text;
}
diesel::define_sql_function! {
    fn hashtext(text: Text) -> Integer;
}

/// What is locked.
#[derive(Clone, Copy)]
pub(crate) enum Locked {
    /// An order, registered or not.
    Order,
    /// Which endpoints of a merchant are enabled.
    Endpoints,
}

impl Locked {
    /// Tells these locks from others, of nodes' presence among them; the numbers mean nothing but this.
    pub(super) const fn class(self) -> i32 {
        match self {
            Self::Order => 730_581,
            Self::Endpoints => 730_583,
        }
    }
}

/// Waits until nobody else holds that lock. Two names of one hash share it, which costs a wait and nothing else.
pub(crate) async fn lock(mut conn: &AsyncPgConnection, what: Locked, name: &str) -> Result<(), Fault> {
    diesel::select(pg_advisory_xact_lock(what.class(), hashtext(name))).execute(&mut conn).await?;
    Ok(())
}
