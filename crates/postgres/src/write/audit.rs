//! The audit trail: links that follow, and bodies by digest.

use std::collections::BTreeMap;

use super::batch::{Batch, Otherwise, Rows, Write};
use super::stored::StoredHeads;
use super::unnested::Unnested;
use crate::errors::Fault;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::{AuditBody, AuditHead, AuditRecord, MerchantNote};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{BodyRow, EventBodyRow, EventRow, MerchantEventRow, MerchantHeadRow};
use mstore_pay_tables::schema::{merchant_events, merchant_heads};

/// Refuses records that do not continue the stored chain, and payments whose head is not where their
/// records end.
pub(super) fn check_chains(work: &UnitOfWork, stored: &StoredHeads) -> Result<(), CommitError> {
    let conflict =
        |payment: &PaymentId| CommitError::Conflict { current: stored.get(payment).map(|head| head.revision) };
    let stored_audit = |payment: &PaymentId| stored.get(payment).map(|head| head.audit).unwrap_or_default();
    let mut heads: BTreeMap<PaymentId, AuditHead> = BTreeMap::new();
    for record in &work.audit {
        let head = heads.entry(record.payment).or_insert_with(|| stored_audit(&record.payment));
        if !follows(record, *head) {
            return Err(conflict(&record.payment));
        }
        *head = AuditHead { seq: record.seq, digest: record.digest() };
    }
    let written: BTreeMap<PaymentId, AuditHead> =
        work.payments.iter().map(|write| (write.payment.id, write.payment.audit)).collect();
    for (payment, head) in &written {
        if *head != heads.remove(payment).unwrap_or_else(|| stored_audit(payment)) {
            return Err(conflict(payment));
        }
    }
    // A link without its payment would leave the payment's head behind.
    heads.keys().next().map_or(Ok(()), |payment| Err(conflict(payment)))
}

fn follows(record: &AuditRecord, head: AuditHead) -> bool {
    record.seq == head.seq.saturating_add(1) && record.previous == head.digest
}

/// Adds the records and bodies of units. A body that is there is the same body, and is kept for longer.
pub(super) fn append<'a>(batch: &mut Batch<'a>, units: &[&'a UnitOfWork]) {
    // In one order whoever writes them, so that two who write the same bodies do not wait in a circle.
    let mut bodies: BTreeMap<[u8; 32], (&AuditBody, Timestamp)> = BTreeMap::new();
    for work in units {
        for record in &work.audit {
            batch.events.add(EventRow::of(record), Otherwise::Fine);
            for link in EventBodyRow::all_of(record) {
                batch.links.add(link, Otherwise::Fine);
            }
        }
        let kept_at = work.recorded_at();
        for body in &work.bodies {
            let known = bodies.entry(*body.digest().as_bytes()).or_insert((body, kept_at));
            known.1 = known.1.max(kept_at);
        }
    }
    for (body, kept_at) in bodies.into_values() {
        batch.bodies.add(BodyRow::of(body, kept_at), Otherwise::Fine);
    }
}

impl<'a> Rows<'a> for EventRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("payment_events", rows))
    }
}

impl<'a> Rows<'a> for EventBodyRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("payment_event_bodies", rows))
    }
}

// A body that is kept from then on, or longer.
impl<'a> Rows<'a> for BodyRow<'a> {
    fn written(rows: Vec<Self>) -> Write<'a> {
        const KNOWN: &str = " ON CONFLICT (digest) DO UPDATE SET kept_at = excluded.kept_at \
            WHERE payment_bodies.kept_at < excluded.kept_at";
        Box::new(Unnested::insert("payment_bodies", rows).then(KNOWN))
    }
}

/// Links a note to its merchant's chain, behind whoever is at it.
pub(super) async fn note(conn: &mut AsyncPgConnection, noted: &MerchantNote) -> Result<(), Fault> {
    let first = MerchantHeadRow::of(&noted.merchant, AuditHead::default());
    diesel::insert_into(merchant_heads::table).values(&first).on_conflict_do_nothing().kept().execute(conn).await?;
    let known = merchant_heads::table.find(noted.merchant.as_str());
    let row = known.select(MerchantHeadRow::as_select()).for_no_key_update().first(conn).await?;
    let (record, head) = row.read()?.1.append_noted(noted);
    let row = MerchantHeadRow::of(&noted.merchant, head);
    diesel::update(known).set(&row).kept().execute(conn).await?;
    diesel::insert_into(merchant_events::table).values(&MerchantEventRow::of(&record)).execute(conn).await?;
    Ok(())
}
