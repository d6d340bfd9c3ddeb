//! What is written again and again is parsed once: the server's own log says so.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::ids::{AccountId, LeaseToken, ProviderId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::{ManualClock, SequentialIds};
use mstore_pay_domain::ports::{
    Accepted, BudgetClass, Endpoint, IdGenerator, Outbox, PaymentRepository, RateBudget, Watches, WebhookInbox,
};
use mstore_pay_domain::unit_of_work::{Due, InboxFate, InboxMark, UnitOfWork};
use mstore_pay_postgres::{Options, PostgresStore, SharedBudget, SharedWatches};
use mstore_pay_throwaway_postgres::Cluster;

use crate::fixtures::{at, delivery, far_future, message_about, options, payment, unit};

const LONG: Duration = Duration::from_hours(1);

/// One node over one session, so that every statement meets what was prepared before.
struct Node {
    store: PostgresStore,
    budget: SharedBudget,
    watches: SharedWatches,
    ids: SequentialIds,
}

impl Node {
    async fn start(cluster: &Cluster) -> Self {
        let options = Options { connections: 1, ..options() };
        let store = PostgresStore::connect(&cluster.url("postgres"), options).await.unwrap();
        let budget = SharedBudget::new(store.clone(), Arc::new(ManualClock::new(at(0))), Some(600));
        Self { budget, watches: SharedWatches::new(store.clone()), store, ids: SequentialIds::default() }
    }

    fn lease(&self) -> Lease {
        Lease { token: LeaseToken::new(self.ids.uuid()), ttl: LONG }
    }

    /// A payment is created, looked at, told of by a webhook, and its news sent on.
    async fn sell(&self) {
        let new = payment(&self.ids);
        self.store.commit(&unit(&new, Due::Leased(self.lease()))).await.unwrap();
        let mut stored = self.store.payment(&new.merchant, &new.id).await.unwrap().unwrap();
        self.watches.watch(&stored.id, far_future()).await;
        let main = (ProviderId::parse("acme").unwrap(), AccountId::main());
        self.budget.reserve(&main.0, &main.1, Endpoint::Inquire, BudgetClass::Confirm, 1).await;
        for _ in 0..2 {
            let mut work = unit(&stored, Due::At(at(0)));
            work.outbox.push(message_about(&stored, &self.ids));
            self.store.commit(&work).await.unwrap();
            let held = self.store.claim_due(far_future(), 1, self.lease()).await.unwrap().pop().unwrap();
            self.store.reschedule(&stored.id, held.token, at(1), &None).await.unwrap();
            stored = self.store.payment(&stored.merchant, &stored.id).await.unwrap().unwrap();
        }
        self.settle().await;
        self.publish().await;
    }

    async fn settle(&self) {
        let delivery = delivery(&self.ids);
        let Accepted::New(held) = self.store.accept(&delivery, self.lease()).await.unwrap() else {
            panic!("the first of its kind")
        };
        self.store.accept(&delivery, self.lease()).await.unwrap();
        self.store.defer(&delivery.id, held.token, Duration::ZERO, "to be claimed").await.unwrap();
        let held = WebhookInbox::claim(&self.store, 1, self.lease()).await.unwrap().pop().unwrap();
        let mark = InboxMark { delivery: delivery.id, token: held.token, fate: InboxFate::Done };
        let work = UnitOfWork { inbox: vec![mark], ..UnitOfWork::default() };
        self.store.commit(&work).await.unwrap();
    }

    async fn publish(&self) {
        let mut claimed = Outbox::claim(&self.store, 2, self.lease()).await.unwrap();
        let (second, first) = (claimed.pop().unwrap(), claimed.pop().unwrap());
        self.store.retry(&first.message.id, first.token, LONG).await.unwrap();
        self.store.sent(&second.message.id, second.token).await.unwrap();
    }
}

/// The statements that the server has parsed since its log was so long.
fn parsed_since(cluster: &Cluster, length: usize) -> Vec<String> {
    let log = fs::read_to_string(cluster.socket_folder().join("log")).unwrap();
    let parses = log.get(length..).unwrap_or_default().lines().filter(|line| line.contains(" ms  parse "));
    parses.map(ToOwned::to_owned).collect()
}

fn log_length(cluster: &Cluster) -> usize {
    usize::try_from(fs::metadata(cluster.socket_folder().join("log")).unwrap().len()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sale_has_nothing_parsed_that_the_first_had() {
    let cluster = Cluster::start(&[("log_min_duration_statement", "0")]);
    let node = Node::start(&cluster).await;
    let before = log_length(&cluster);
    node.sell().await;
    let first = parsed_since(&cluster, before);
    assert!(first.len() > 20, "the log tells what is parsed: {first:#?}");
    let before = log_length(&cluster);
    node.sell().await;
    let again = parsed_since(&cluster, before);
    assert!(again.is_empty(), "{again:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_read_by_one_statement() {
    let cluster = Cluster::start(&[("log_min_duration_statement", "0")]);
    let node = Node::start(&cluster).await;
    let new = payment(&node.ids);
    node.store.commit(&unit(&new, Due::At(at(0)))).await.unwrap();
    node.store.payment(&new.merchant, &new.id).await.unwrap().unwrap();
    let before = log_length(&cluster);
    node.store.payment(&new.merchant, &new.id).await.unwrap().unwrap();
    let log = fs::read_to_string(cluster.socket_folder().join("log")).unwrap();
    let lines = log.get(before..).unwrap_or_default().lines();
    let run: Vec<&str> =
        lines.filter(|line| line.contains(" ms  execute ") || line.contains(" ms  statement: ")).collect();
    assert_eq!(run.len(), 1, "{run:#?}");
}
