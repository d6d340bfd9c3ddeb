//! What was acknowledged survives the crash of the database, and its failover.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::PaymentRepository;
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::PostgresStore;
use mstore_pay_throwaway_postgres::Cluster;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::fixtures::{options, payment, unit};

const WRITERS: u64 = 8;
const ENOUGH: usize = 200;
const BACK_WITHIN: Duration = Duration::from_secs(30);

/// Writers that commit payments for ever, whatever becomes of the database.
struct Writers {
    acknowledged: Arc<Mutex<Vec<PaymentId>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writers {
    fn start(store: &PostgresStore) -> Self {
        let acknowledged: Arc<Mutex<Vec<PaymentId>>> = Arc::default();
        let write = |seed| {
            let (store, ids, acknowledged) = (store.clone(), SequentialIds::new(seed), Arc::clone(&acknowledged));
            Handle::current().spawn(async move {
                loop {
                    let payment = payment(&ids);
                    match store.commit(&unit(&payment, Due::Never)).await {
                        Ok(()) => acknowledged.lock().unwrap().push(payment.id),
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
            })
        };
        let tasks = (0..WRITERS).map(write).collect();
        Self { acknowledged, tasks }
    }

    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    async fn until(&self, count: usize) {
        let started = Instant::now();
        while self.count() < count {
            assert!(started.elapsed() < BACK_WITHIN, "{} of {count} were acknowledged", self.count());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn assert_all_there(self, store: &PostgresStore) {
        for task in self.tasks {
            task.abort();
            let _aborted = task.await;
        }
        let merchant = payment(&SequentialIds::default()).merchant;
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        for id in &acknowledged {
            let found = store.payment(&merchant, id).await.unwrap();
            assert_eq!(found.map(|payment| (payment.revision.number(), payment.audit.seq)), Some((1, 1)), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_is_there_after_a_crash_of_the_database() {
    let cluster = Cluster::start(&[("synchronous_commit", "off")]);
    let store = PostgresStore::connect(&cluster.url("postgres"), options()).await.unwrap();
    let writers = Writers::start(&store);
    writers.until(ENOUGH).await;
    cluster.kill();
    let before = writers.count();
    cluster.restart();
    writers.until(before + ENOUGH).await;
    writers.assert_all_there(&store).await;
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

/// The same database on either host, whichever can be written to.
fn either(one: &Cluster, other: &Cluster) -> String {
    let host = |cluster: &Cluster| cluster.socket_folder().display().to_string().replace('/', "%2F");
    format!("postgres://postgres@{},{}/postgres?target_session_attrs=read-write", host(one), host(other))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_is_there_after_a_synchronous_standby_took_over() {
    let primary = Cluster::start(&[]);
    let standby = primary.standby(&[]);
    primary.run("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'").unwrap();
    primary.run("postgres", "SELECT pg_reload_conf()").unwrap();
    let url = either(&primary, &standby);
    let store = PostgresStore::connect(&url, options()).await.unwrap();
    let writers = Writers::start(&store);
    writers.until(ENOUGH).await;
    primary.kill();
    standby.promote();
    let before = writers.count();
    writers.until(before + ENOUGH).await;
    writers.assert_all_there(&store).await;
}
