//! Webhooks on their way into the inbox, several at a time.
//!
//! A provider sends many at once, and each is acknowledged when it is on the disk. Those that come while others are being
//! written wait for these, and are then written by one statement, which is one commit.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::webhook::NewDelivery;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::DELIVERY_OPEN;
use mstore_pay_tables::types::{Micros, UtcTime};
use tokio::time::timeout;

use crate::errors::{Fault, WithOthers};
use crate::presence::Presence;
use crate::sessions::{Session, Sessions};

/// As many statements are under way at once: while one waits for the disk, the next is filled.
const STATEMENTS_MAX: usize = 2;
/// Deliveries of one statement at most.
const DELIVERIES_MAX: usize = 64;
/// Deliveries that wait; beyond it each is on its own, which bounds how many wait there.
const WAITING_MAX: usize = 1_024;

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
    batcher: Batcher<TakingIn>,
    wait_max: Duration,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is on the disk.
    New,
    /// It was there already.
    Known,
    /// Nothing: it is to be taken in by itself.
    Alone,
}

impl Intake {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>, presence: Arc<Presence>, wait_max: Duration) -> Self {
        let limits = Limits::builder().max_batch_size(DELIVERIES_MAX).max_key_concurrency(STATEMENTS_MAX);
        let limits = limits.max_key_queued_items(WAITING_MAX).build();
        let taking_in = TakingIn { sessions, presence };
        let batcher = Batcher::builder().name("webhooks").limits(limits).processor(taking_in);
        Self { batcher: batcher.batching_policy(BatchingPolicy::Immediate).build(), wait_max }
    }

    /// Takes a delivery in with others.
    pub(crate) async fn take_in(&self, delivery: &NewDelivery, lease: Lease) -> Result<Taken, Fault> {
        // Taken in twice it counts as one: whoever waited that long goes by itself.
        let Ok(taken) = timeout(self.wait_max, self.batcher.add((), (delivery.clone(), lease))).await else {
            return Ok(Taken::Alone);
        };
        match taken {
            Ok(taken) => Ok(taken),
            Err(BatchError::Rejected(_) | BatchError::Tx | BatchError::ResourceAcquisitionFailed(_)) => {
                Ok(Taken::Alone)
            }
            Err(error) => Err(StoreError::unavailable(error).into()),
        }
    }
}

#[derive(Clone)]
struct TakingIn {
    sessions: Arc<Sessions>,
    presence: Arc<Presence>,
}

impl Processor for TakingIn {
    type Key = ();
    type Input = (NewDelivery, Lease);
    type Output = Taken;
    type Error = WithOthers;
    type Resources = Session;

    async fn acquire_resources(&self, _all: ()) -> Result<Session, WithOthers> {
        Ok(self.sessions.plain().await?)
    }

    async fn process(
        &self,
        _all: (),
        deliveries: impl Iterator<Item = (NewDelivery, Lease)> + Send,
        mut session: Session,
    ) -> Result<Vec<Taken>, WithOthers> {
        let deliveries: Vec<(NewDelivery, Lease)> = deliveries.collect();
        // Boxed: whoever does things together moves what it was handed from task to task.
        let work = Box::pin(async {
            let outcome = take_in(&mut session, &deliveries, self.presence.number()).await;
            Ok((session, outcome))
        });
        let (session, outcome) = self.sessions.bounded(work).await?;
        match session.finish(outcome).await {
            Ok(mut new) => {
                let taken = |delivery: &NewDelivery| {
                    if new.remove(&delivery.id.to_string()) { Taken::New } else { Taken::Known }
                };
                Ok(deliveries.iter().map(|(delivery, _)| delivery).map(taken).collect())
            }
            Err(fault) if fault.is_the_databases() => Err(fault.into()),
            // One of them met something: each goes on by itself and learns what it was.
            Err(_one_of_them) => Ok(deliveries.iter().map(|_| Taken::Alone).collect()),
        }
    }
}

#[derive(QueryableByName)]
struct New {
    #[diesel(sql_type = Text)]
    id: String,
}

/// The ids of those that were not there yet.
async fn take_in(
    conn: &mut AsyncPgConnection,
    deliveries: &[(NewDelivery, Lease)],
    holder: Option<i32>,
) -> Result<BTreeSet<String>, Fault> {
    // In one order whoever writes them, so that two nodes with the same webhooks do not wait in a circle.
    let mut rows: Vec<_> =
        deliveries.iter().map(|row @ (delivery, _)| (*delivery.dedup_key().as_bytes(), row)).collect();
    rows.sort_by_key(|(digest, _)| *digest);
    let texts = |of: fn(&NewDelivery) -> String| -> Vec<String> {
        rows.iter().map(|(_, (delivery, _))| of(delivery)).collect()
    };
    let digests: Vec<&[u8]> = rows.iter().map(|(digest, _)| digest.as_slice()).collect();
    let bodies: Vec<&[u8]> = rows.iter().map(|(_, (delivery, _))| delivery.authentic.body()).collect();
    let received: Vec<Micros> = rows.iter().map(|(_, (delivery, _))| delivery.received_at.into()).collect();
    let tokens: Vec<String> = rows.iter().map(|(_, (_, lease))| lease.token.to_string()).collect();
    let micros = |lease: &Lease| i64::try_from(lease.ttl.as_micros()).unwrap_or(i64::MAX);
    let lease_micros: Vec<i64> = rows.iter().map(|(_, (_, lease))| micros(lease)).collect();
    let new: Vec<New> = diesel::sql_query(TAKE_IN)
        .bind::<Array<Text>, _>(texts(|delivery| delivery.id.to_string()))
        .bind::<Array<Text>, _>(texts(|delivery| delivery.provider.to_string()))
        .bind::<Array<Text>, _>(texts(|delivery| delivery.account.to_string()))
        .bind::<Array<Binary>, _>(digests)
        .bind::<Array<Binary>, _>(bodies)
        .bind::<Array<UtcTime>, _>(received)
        .bind::<Array<Text>, _>(tokens)
        .bind::<Array<BigInt>, _>(lease_micros)
        .bind::<Text, _>(DELIVERY_OPEN)
        .bind::<Nullable<Integer>, _>(holder)
        .kept()
        .load(conn)
        .await?;
    Ok(new.into_iter().map(|New { id }| id).collect())
}
