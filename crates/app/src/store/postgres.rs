//! The store of many nodes: a database of PostgreSQL.

mod wakeups;

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{Clock, RateBudget, StoreError, Wakeups, Watches};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_postgres::{Options, PostgresStore, SharedBudget, SharedClock, SharedWakeups, SharedWatches};

use self::wakeups::Everywhere;
use super::{CallLimits, Nodes, OpenStoreError, Share, Store};
use crate::config::{Database, PostgresUrl, SecretText};
use crate::observed::causes;

/// PostgreSQL's own program for copies.
const PG_DUMP: &str = "pg_dump";
/// How long a start waits for this node to be known to the others: as long as a session takes to open on a busy machine.
const KNOWN_WITHIN: Duration = Duration::from_secs(3);

/// Why the database was not dumped.
#[derive(Debug, thiserror::Error)]
enum DumpError {
    #[error("there is a file of that name")]
    Taken,
    #[error("could not run pg_dump; where it is: pg_dump --format=custom --file={to} '{url}'")]
    NotRun {
        to: String,
        url: String,
        #[source]
        source: std::io::Error,
    },
    #[error("pg_dump: {said}")]
    Refused { said: String },
}

/// Connects, and brings the schema up to date.
pub(super) async fn open(
    database: &Database,
    url: &PostgresUrl,
    share: Option<Share>,
) -> Result<PostgresStore, OpenStoreError> {
    let not_open = |source| OpenStoreError::Open { database: database.to_string(), source };
    let options = match share {
        Some(Share { connections, threads }) => {
            Options { connections: connections.get().into(), runtimes: threads.get(), ..Options::default() }
        }
        None => Options::default(),
    };
    PostgresStore::connect(url.expose(), options).await.map_err(|error| not_open(error.into()))
}

/// Connects to a database whose schema is up to date.
pub(super) async fn open_to_read(database: &Database, url: &PostgresUrl) -> Result<PostgresStore, OpenStoreError> {
    let not_open = |source| OpenStoreError::Open { database: database.to_string(), source };
    PostgresStore::connect_as_it_is(url.expose(), Options::default()).await.map_err(|error| not_open(error.into()))
}

/// Has `pg_dump` copy the database to a file that does not exist yet, as it is at one moment. Blocks.
pub(super) fn dump(url: &PostgresUrl, to: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    if to.try_exists()? {
        return Err(DumpError::Taken.into());
    }
    let (url, password) = url.apart();
    let mut dump = Command::new(PG_DUMP);
    dump.args(["--format=custom", "--file"]).arg(to).arg(&url);
    dump.envs(password.as_ref().map(|password| ("PGPASSWORD", SecretText::expose(password))));
    match dump.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(DumpError::Refused { said: String::from_utf8_lossy(&output.stderr).trim().to_owned() }.into())
        }
        Err(source) => Err(DumpError::NotRun { to: to.display().to_string(), url, source }.into()),
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn ready(&self) -> Result<(), StoreError> {
        Self::ready(self).await
    }

    fn budget(&self, clock: Arc<dyn Clock>, limits: CallLimits) -> Arc<dyn RateBudget> {
        let of_all = SharedBudget::new(self.clone(), clock, limits.calls_per_minute);
        let budget =
            limits.of_provider.into_iter().fold(of_all, |budget, (provider, limit)| budget.limiting(provider, limit));
        Arc::new(budget)
    }

    fn watches(&self) -> Arc<dyn Watches> {
        Arc::new(SharedWatches::new(self.clone()))
    }

    async fn nodes(&self, here: Arc<dyn Wakeups>, clock: Arc<dyn Clock>) -> Nodes {
        let clock = Arc::new(SharedClock::new(self.clone(), clock));
        if let Err(error) = clock.read().await {
            tracing::warn!(because = causes(&error), "goes by its own clock until the database answers: {error}");
        }
        let shared = Arc::new(SharedWakeups::new(self.clone(), clock.clone()));
        let (store, telling, looking) = (self.clone(), Arc::clone(&shared), Arc::clone(&clock));
        let upkeep = async move {
            futures::join!(store.keep_presence(), telling.run(), looking.run());
        };
        let store = self.clone();
        let known = async move {
            if tokio::time::timeout(KNOWN_WITHIN, store.present()).await.is_err() {
                tracing::warn!(
                    "not known to the other nodes yet: what this one holds is free only when its time is over"
                );
            }
        };
        let wakeups = Arc::new(Everywhere { here, shared });
        Nodes { wakeups, clock, upkeep: Box::pin(upkeep), known: Box::pin(known) }
    }

    async fn database_time(&self) -> Result<Option<Timestamp>, StoreError> {
        self.now().await.map(Some)
    }

    async fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        Self::integrity_check(self).await
    }
}
