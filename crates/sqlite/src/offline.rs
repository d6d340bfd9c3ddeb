//! What tills did while their line was down.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use mstore_pay_domain::ids::{ConflictId, DeviceId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::offline::{
    DeviceProgress, OfflineConflict, OfflineDevice, OfflineEntry, OfflineKind, OfflineReference, ReportedPayment,
};
use mstore_pay_domain::ports::{ConflictFilter, ConflictKey, ConflictPlace, OfflineStore, StoreError};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::rows::{CONFLICT_OPEN, Cells, ConflictRow, DeviceRow, NumbersRow, OfflineRow, ReportRow};
use mstore_pay_tables::schema::{
    offline_conflicts as conflicts, offline_devices as devices, offline_entries as entries, offline_numbers as numbers,
    payment_sync,
};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::recount;
use crate::store::SqliteStore;

#[async_trait]
impl OfflineStore for SqliteStore {
    async fn entry(
        &self,
        merchant: &MerchantId,
        kind: OfflineKind,
        reference: &OfflineReference,
    ) -> Result<Option<OfflineEntry>, StoreError> {
        let (merchant, reference) = (merchant.clone(), reference.clone());
        self.read(move |conn| {
            let row = entries::table
                .filter(entries::merchant_id.eq(merchant.as_str()))
                .filter(entries::kind.eq(kind.word()))
                .filter(entries::reference.eq(reference.as_str()))
                .select(OfflineRow::as_select())
                .first(conn)
                .optional()?;
            Ok(row.map(|row| row.read()).transpose()?)
        })
        .await
    }

