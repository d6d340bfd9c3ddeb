//! Which nodes live, and what becomes of the leases of those that do not.
//!
//! A node that lives holds an advisory lock under its number, in a session of its own, and its leases carry that
//! number. PostgreSQL frees the lock with the session, so whoever finds a number without its lock knows that the
//! node is gone, or has at least lost this session: then its leases are ended before their time, and the tokens of
//! work that it may still be at are worth nothing.

mod roll;

use std::convert::Infallible;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::sync::watch;

use self::roll::Roll;
use crate::connection::Address;
use crate::errors::Fault;
use crate::leases;
use crate::store::PostgresStore;

/// Tells these locks from others, as the classes in `write/locks.rs` do.
const LOCK_CLASS: i32 = 730_582;
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// From one look at who holds leases to the next: whoever came and died in between was never seen living.
const LOOKS_PER_ROLL: u64 = 4;
/// A look that takes longer was not answered.
const LOOK_MAX: Duration = Duration::from_secs(3);
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Where there are no sessions there will hardly be any soon.
const AGAIN_AFTER_NO_SESSION: Duration = Duration::from_mins(1);
/// Tries to get the number back under which a node was known before: its old session may take a while to end.
const TRIES_MAX: u32 = 10;

/// Has the server notice within about ten seconds that the machine of this node is gone.
const NOTICE_SILENCE: &str = "
    SET tcp_keepalives_idle = 4;
    SET tcp_keepalives_interval = 2;
    SET tcp_keepalives_count = 3;
";

/// The number under which this node can be known to live; none while it cannot, and leases end by time alone.
#[derive(Debug, Default)]
pub(crate) struct Presence(watch::Sender<Option<i32>>);

impl Presence {
    /// What a lease that is given now says of its holder.
    pub(crate) fn number(&self) -> Option<i32> {
        *self.0.borrow()
    }

    fn set(&self, number: Option<i32>) {
        self.0.send_replace(number);
    }
}

/// Whoever ends, in whatever way, is not there any more.
struct Present<'a>(&'a Presence);

impl Present<'_> {
    fn no_more(&self) {
        self.0.set(None);
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.no_more();
    }
}

#[derive(Debug, thiserror::Error)]
enum NotPresent {
    #[error("the number {0} is held by another session")]
    Taken(i32),
    #[error("statements of one connection do not reach one session of the server")]
    NoSession,
    #[error("the database did not answer in time")]
    TooSlow,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl PostgresStore {
    /// Waits until this node can be known to live. What it took on before that would be free only when its leases are
    /// over, were it to die.
    pub async fn present(&self) {
        // The sender is here as well: there is one for as long as this waits.
        let mut number = self.presence.0.subscribe();
        let _known = number.wait_for(Option::is_some).await;
    }

    /// Lets the other nodes know that this one lives, and ends the leases of those that do not, for ever. For a task
    /// of its own, that ends after all work that holds leases; MUST run once a node at the most. Without it leases
    /// end when their time is over.
    pub async fn keep_presence(&self) {
        let mut number = None;
        let present = Present(&self.presence);
        loop {
            let Err(error) = self.be_present(&mut number).await;
            present.no_more();
            if let Some(NotPresent::NoSession) = error.downcast_ref() {
                tracing::warn!(
                    "a pooler gives statements of one connection to several sessions: what a node held that died is \
                     free only when its leases are over; let the pooler keep sessions, or go round it"
                );
                tokio::time::sleep(AGAIN_AFTER_NO_SESSION).await;
            } else {
                tracing::debug!(?error, "could not be seen living by the other nodes");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }

    async fn be_present(&self, number: &mut Option<i32>) -> Result<Infallible, BoxError> {
        let (mut conn, mine) = enter(&self.address, number).await?;
        self.presence.set(Some(mine));
        let (mut roll, mut looks) = (Roll::default(), (0..LOOKS_PER_ROLL).cycle());
        loop {
            if looks.next() == Some(0) {
                roll.meet(bounded(leases::holders(&mut conn)).await?);
            }
            let living = bounded(living(&mut conn)).await?;
            if !living.iter().any(|node| node.is_here && node.number == mine) {
                return Err(NotPresent::NoSession.into());
            }
            let dead = roll.call(&living.iter().map(|node| node.number).collect());
            if !dead.is_empty() {
                let ended = bounded(leases::end_those_of(&mut conn, &dead)).await?;
                tracing::info!(?dead, ended, "nodes are gone: {ended} of their leases were ended");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A session that holds this node's number: the one it had before, where there was one and it is free.
async fn enter(address: &Address, number: &mut Option<i32>) -> Result<(AsyncPgConnection, i32), BoxError> {
    let mut conn = address.connect().await?;
    must_be_a_session(&mut conn, address).await?;
    conn.batch_execute(NOTICE_SILENCE).await?;
    let mine = match *number {
        Some(before) => before,
        None => {
            diesel::sql_query("SELECT nextval('nodes')::integer AS number")
                .get_result::<Number>(&mut conn)
                .await?
                .number
        }
    };
    *number = None;
    for _ in 0..TRIES_MAX {
        let taking = diesel::select(pg_try_advisory_lock(LOCK_CLASS, mine));
        if taking.get_result(&mut conn).await? {
            *number = Some(mine);
            return Ok((conn, mine));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(NotPresent::Taken(mine).into())
}

/// Refuses a connection whose session is another one's as well, before a lock is taken there that nobody could give
/// back. A pooler of transactions mostly gives the session that was used last; where it gave another, the first look
/// tells.
async fn must_be_a_session(conn: &mut AsyncPgConnection, address: &Address) -> Result<(), BoxError> {
    let here: i32 = diesel::select(pg_backend_pid()).get_result(conn).await?;
    let mut other = address.connect().await?;
    other.batch_execute("BEGIN").await?;
    let there: i32 = diesel::select(pg_backend_pid()).get_result(&mut other).await?;
    other.batch_execute("COMMIT").await?;
    if here == there { Err(NotPresent::NoSession.into()) } else { Ok(()) }
}

diesel::define_sql_function! {
    fn pg_try_advisory_lock(class: Integer, key: Integer) -> Bool;
}

diesel::define_sql_function! {
    fn pg_backend_pid() -> Integer;
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// A node that holds its lock.
#[derive(QueryableByName)]
struct Living {
    #[diesel(sql_type = Integer)]
    number: i32,
    /// Whether it does so in the session that asks.
    #[diesel(sql_type = Bool)]
    is_here: bool,
}

/// The columns are those of the PostgreSQL manual, `pg_locks`: an advisory lock of two keys has `objsubid` 2.
const LIVING: &str = "
    SELECT objid::bigint::integer AS number, pid = pg_backend_pid() AS is_here FROM pg_locks
    WHERE locktype = 'advisory' AND classid = $1::oid AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

async fn living(conn: &mut AsyncPgConnection) -> Result<Vec<Living>, Fault> {
    Ok(diesel::sql_query(LIVING).bind::<Integer, _>(LOCK_CLASS).load(conn).await?)
}

async fn bounded<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, BoxError> {
    match tokio::time::timeout(LOOK_MAX, work).await {
        Ok(outcome) => Ok(outcome.map_err(mstore_pay_domain::ports::StoreError::from)?),
        Err(_elapsed) => Err(NotPresent::TooSlow.into()),
    }
}
