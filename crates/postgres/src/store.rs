//! The store: one database, many nodes.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::UnitOfWork;

use crate::connection::Address;
use crate::dispatches::News;
use crate::errors::{Fault, OpenError};
use crate::intake::Intake;
use crate::lane::Lane;
use crate::looks::{AllLooks, KnownPayments};
use crate::near::Own;
use crate::outbox::Marks;
use crate::presence::Presence;
use crate::sessions::Sessions;
use crate::{clock, health, migrations, write};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections of this node. Default: 16.
    pub connections: usize,
    /// Runtimes beside the one that the store is opened in that have connections of their own among these, as those of threads do
    /// that serve HTTP: two to look at payments, one to take webhooks in; one runtime for every eight connections at most.
    /// Default: none.
    pub runtimes: usize,
    /// Longest wait for one of them; beyond it [`StoreError::Unavailable`]. Default: 2 s.
    pub wait_max: Duration,
    /// Longest time for one piece of work, the wait included, and again for its commit. Default: 4 s.
    pub work_max: Duration,
}

impl Default for Options {
    fn default() -> Self {
        const CONNECTIONS: usize = 16;
        const WAIT_MAX: Duration = Duration::from_secs(2);
        const WORK_MAX: Duration = Duration::from_secs(4);
        Self { connections: CONNECTIONS, runtimes: 0, wait_max: WAIT_MAX, work_max: WORK_MAX }
    }
}

/// A store in a database of PostgreSQL. Clones share its connections, and are one node.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) address: Arc<Address>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) marks: Arc<Marks>,
    pub(crate) news: Arc<News>,
    pub(crate) lane: Arc<Lane>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) looks: Arc<AllLooks>,
    pub(crate) known: Arc<KnownPayments>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresStore(..)")
    }
}

impl PostgresStore {
    /// Opens the store in the database of that URL, migrating it as needed (see [`crate::migrate`]).
    ///
    /// Several hosts may be named, of which the one that can be written to is taken:
    /// `postgres://a,b/mine?target_session_attrs=read-write`. `sslmode` is `disable` (the default),
    /// `require` or `verify-full`, the last with `sslrootcert` for an authority of one's own.
    ///
    /// # Errors
    /// [`OpenError`] if the database cannot be reached or used.
    pub async fn connect(url: &str, options: Options) -> Result<Self, OpenError> {
        let address = Arc::new(Address::parse(url)?);
        migrations::run(&address).await?;
        Self::with(address, &options)
    }

    /// Opens the store in the database of that URL, and leaves its schema alone.
    ///
    /// # Errors
    /// [`OpenError::Behind`] if its schema is of an earlier version, [`OpenError::Newer`] if it is of a later one; the
    /// others if the database cannot be reached or used.
    pub async fn connect_as_it_is(url: &str, options: Options) -> Result<Self, OpenError> {
        let address = Arc::new(Address::parse(url)?);
        migrations::must_be_current(&address).await?;
        Self::with(address, &options)
    }

    fn with(address: Arc<Address>, options: &Options) -> Result<Self, OpenError> {
        let &Options { connections, runtimes: _, wait_max, work_max } = options;
        let own = Own::new(&address, options);
        let shared = connections.saturating_sub(own.connections());
        let sessions = Sessions::new(Arc::clone(&address), shared, wait_max, work_max)?;
        let (sessions, presence) = (Arc::new(sessions), Arc::default());
        let lane = Arc::new(Lane::new(Arc::clone(&sessions), Arc::clone(&presence), wait_max));
        let intake = Arc::new(Intake::new(Arc::clone(&sessions), own.clone(), Arc::clone(&presence), wait_max));
        let looks = Arc::new(AllLooks::new(&sessions, own, wait_max));
        let marks = Arc::new(Marks::new(Arc::clone(&sessions)));
        let news = Arc::new(News::new(Arc::clone(&sessions)));
        Ok(Self { address, sessions, presence, marks, news, lane, intake, looks, known: Arc::default() })
    }

    /// Whether the store can serve: it reads, its schema is current, and it can be written to.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] saying what is missing.
    pub async fn ready(&self) -> Result<(), StoreError> {
        Ok(session!(self.transaction, |conn| health::schema_is_current(conn))?)
    }

    /// The time by the database's clock.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be asked.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        let shown = session!(self.plain, |conn| async { clock::now(conn).await.map_err(Fault::from) })?;
        Timestamp::from_micros(shown.0).ok_or_else(|| StoreError::query("the database's time is out of bounds"))
    }

    /// What is wrong with the files of the database, as far as PostgreSQL has noticed: pages that failed
    /// their checksums, and indexes that are not whole. Nothing, in a sound one.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be asked.
    pub async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        Ok(session!(self.plain, |conn| health::integrity_check(conn))?)
    }

    /// Applies a unit of work within a transaction that the caller owns, whole or not at all: for an
    /// embedder whose own rows must commit with it. Nothing is durable before the caller commits, and
    /// a commit whose outcome is unknown is the caller's to look into. Until then no feed of changes tells what commits
    /// meanwhile.
    ///
    /// # Errors
    /// As [`PaymentRepository::commit`](mstore_pay_domain::ports::PaymentRepository::commit), after which the
    /// caller's transaction can go on; [`StoreError::Query`] outside of any.
    pub async fn commit_in(conn: &mut AsyncPgConnection, work: &UnitOfWork) -> Result<(), CommitError> {
        Ok(write::apply_nested(conn, work).await?)
    }
}
