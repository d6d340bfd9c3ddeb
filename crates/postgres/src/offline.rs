//! What tills did while their line was down.

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{ConflictId, DeviceId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::offline::{
    DeviceProgress, OfflineConflict, OfflineDevice, OfflineEntry, OfflineKind, OfflineReference, ReportedPayment,
};
use mstore_pay_domain::ports::{ConflictFilter, ConflictKey, ConflictPlace, OfflineStore, StoreError};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{CONFLICT_OPEN, Cells, ConflictRow, DeviceRow, NumbersRow, OfflineRow, ReportRow};
use mstore_pay_tables::schema::{
    offline_conflicts as conflicts, offline_devices as devices, offline_entries as entries, offline_numbers as numbers,
    payment_sync,
};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::recount;
use crate::store::PostgresStore;

#[async_trait]
impl OfflineStore for PostgresStore {
    async fn entry(
        &self,
        merchant: &MerchantId,
        kind: OfflineKind,
        reference: &OfflineReference,
    ) -> Result<Option<OfflineEntry>, StoreError> {
        Ok(session!(self.plain, |conn| entry(conn, merchant, kind, reference))?)
    }

    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError> {
        Ok(session!(self.plain, |conn| of_device(conn, merchant, device))?)
    }

    async fn entries_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<OfflineEntry>, StoreError> {
        Ok(session!(self.plain, |conn| of_order(conn, merchant, code))?)
    }

    async fn reported(&self, payment: &PaymentId) -> Result<Option<ReportedPayment>, StoreError> {
        Ok(session!(self.plain, |conn| reported(conn, payment))?)
    }

    async fn conflict(&self, merchant: &MerchantId, id: &ConflictId) -> Result<Option<OfflineConflict>, StoreError> {
        Ok(session!(self.plain, |conn| conflict(conn, merchant, id))?)
    }

    async fn conflict_of(&self, key: &ConflictKey) -> Result<Option<OfflineConflict>, StoreError> {
        Ok(session!(self.plain, |conn| conflict_of(conn, key))?)
    }

    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        after: Option<ConflictPlace>,
        limit: u32,
    ) -> Result<Vec<OfflineConflict>, StoreError> {
        Ok(session!(self.plain, |conn| list(conn, filter, after, limit))?)
    }

    async fn progress(
        &self,
        merchant: &MerchantId,
        device: &DeviceId,
        limit: u32,
    ) -> Result<DeviceProgress, StoreError> {
        Ok(session!(self.snapshot, |conn| progress(conn, merchant, device, limit))?)
    }

    async fn recount(&self) -> Result<u64, StoreError> {
        let tills = session!(self.plain, |conn| recount::miscounted(conn))?;
        let mut recounted = 0_u64;
        for till in &tills {
            session!(self.transaction, |conn| recount::recount(conn, till))?;
            recounted = recounted.saturating_add(1);
        }
        Ok(recounted)
    }

    async fn device(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Option<OfflineDevice>, StoreError> {
        Ok(session!(self.plain, |conn| find_device(conn, merchant, device))?)
    }

    async fn see_device(&self, device: &OfflineDevice) -> Result<(), StoreError> {
        let row = DeviceRow::of(device);
        Ok(session!(self.plain, |conn| see(conn, &row))?)
    }

    async fn reported_again(&self, payments: &[PaymentId], at: Timestamp) -> Result<(), StoreError> {
        Ok(session!(self.plain, |conn| count(conn, payments, at.into()))?)
    }
}

async fn entry(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    kind: OfflineKind,
    reference: &OfflineReference,
) -> Result<Option<OfflineEntry>, Fault> {
    let row = entries::table
        .filter(entries::merchant_id.eq(merchant.as_str()))
        .filter(entries::kind.eq(kind.word()))
        .filter(entries::reference.eq(reference.as_str()))
        .select(OfflineRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
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

async fn of_order(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<OfflineEntry>, Fault> {
    let rows = entries::table
        .filter(entries::merchant_id.eq(merchant.as_str()))
        .filter(entries::order_code.eq(code.as_str()))
        .order(entries::position)
        .select(OfflineRow::as_select())
        .load(conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

async fn reported(conn: &mut AsyncPgConnection, payment: &PaymentId) -> Result<Option<ReportedPayment>, Fault> {
    let found = payment_sync::table.find(payment.to_string());
    let row = found.select(ReportRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

async fn conflict(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    id: &ConflictId,
) -> Result<Option<OfflineConflict>, Fault> {
    let own = conflicts::table.find(id.to_string()).filter(conflicts::merchant_id.eq(merchant.as_str()));
    let row = own.select(ConflictRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

async fn conflict_of(conn: &mut AsyncPgConnection, key: &ConflictKey) -> Result<Option<OfflineConflict>, Fault> {
    let row = conflicts::table
        .filter(conflicts::merchant_id.eq(key.merchant.as_str()))
        .filter(conflicts::device_id.eq(key.device.as_str()))
        .filter(conflicts::kind.eq(key.kind.word()))
        .filter(conflicts::reference.eq(key.reference.as_str()))
        .filter(conflicts::fingerprint.eq(key.fingerprint.as_bytes().to_vec()))
        .select(ConflictRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

async fn list(
    conn: &mut AsyncPgConnection,
    filter: &ConflictFilter,
    after: Option<ConflictPlace>,
    limit: u32,
) -> Result<Vec<OfflineConflict>, Fault> {
    let mut query = conflicts::table
        .filter(conflicts::merchant_id.eq(filter.merchant.as_str()))
        .order((conflicts::at.desc(), conflicts::id.desc()))
        .limit(limit.into())
        .select(ConflictRow::as_select())
        .into_boxed::<Pg>();
    if let Some(branch) = &filter.branch {
        query = query.filter(conflicts::branch_id.eq(branch.as_str()));
    }
    if let Some(device) = &filter.device {
        query = query.filter(conflicts::device_id.eq(device.as_str()));
    }
    if let Some(code) = &filter.order_code {
        query = query.filter(conflicts::order_code.eq(code.as_str()));
    }
    query = match filter.open {
        Some(true) => query.filter(conflicts::state.eq(CONFLICT_OPEN)),
        Some(false) => query.filter(conflicts::state.ne(CONFLICT_OPEN)),
        None => query,
    };
    if let Some(ConflictPlace { at, id }) = after {
        let (at, id) = (Micros::from(at), id.to_string());
        query = query.filter(conflicts::at.lt(at).or(conflicts::at.eq(at).and(conflicts::id.lt(id))));
    }
    let rows = query.load(conn).await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

async fn progress(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    device: &DeviceId,
    limit: u32,
) -> Result<DeviceProgress, Fault> {
    let known = devices::table.find((merchant.as_str(), device.as_str())).select(devices::reported);
    let reported: Option<i64> = known.first(conn).await.optional()?;
    let last = entries::table
        .filter(entries::merchant_id.eq(merchant.as_str()))
        .filter(entries::device_id.eq(device.as_str()))
        .order(entries::position.desc())
        .select(OfflineRow::as_select())
        .first(conn)
        .await
        .optional()?;
    let mut runs: Vec<NumbersRow> = numbers::table
        .filter(numbers::merchant_id.eq(merchant.as_str()))
        .filter(numbers::device_id.eq(device.as_str()))
        .order((numbers::day.desc(), numbers::first.desc()))
        .limit(limit.into())
        .select(NumbersRow::as_select())
        .load(conn)
        .await?;
    runs.reverse();
    let cells = Cells { table: "offline_devices", id: device.as_str() };
    Ok(DeviceProgress {
        reported: cells.number("reported", reported.unwrap_or_default())?,
        last: last.map(|row| row.read()).transpose()?.map(|entry| entry.reference),
        numbers: runs.iter().map(NumbersRow::read).collect::<Result<_, _>>()?,
    })
}

async fn find_device(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    device: &DeviceId,
) -> Result<Option<OfflineDevice>, Fault> {
    let found = devices::table.find((merchant.as_str(), device.as_str()));
    let row = found.select(DeviceRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

async fn see(conn: &mut AsyncPgConnection, row: &DeviceRow) -> Result<(), Fault> {
    diesel::insert_into(devices::table)
        .values(row)
        .on_conflict((devices::merchant_id, devices::device_id))
        .do_update()
        .set(row)
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}

async fn count(conn: &mut AsyncPgConnection, payments: &[PaymentId], at: Micros) -> Result<(), Fault> {
    let ids: Vec<String> = payments.iter().map(ToString::to_string).collect();
    diesel::update(payment_sync::table.filter(payment_sync::payment_id.eq_any(&ids)))
        .set((payment_sync::sync_attempts.eq(payment_sync::sync_attempts + 1), payment_sync::last_sync_at.eq(at)))
        .execute(conn)
        .await?;
    Ok(())
}
