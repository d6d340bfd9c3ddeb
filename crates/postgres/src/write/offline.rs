//! What tills reported, each once.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::OfflineWrite;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{CONFLICT_OPEN, ConflictRow, OfflineRow, ReportRow};
use mstore_pay_tables::schema::{offline_conflicts, offline_entries, payment_sync};

use super::payments::or_taken;
use super::progress;
use crate::errors::Fault;

/// Keeps a part of a report.
pub(super) async fn write(conn: &mut AsyncPgConnection, write: &OfflineWrite) -> Result<(), Fault> {
    match write {
        OfflineWrite::Record(entry) => {
            let recorded =
                diesel::insert_into(offline_entries::table).values(&OfflineRow::of(entry)).execute(conn).await;
            recorded.map_err(|error| or_taken(error, "offline reference"))?;
            progress::count(conn, entry).await
        }
        OfflineWrite::Report(report) => {
            diesel::insert_into(payment_sync::table)
                .values(&ReportRow::of(report))
                .on_conflict(payment_sync::payment_id)
                .do_nothing()
                .execute(conn)
                .await?;
            Ok(())
        }
        OfflineWrite::Raise(conflict) => {
            let raised =
                diesel::insert_into(offline_conflicts::table).values(&ConflictRow::of(conflict)).execute(conn).await;
            raised.map(|_| ()).map_err(|error| or_taken(error, "conflict"))
        }
        OfflineWrite::Resolve(conflict) => {
            let open = offline_conflicts::table.find(conflict.id.to_string());
            let open = open.filter(offline_conflicts::state.eq(CONFLICT_OPEN));
            let resolved = diesel::update(open).set(&ConflictRow::of(conflict)).kept().execute(conn).await?;
            if resolved == 0 { Err(CommitError::Conflict { current: None }.into()) } else { Ok(()) }
        }
    }
}
