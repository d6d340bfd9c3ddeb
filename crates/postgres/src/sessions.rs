//! Connections on loan: bounded in number, in the wait for one, and in the time that one is held.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};
use futures::{FutureExt as _, StreamExt as _};
use mstore_pay_domain::ports::StoreError;

use crate::connection::Address;
use crate::errors::{Fault, NoWork, OpenError, Trouble};

type Ansi = AnsiTransactionManager;

/// The connections of one node.
pub(crate) struct Sessions {
    pool: Pool<AsyncPgConnection>,
    wait_max: Duration,
    work_max: Duration,
}

impl Sessions {
    /// At most `count` connections; they are made when first needed.
    pub(crate) fn new(
        address: Arc<Address>,
        count: usize,
        wait_max: Duration,
        work_max: Duration,
    ) -> Result<Self, OpenError> {
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(move |_url| {
            let address = Arc::clone(&address);
            async move { address.connect().await }.boxed()
        });
        config.recycling_method = RecyclingMethod::CustomFunction(Box::new(|conn| async { is_open(conn) }.boxed()));
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config("", config);
        let pool = Pool::builder(manager).max_size(count.max(1)).build();
        let pool = pool.map_err(|source| OpenError::Prepare { source: source.into() })?;
        Ok(Self { pool, wait_max, work_max })
    }

    /// A connection for one statement.
    pub(crate) async fn plain(&self) -> Result<Session, Fault> {
        let conn = match tokio::time::timeout(self.wait_max, self.pool.get()).await {
            Ok(Ok(conn)) => conn,
            Ok(Err(PoolError::Timeout(_))) | Err(_) => return Err(StoreError::unavailable(NoWork::AllBusy).into()),
            Ok(Err(error)) => return Err(StoreError::unavailable(error).into()),
        };
        Ok(Session { conn, kind: Kind::Plain, is_sound: false, end_max: self.work_max })
    }

    /// A connection for several statements that see one state of the database and write nothing.
    pub(crate) async fn snapshot(&self) -> Result<Session, Fault> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A connection for statements that are written together. Whoever writes what was read before must
    /// have locked it or compare it.
    pub(crate) async fn transaction(&self) -> Result<Session, Fault> {
        self.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    async fn begin(&self, begin: &str) -> Result<Session, Fault> {
        let mut session = self.plain().await?;
        Ansi::begin_transaction_sql(&mut *session.conn, begin).await?;
        session.kind = Kind::Transaction;
        Ok(session)
    }

    /// Has work done within the time that somebody may be kept waiting for it; a transaction that is
    /// given up is rolled back.
    pub(crate) async fn bounded<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        match tokio::time::timeout(self.work_max, work).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(StoreError::unavailable(NoWork::TooSlow).into()),
        }
    }
}

/// The channel of notifications ends with its connection, so a look at it costs no round trip.
fn is_open(conn: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    let mut notifications = std::pin::pin!(conn.notifications_stream());
    loop {
        match notifications.next().now_or_never() {
            None => return Ok(()),
            Some(Some(Ok(_notification))) => {}
            Some(Some(Err(error))) => return Err(error),
            Some(None) => return Err(diesel::result::Error::BrokenTransactionManager),
        }
    }
}

enum Kind {
    Plain,
    Transaction,
}

/// A connection on loan. One that is not [finished](Self::finish) is not used again: nobody knows what
/// is still under way on it.
pub(crate) struct Session {
    conn: Object<AsyncPgConnection>,
    kind: Kind,
    is_sound: bool,
    end_max: Duration,
}

impl Session {
    /// Commits what went well and rolls back what did not.
    pub(crate) async fn finish<T>(mut self, outcome: Result<T, Fault>) -> Result<T, Fault> {
        let is_lost = matches!(&outcome, Err(Fault::Query(error)) if Trouble::of(error) == Trouble::Lost);
        if is_lost {
            return outcome;
        }
        let Ok(ended) = tokio::time::timeout(self.end_max, self.end(outcome.is_ok())).await else {
            let too_slow = StoreError::CommitUnknown { source: NoWork::TooSlow.into() };
            return outcome.and(Err(too_slow.into()));
        };
        self.is_sound = ended.is_ok();
        match (outcome, ended) {
            (Ok(_), Err(error)) if Trouble::leaves_commit_in_doubt(&error) => {
                Err(StoreError::CommitUnknown { source: error.into() }.into())
            }
            (Ok(_), Err(error)) => Err(error.into()),
            (outcome, _) => outcome,
        }
    }

    async fn end(&mut self, well: bool) -> diesel::QueryResult<()> {
        match (&self.kind, well) {
            (Kind::Plain, _) => Ok(()),
            (Kind::Transaction, true) => Ansi::commit_transaction(&mut *self.conn).await,
            (Kind::Transaction, false) => Ansi::rollback_transaction(&mut *self.conn).await,
        }
    }
}

impl Deref for Session {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &Self::Target {
        &self.conn
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.conn
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.is_sound {
            Ansi::transaction_manager_status_mut(&mut *self.conn).set_in_error();
        }
    }
}
