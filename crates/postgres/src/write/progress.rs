//! How far a till came.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::offline::{OfflineDevice, OfflineEntry};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{DeviceRow, NumbersRow};
use mstore_pay_tables::schema::{offline_devices as devices, offline_numbers as numbers};

use crate::errors::Fault;

/// Counts an entry to what its till reported, behind whoever counts another.
pub(super) async fn count(conn: &mut AsyncPgConnection, entry: &OfflineEntry) -> Result<(), Fault> {
    let seen = DeviceRow::of(&OfflineDevice::of_entry(entry));
    diesel::insert_into(devices::table).values(&seen).on_conflict_do_nothing().kept().execute(conn).await?;
    diesel::update(devices::table.find((entry.merchant.as_str(), entry.device.as_str())))
        .set(devices::reported.eq(devices::reported + 1))
        .execute(conn)
        .await?;
    match NumbersRow::of(entry) {
        Some(number) => put(conn, entry, &number).await,
        None => Ok(()),
    }
}

/// Puts a number to those beside it.
async fn put(conn: &mut AsyncPgConnection, entry: &OfflineEntry, number: &NumbersRow) -> Result<(), Fault> {
    let (merchant, device, n) = (entry.merchant.as_str(), entry.device.as_str(), number.first);
    let of_day = || {
        numbers::table
            .filter(numbers::merchant_id.eq(merchant))
            .filter(numbers::device_id.eq(device))
            .filter(numbers::day.eq(&number.day))
    };
    let run = |first: i64| numbers::table.find((merchant, device, &number.day, first));
    let lower = of_day().filter(numbers::first.le(n)).order(numbers::first.desc()).select(NumbersRow::as_select());
    let below = lower.first(conn).await.optional()?;
    if below.as_ref().is_some_and(|below| below.last >= n) {
        return Ok(());
    }
    let below = below.filter(|below| below.last.checked_add(1) == Some(n));
    let above = run(n.saturating_add(1)).select(NumbersRow::as_select()).first(conn).await.optional()?;
    let last = above.as_ref().map_or(n, |above| above.last);
    if let Some(above) = above {
        diesel::delete(run(above.first)).execute(conn).await?;
    }
    if let Some(below) = below {
        diesel::update(run(below.first)).set(numbers::last.eq(last)).execute(conn).await?;
    } else {
        let mut row = number.clone();
        row.last = last;
        diesel::insert_into(numbers::table).values(&row).execute(conn).await?;
    }
    Ok(())
}