    async fn entries(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Vec<OfflineEntry>, StoreError> {
        let (merchant, device) = (merchant.clone(), device.clone());
        let of_device = move |conn: &mut SqliteConnection| {
            let rows = entries::table
                .filter(entries::merchant_id.eq(merchant.as_str()))
                .filter(entries::device_id.eq(device.as_str()))
                .order(entries::position)
                .select(OfflineRow::as_select())
                .load(conn)?;
            rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
        };
        self.read(of_device).await
    }

    async fn entries_of_order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<OfflineEntry>, StoreError> {
        let (merchant, code) = (merchant.clone(), code.clone());
        let of_order = move |conn: &mut SqliteConnection| {
            let rows = entries::table
                .filter(entries::merchant_id.eq(merchant.as_str()))
                .filter(entries::order_code.eq(code.as_str()))
                .order(entries::position)
                .select(OfflineRow::as_select())
                .load(conn)?;
            rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
        };
        self.read(of_order).await
    }

    async fn reported(&self, payment: &PaymentId) -> Result<Option<ReportedPayment>, StoreError> {
        let id = payment.to_string();
        self.read(move |conn| {
            let row = payment_sync::table.find(&id).select(ReportRow::as_select()).first(conn).optional()?;
            Ok(row.map(|row| row.read()).transpose()?)
        })
        .await
    }

    async fn conflict(&self, merchant: &MerchantId, id: &ConflictId) -> Result<Option<OfflineConflict>, StoreError> {
        let (merchant, id) = (merchant.clone(), id.to_string());
        self.read(move |conn| {
            let own = conflicts::table.find(&id).filter(conflicts::merchant_id.eq(merchant.as_str()));
            let row = own.select(ConflictRow::as_select()).first(conn).optional()?;
            Ok(row.map(|row| row.read()).transpose()?)
        })
        .await
    }

    async fn conflict_of(&self, key: &ConflictKey) -> Result<Option<OfflineConflict>, StoreError> {
        let key = key.clone();
        self.read(move |conn| {
            let row = conflicts::table
                .filter(conflicts::merchant_id.eq(key.merchant.as_str()))
                .filter(conflicts::device_id.eq(key.device.as_str()))
                .filter(conflicts::kind.eq(key.kind.word()))
                .filter(conflicts::reference.eq(key.reference.as_str()))
                .filter(conflicts::fingerprint.eq(key.fingerprint.as_bytes().to_vec()))
                .select(ConflictRow::as_select())
                .first(conn)
                .optional()?;
            Ok(row.map(|row| row.read()).transpose()?)
        })
        .await
    }

    async fn conflicts(
        &self,
        filter: &ConflictFilter,
        after: Option<ConflictPlace>,
        limit: u32,
    ) -> Result<Vec<OfflineConflict>, StoreError> {
        let filter = filter.clone();
        self.read(move |conn| list(conn, &filter, after, limit)).await
    }

    async fn progress(
        &self,
        merchant: &MerchantId,
        device: &DeviceId,
        limit: u32,
    ) -> Result<DeviceProgress, StoreError> {
        let (merchant, device) = (merchant.clone(), device.clone());
        self.read(move |conn| progress(conn, &merchant, &device, limit)).await
    }

    async fn recount(&self) -> Result<u64, StoreError> {
        let tills = self.read(recount::miscounted).await?;
        let mut recounted = 0_u64;
        for till in tills {
            self.write(move |conn| recount::recount(conn, &till)).await?;
            recounted = recounted.saturating_add(1);
        }
        Ok(recounted)
    }

    async fn device(&self, merchant: &MerchantId, device: &DeviceId) -> Result<Option<OfflineDevice>, StoreError> {
        let (merchant, device) = (merchant.clone(), device.clone());
        self.read(move |conn| {
            let found = devices::table.find((merchant.as_str(), device.as_str()));
            let row = found.select(DeviceRow::as_select()).first(conn).optional()?;
            Ok(row.map(|row| row.read()).transpose()?)
        })
        .await
    }

    async fn see_device(&self, device: &OfflineDevice) -> Result<(), StoreError> {
        let row = DeviceRow::of(device);
        let see = move |conn: &mut SqliteConnection| {
            diesel::insert_into(devices::table)
                .values(&row)
                .on_conflict((devices::merchant_id, devices::device_id))
                .do_update()
                .set(&row)
                .execute(conn)?;
            Ok(())
        };
        Ok(self.write(see).await?)
    }

    async fn reported_again(&self, payments: &[PaymentId], at: Timestamp) -> Result<(), StoreError> {
        let ids: Vec<String> = payments.iter().map(ToString::to_string).collect();
        let count = move |conn: &mut SqliteConnection| {
            diesel::update(payment_sync::table.filter(payment_sync::payment_id.eq_any(&ids)))
                .set((
                    payment_sync::sync_attempts.eq(payment_sync::sync_attempts + 1),
                    payment_sync::last_sync_at.eq(Micros::from(at)),
                ))
                .execute(conn)?;
            Ok(())
        };
        Ok(self.write(count).await?)
    }
}

fn progress(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    device: &DeviceId,
    limit: u32,
) -> Result<DeviceProgress, Fault> {
    let known = devices::table.find((merchant.as_str(), device.as_str())).select(devices::reported);
    let reported: Option<i64> = known.first(conn).optional()?;
    let last = entries::table
        .filter(entries::merchant_id.eq(merchant.as_str()))
        .filter(entries::device_id.eq(device.as_str()))
        .order(entries::position.desc())
        .select(OfflineRow::as_select())
        .first(conn)
        .optional()?;
    let mut runs: Vec<NumbersRow> = numbers::table
        .filter(numbers::merchant_id.eq(merchant.as_str()))
        .filter(numbers::device_id.eq(device.as_str()))
        .order((numbers::day.desc(), numbers::first.desc()))
        .limit(limit.into())
        .select(NumbersRow::as_select())
        .load(conn)?;
    runs.reverse();
    let cells = Cells { table: "offline_devices", id: device.as_str() };
    Ok(DeviceProgress {
        reported: cells.number("reported", reported.unwrap_or_default())?,
        last: last.map(|row| row.read()).transpose()?.map(|entry| entry.reference),
        numbers: runs.iter().map(NumbersRow::read).collect::<Result<_, _>>()?,
    })
}

fn list(
    conn: &mut SqliteConnection,
    filter: &ConflictFilter,
    after: Option<ConflictPlace>,
    limit: u32,
) -> Result<Vec<OfflineConflict>, Fault> {
    let mut query = conflicts::table
        .filter(conflicts::merchant_id.eq(filter.merchant.as_str()))
        .order((conflicts::at.desc(), conflicts::id.desc()))
        .limit(limit.into())
        .select(ConflictRow::as_select())
        .into_boxed::<Sqlite>();
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
    let rows = query.load(conn)?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}
