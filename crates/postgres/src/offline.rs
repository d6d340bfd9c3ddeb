//! What tills did while their line was down.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{DeviceId, MerchantId};
use mstore_pay_domain::ports::{OfflineEntry, OfflineRecorded, OfflineStore, StoreError};
use mstore_pay_tables::rows::OfflineRow;
use mstore_pay_tables::schema::offline_entries as entries;

use crate::errors::Fault;
use crate::store::PostgresStore;

#[async_trait]
impl OfflineStore for PostgresStore {
    async fn record(&self, entry: &OfflineEntry) -> Result<OfflineRecorded, StoreError> {
        Ok(session!(self.transaction, |conn| record(conn, entry))?)
    }

    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError> {
        Ok(session!(self.plain, |conn| of_device(conn, merchant, device))?)
    }
}

async fn record(conn: &mut AsyncPgConnection, entry: &OfflineEntry) -> Result<OfflineRecorded, Fault> {
    let recorded = diesel::insert_into(entries::table)
        .values(&OfflineRow::of(entry))
        .on_conflict((entries::merchant_id, entries::kind, entries::reference))
        .do_nothing()
        .execute(conn)
        .await?;
    if recorded > 0 {
        return Ok(OfflineRecorded::New);
    }
    let stored = entries::table
        .filter(entries::merchant_id.eq(entry.merchant.as_str()))
        .filter(entries::kind.eq(entry.kind.word()))
        .filter(entries::reference.eq(entry.reference.as_str()))
        .select(OfflineRow::as_select())
        .first(conn)
        .await?
        .read()?;
    Ok(if stored.fingerprint == entry.fingerprint {
        OfflineRecorded::Same
    } else {
        OfflineRecorded::Differs { stored }
    })
}

async fn of_device(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    device: &DeviceId,
) -> Result<Vec<OfflineEntry>, Fault> {
    let rows = entries::table
        .filter(entries::merchant_id.eq(merchant.as_str()))
        .filter(entries::device_id.eq(device.as_str()))
        .order(entries::position)
        .select(OfflineRow::as_select())
        .load(conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}
