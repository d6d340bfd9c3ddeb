//! Webhooks on their way into the inbox, several at a time.
//!
//! A provider sends many at once, and each is acknowledged when it is on the disk. Those that come while others are being
//! written wait for these, and are then written by one statement, which is one commit. Whoever finds nobody at it writes what
//! waits, whoever brought it, by a connection of the runtime that they are in, if that has one of its own.

mod queue;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::DeliveryId;
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::webhook::NewDelivery;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::DELIVERY_OPEN;
use mstore_pay_tables::types::{Micros, UtcTime};
use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::queue::{Bounds, Put, Queue, Turn};
use crate::errors::{Fault, WithOthers};
use crate::inbox::Known;
use crate::near::{Near, Own};
use crate::presence::Presence;
use crate::sessions::Sessions;

/// As many statements are under way at once: while one waits for the disk, the next is filled.
const STATEMENTS_MAX: usize = 2;
/// Deliveries of one statement at most.
const DELIVERIES_MAX: usize = 64;
/// Deliveries that wait; beyond it each is on its own, which bounds how many wait there.
const WAITING_MAX: usize = 1_024;
/// Connections of a runtime that takes in by its own: one statement of it is under way at a time.
pub(crate) const CONNECTIONS_OWN: usize = 1;

/// One text for any number of them. What is there already is left as it is.
const TAKE_IN: &str = "INSERT INTO webhook_inbox (id, provider, account_id, digest, body, received_at, deliveries, attempts, \
    state, due_at, lease_token, lease_until, lease_holder) \
    SELECT id, provider, account_id, digest, body, received_at, 1, 0, $9, clock_timestamp(), lease_token, \
    clock_timestamp() + lease_micros * interval '1 microsecond', $10 \
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) \
    AS d (id, provider, account_id, digest, body, received_at, lease_token, lease_micros) \
    ON CONFLICT (provider, account_id, digest) DO NOTHING RETURNING id";

/// Where webhooks are taken in together.
pub(crate) struct Intake {
    queue: Arc<Queue<Waiting, Id>>,
    near: Near<Sessions>,
    /// Where the shared connections are served.
    home: Handle,
    shared: Arc<Sessions>,
    presence: Arc<Presence>,
    wait_max: Duration,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is on the disk.
    New,
    /// It was there already, and is counted.
    Known {
        /// As this delivery.
        first: DeliveryId,
        /// How often it came, with all that were counted together.
        deliveries: u32,
    },
    /// Nothing: it is to be taken in by itself.
    Alone,
}

type Outcome = Result<Taken, WithOthers>;

struct Waiting {
    row: Row,
    /// Gone where nobody waits for it any more.
    answer: oneshot::Sender<Outcome>,
}

/// A delivery as it is to be stored.
struct Row {
    id: String,
    provider: String,
    account: String,
    digest: [u8; 32],
    body: Vec<u8>,
    received_at: Micros,
    lease_token: String,
    lease_micros: i64,
}

impl Row {
    fn of(delivery: &NewDelivery, lease: Lease) -> Self {
        Self {
            id: delivery.id.to_string(),
            provider: delivery.provider.to_string(),
            account: delivery.account.to_string(),
            digest: *delivery.dedup_key().as_bytes(),
            body: delivery.authentic.body().to_vec(),
            received_at: delivery.received_at.into(),
            lease_token: lease.token.to_string(),
            lease_micros: i64::try_from(lease.ttl.as_micros()).unwrap_or(i64::MAX),
        }
    }

    /// What makes it the same delivery when it comes again.
    fn key(&self) -> (&str, &str, &[u8]) {
        (&self.provider, &self.account, &self.digest)
    }
}

impl Intake {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(shared: Arc<Sessions>, own: Own, presence: Arc<Presence>, wait_max: Duration) -> Self {
        let bounds = Bounds { waiting: WAITING_MAX, together: DELIVERIES_MAX, turns: STATEMENTS_MAX };
        Self {
            queue: Arc::new(Queue::new(bounds)),
            near: Near::new(own),
            home: Handle::current(),
            shared,
            presence,
            wait_max,
        }
    }

    /// Takes a delivery in with others.
    pub(crate) async fn take_in(&self, delivery: &NewDelivery, lease: Lease) -> Result<Taken, Fault> {
        let (answer, outcome) = oneshot::channel();
        let waiting = Waiting { row: Row::of(delivery, lease), answer };
        let near = self.near.here(|own| own.sessions(CONNECTIONS_OWN));
        match self.queue.put(waiting, near.as_ref().map(|(here, _)| *here)) {
            Put::Full => return Ok(Taken::Alone),
            Put::Waits => {}
            Put::Begins(turn) => self.begin(turn, near.map(|(_, own)| own)),
        }
        // Whoever waited that long goes by itself, and finds what is its own if it was taken in meanwhile.
        match timeout(self.wait_max, outcome).await {
            Ok(Ok(Ok(taken))) => Ok(taken),
            Ok(Ok(Err(error))) => Err(StoreError::unavailable(error).into()),
            Ok(Err(_)) | Err(_) => Ok(Taken::Alone),
        }
    }

