//! The audit trail: links that follow, and bodies by digest.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::sqlite::SqliteConnection;
use diesel::upsert::excluded;
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

use super::stored::StoredHeads;
use crate::anchors::merchant_head;
use crate::errors::Fault;

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

/// Writes the records and bodies of a unit of work. A body that is there is the same body, and is kept for longer.
pub(super) fn append(conn: &mut SqliteConnection, work: &UnitOfWork) -> Result<(), Fault> {
    for record in &work.audit {
        diesel::insert_into(payment_events::table).values(&EventRow::of(record)).execute(conn)?;
        for body in EventBodyRow::all_of(record) {
            diesel::insert_into(payment_event_bodies::table).values(&body).execute(conn)?;
        }
    }
    for noted in &work.merchant_notes {
        note(conn, noted)?;
    }
    let kept_at = work.recorded_at();
    for body in &work.bodies {
        diesel::insert_into(payment_bodies::table)
            .values(&BodyRow::of(body, kept_at))
            .on_conflict(payment_bodies::digest)
            .do_update()
            .set(payment_bodies::kept_at.eq(excluded(payment_bodies::kept_at)))
            .filter(payment_bodies::kept_at.lt(Micros::from(kept_at)))
            .kept()
            .execute(conn)?;
    }
    Ok(())
}

/// Links a note to its merchant's chain.
fn note(conn: &mut SqliteConnection, noted: &MerchantNote) -> Result<(), Fault> {
    let (record, head) = merchant_head(conn, &noted.merchant)?.unwrap_or_default().append_noted(noted);
    let row = MerchantHeadRow::of(&noted.merchant, head);
    diesel::insert_into(merchant_heads::table)
        .values(&row)
        .on_conflict(merchant_heads::merchant_id)
        .do_update()
        .set(&row)
        .kept()
        .execute(conn)?;
    diesel::insert_into(merchant_events::table).values(&MerchantEventRow::of(&record)).execute(conn)?;
    Ok(())
}
