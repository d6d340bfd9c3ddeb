//! Connections on loan: bounded in number, in the wait for one, and in the time that one is held.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::QueueMode;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use futures::{FutureExt as _, StreamExt as _};
use mstore_pay_domain::ports::StoreError;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::Address;
use crate::errors::{Fault, NoWork, OpenError, Trouble};

type Ansi = AnsiTransactionManager;

/// Of every so many connections one is left to reads and to webhooks that come in: neither a till that looks nor a
/// provider that tells stands behind a rush of creates.
const CONNECTIONS_PER_READER: usize = 4;

/// Begins what is written together. Whoever writes what was read before must have locked it or compare it.
pub(crate) const BEGIN_WRITING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// The connections of one node.
pub(crate) struct Sessions {
    pool: Pool<AsyncPgConnection>,
    /// What writes may hold of them.
    writers: Arc<Semaphore>,
    writers_max: usize,
    wait_max: Duration,
    work_max: Duration,
}

impl Sessions {
    /// At most `count` connections; they are made when first needed, and served by the runtime that this is called in for as long as
    /// that is there, whoever needs them: with the runtime of a thread that ends before the others they would end as well.
    pub(crate) fn new(
        address: Arc<Address>,
        count: usize,
        wait_max: Duration,
        work_max: Duration,
    ) -> Result<Self, OpenError> {
        let mut config = ManagerConfig::default();
        let home = Handle::current();
        config.custom_setup = Box::new(move |_url| {
            let (address, at_home) = (Arc::clone(&address), Arc::clone(&address));
            let made = home.spawn(async move { at_home.connect().await });
            async move {
                match made.await {
                    Ok(made) => made,
                    // An embedder's, who opened the store in a runtime that is gone.
                    Err(_home_ended) => address.connect().await,
                }
            }
            .boxed()
        });
        config.recycling_method = RecyclingMethod::CustomFunction(Box::new(|conn| async { is_open(conn) }.boxed()));
        let writers_max = count.saturating_sub(count / CONNECTIONS_PER_READER).max(1);
        let writers = Arc::new(Semaphore::new(writers_max));
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config("", config);
        // The one that was used last has its statements prepared and its pages at hand.
        let pool = Pool::builder(manager).max_size(count.max(1)).queue_mode(QueueMode::Lifo).build();
        let pool = pool.map_err(|source| OpenError::Prepare { source: source.into() })?;
        Ok(Self { pool, writers, writers_max, wait_max, work_max })
    }

    /// How many connections writes may hold at once.
    pub(crate) const fn writers_max(&self) -> usize {
        self.writers_max
    }

    /// A connection for statements that each stand alone.
    pub(crate) async fn plain(&self) -> Result<Session, Fault> {
        self.within_wait(self.session()).await
    }

    /// A connection for several statements that see one state of the database and write nothing.
    pub(crate) async fn snapshot(&self) -> Result<Session, Fault> {
        self.plain().await?.begun("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A connection for statements that are written together.
    pub(crate) async fn transaction(&self) -> Result<Session, Fault> {
        self.writer().await?.begun(BEGIN_WRITING).await
    }

    /// A connection for a unit of work, which begins its transaction along with its first statement.
    pub(crate) async fn unit(&self) -> Result<Session, Fault> {
        let mut session = self.writer().await?;
        session.kind = Kind::Unit;
        Ok(session)
    }

    async fn writer(&self) -> Result<Session, Fault> {
        let writing = async {
            let permit = Arc::clone(&self.writers).acquire_owned().await.map_err(StoreError::unavailable)?;
            let mut session = self.session().await?;
            session.permit = Some(permit);
            Ok(session)
        };
        self.within_wait(writing).await
    }

    async fn session(&self) -> Result<Session, Fault> {
        let conn = match self.pool.get().await {
            Ok(conn) => conn,
            Err(PoolError::Timeout(_)) => return Err(StoreError::unavailable(NoWork::AllBusy).into()),
            Err(error) => return Err(StoreError::unavailable(error).into()),
        };
        Ok(Session { conn, kind: Kind::Plain, permit: None, is_sound: false, end_max: self.work_max })
    }

    async fn within_wait(&self, session: impl Future<Output = Result<Session, Fault>>) -> Result<Session, Fault> {
        match tokio::time::timeout(self.wait_max, session).await {
            Ok(session) => session,
            Err(_elapsed) => Err(StoreError::unavailable(NoWork::AllBusy).into()),
        }
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
    /// A transaction that the work begins by itself.
    Unit,
}

/// A connection on loan. One that is not [finished](Self::finish) is not used again: nobody knows what
/// is still under way on it.
pub(crate) struct Session {
    conn: Object<AsyncPgConnection>,
    kind: Kind,
    /// Of a write, its place among those that write.
    permit: Option<OwnedSemaphorePermit>,
    is_sound: bool,
    end_max: Duration,
}

impl Session {
    async fn begun(mut self, begin: &str) -> Result<Self, Fault> {
        Ansi::begin_transaction_sql(&mut *self.conn, begin).await?;
        self.kind = Kind::Transaction;
        Ok(self)
    }

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
            (Kind::Unit, true) => self.conn.batch_execute("COMMIT").await,
            (Kind::Unit, false) => self.conn.batch_execute("ROLLBACK").await,
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
