//! Locks on what has no row of its own, held until the transaction ends.

use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::errors::Fault;

diesel::define_sql_function! {
    /// Returns nothing, which has no type here; its answer is not read.
    fn pg_advisory_xact_lock(class: Integer, key: Integer) -> Text;
}
diesel::define_sql_function! {
    fn pg_try_advisory_xact_lock(class: Integer, key: Integer) -> Bool;
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
    /// Which accounts of a merchant are enabled.
    Accounts,
    /// Which dispatches to a merchant's endpoints are held.
    Dispatches,
}

impl Locked {
    /// Tells these locks from others, of nodes' presence among them; the numbers mean nothing but this.
    pub(super) const fn class(self) -> i32 {
        match self {
            Self::Order => 730_581,
            Self::Endpoints => 730_583,
            Self::Accounts => 730_585,
            Self::Dispatches => 730_584,
        }
    }
}

/// Waits until nobody else holds that lock. Two names of one hash share it, which costs a wait and nothing else.
pub(crate) async fn lock(mut conn: &AsyncPgConnection, what: Locked, name: &str) -> Result<(), Fault> {
    diesel::select(pg_advisory_xact_lock(what.class(), hashtext(name))).execute(&mut conn).await?;
    Ok(())
}

/// Takes that lock unless somebody else holds it; whether it is held here now.
pub(crate) async fn try_lock(mut conn: &AsyncPgConnection, what: Locked, name: &str) -> Result<bool, Fault> {
    Ok(diesel::select(pg_try_advisory_xact_lock(what.class(), hashtext(name))).get_result(&mut conn).await?)
}