    /// It goes on whatever becomes of whoever began it, since others wait for it as well; if the runtime ends, they hear of that.
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends as soon as nothing waits, and whoever waits is waited for by the app"
    )]
    fn begin(&self, turn: Turn<Waiting, Id>, own: Option<Arc<Sessions>>) {
        let presence = Arc::clone(&self.presence);
        match own {
            Some(own) => drop(tokio::spawn(take_in_what_waits(turn, own, presence))),
            None => drop(self.home.spawn(take_in_what_waits(turn, Arc::clone(&self.shared), presence))),
        }
    }
}

async fn take_in_what_waits(mut turn: Turn<Waiting, Id>, sessions: Arc<Sessions>, presence: Arc<Presence>) {
    while let Some(mut waiting) = turn.next() {
        waiting.retain(|one| !one.answer.is_closed());
        if waiting.is_empty() {
            continue;
        }
        // In one order whoever writes them, so that two nodes with the same webhooks do not wait in a circle.
        waiting.sort_unstable_by(|one, other| one.row.key().cmp(&other.row.key()));
        let (rows, answers): (Vec<Row>, Vec<_>) = waiting.into_iter().map(|one| (one.row, one.answer)).unzip();
        let outcomes = match take_in(&sessions, &rows, presence.number()).await {
            Ok(taken) => taken.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error); answers.len()],
        };
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Nobody may be waiting any more.
            let _heard = answer.send(outcome);
        }
    }
}

/// What becomes of each, in their order.
async fn take_in(sessions: &Sessions, rows: &[Row], holder: Option<i32>) -> Result<Vec<Taken>, WithOthers> {
    // Who has no connection for them speaks for none of them: each tries for itself.
    let Ok(mut session) = sessions.plain().await else { return Ok(vec![Taken::Alone; rows.len()]) };
    let work = async {
        let outcome = insert(&mut session, rows, holder).await;
        Ok((session, outcome))
    };
    let (session, outcome) = sessions.bounded(work).await?;
    match session.finish(outcome).await {
        Ok(taken) => Ok(taken),
        Err(fault) if fault.is_the_databases() => Err(fault.into()),
        // One of them met something: each goes on by itself and learns what it was.
        Err(_one_of_them) => Ok(vec![Taken::Alone; rows.len()]),
    }
}

#[derive(QueryableByName)]
struct New {
    #[diesel(sql_type = Text)]
    id: String,
}

async fn insert(conn: &mut AsyncPgConnection, rows: &[Row], holder: Option<i32>) -> Result<Vec<Taken>, Fault> {
    let texts = |of: fn(&Row) -> &str| -> Vec<&str> { rows.iter().map(of).collect() };
    let bytes = |of: fn(&Row) -> &[u8]| -> Vec<&[u8]> { rows.iter().map(of).collect() };
    let new: Vec<New> = diesel::sql_query(TAKE_IN)
        .bind::<Array<Text>, _>(texts(|row| &row.id))
        .bind::<Array<Text>, _>(texts(|row| &row.provider))
        .bind::<Array<Text>, _>(texts(|row| &row.account))
        .bind::<Array<Binary>, _>(bytes(|row| &row.digest))
        .bind::<Array<Binary>, _>(bytes(|row| &row.body))
        .bind::<Array<UtcTime>, _>(rows.iter().map(|row| row.received_at).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(texts(|row| &row.lease_token))
        .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.lease_micros).collect::<Vec<_>>())
        .bind::<Text, _>(DELIVERY_OPEN)
        .bind::<Nullable<Integer>, _>(holder)
        .kept()
        .load(conn)
        .await?;
    let mut new: BTreeSet<String> = new.into_iter().map(|New { id }| id).collect();
    let mut taken = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|one, next| one.key() == next.key()) {
        let is_new: Vec<bool> = same.iter().map(|row| new.remove(&row.id)).collect();
        let copies = same.iter().zip(&is_new).filter(|(_, is_new)| !**is_new);
        let copies: Vec<&str> = copies.map(|(row, _)| row.lease_token.as_str()).collect();
        let Some(first) = same.first().filter(|_| !copies.is_empty()) else {
            taken.extend(same.iter().map(|_| Taken::New));
            continue;
        };
        // One statement for all copies of one: a storm of them waits for one another's commits otherwise.
        let (provider, account, digest) = first.key();
        let known = Known { provider, account, digest };
        let (first, deliveries) = known.count(conn, &copies).await?;
        let known = Taken::Known { first, deliveries };
        taken.extend(is_new.into_iter().map(|is_new| if is_new { Taken::New } else { known }));
    }
    Ok(taken)
}
