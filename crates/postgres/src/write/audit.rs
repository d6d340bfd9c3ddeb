//! The audit trail: links that follow, and bodies by digest.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::upsert::excluded;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::{AuditHead, AuditRecord, MerchantNote};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{BodyRow, EventBodyRow, EventRow, MerchantEventRow, MerchantHeadRow};
use mstore_pay_tables::schema::{
    merchant_events, merchant_heads, payment_bodies, payment_event_bodies, payment_events,
};
use mstore_pay_tables::types::Micros;

use super::batch::Batch;
use super::stored::StoredHeads;
use crate::errors::Fault;

/// Rows of one statement: of so few numbers there are few texts, which stay prepared.
const ROWS_AT_ONCE_MAX: usize = 8;

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

/// Adds the records and bodies of a unit of work. A body that is there is the same body, and is kept for longer.
pub(super) fn append<'a>(batch: &mut Batch<'a>, work: &'a UnitOfWork) {
    for records in work.audit.chunks(ROWS_AT_ONCE_MAX) {
        let rows: Vec<EventRow> = records.iter().map(EventRow::of).collect();
        batch.add_new(rows.len(), diesel::insert_into(payment_events::table).values(rows));
    }
    let links: Vec<EventBodyRow> = work.audit.iter().flat_map(EventBodyRow::all_of).collect();
    for rows in links.chunks(ROWS_AT_ONCE_MAX) {
        batch.add_new(rows.len(), diesel::insert_into(payment_event_bodies::table).values(rows.to_vec()));
    }
    let kept_at = work.recorded_at();
    // In one order whoever writes them, so that two units with the same bodies do not wait in a circle.
    let bodies: BTreeMap<_, _> = work.bodies.iter().map(|body| (*body.digest().as_bytes(), body)).collect();
    let bodies: Vec<_> = bodies.into_values().collect();
    for bodies in bodies.chunks(ROWS_AT_ONCE_MAX) {
        let rows: Vec<BodyRow<'_>> = bodies.iter().map(|body| BodyRow::of(body, kept_at)).collect();
        let written = diesel::insert_into(payment_bodies::table)
            .values(rows)
            .on_conflict(payment_bodies::digest)
            .do_update()
            .set(payment_bodies::kept_at.eq(excluded(payment_bodies::kept_at)))
            .filter(payment_bodies::kept_at.lt(Micros::from(kept_at)));
        batch.add_new(bodies.len(), written);
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
