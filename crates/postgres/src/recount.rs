//! Counting anew how far tills came.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::offline::{NumberRange, OfflineReference};
use mstore_pay_tables::rows::{Cells, NumbersRow};
use mstore_pay_tables::schema::{offline_devices as devices, offline_entries as entries, offline_numbers as numbers};

use crate::errors::Fault;

/// A till: its merchant's name and its own.
pub(crate) type Till = (String, String);

/// The tills of which more or less is kept than was counted.
pub(crate) async fn miscounted(conn: &mut AsyncPgConnection) -> Result<Vec<Till>, Fault> {
    let kept = entries::table.group_by((entries::merchant_id, entries::device_id));
    let kept = kept.select((entries::merchant_id, entries::device_id, count_star()));
    let kept: Vec<(String, String, i64)> = kept.load(conn).await?;
    let counted = devices::table.select((devices::merchant_id, devices::device_id, devices::reported));
    let counted: Vec<(String, String, i64)> = counted.load(conn).await?;
    let counted: BTreeMap<Till, i64> = counted.into_iter().map(|(of, device, count)| ((of, device), count)).collect();
    let kept = kept.into_iter().map(|(merchant, device, count)| ((merchant, device), count));
    Ok(kept.filter(|(till, count)| counted.get(till) != Some(count)).map(|(till, _)| till).collect())
}

/// Counts one till anew, in one transaction.
pub(crate) async fn recount(conn: &mut AsyncPgConnection, (merchant, device): &Till) -> Result<(), Fault> {
    // Whoever counts a report of this till waits, and so does this for whoever does.
    let counted = devices::table.find((merchant, device)).select(devices::reported).for_update();
    let _locked: Vec<i64> = counted.load(conn).await?;
    let own = entries::table.filter(entries::merchant_id.eq(merchant)).filter(entries::device_id.eq(device));
    let references: Vec<String> = own.select(entries::reference).load(conn).await?;
    let cells = Cells { table: "offline_entries", id: device };
    let reported = i64::try_from(references.len()).map_err(|error| cells.corrupt("reference", error))?;
    let references: Vec<OfflineReference> =
        references.iter().map(|reference| cells.text("reference", reference)).collect::<Result<_, _>>()?;
    let known = numbers::table.filter(numbers::merchant_id.eq(merchant)).filter(numbers::device_id.eq(device));
    diesel::delete(known).execute(conn).await?;
    for row in NumbersRow::all_of(merchant, device, &NumberRange::all_of(&references)) {
        diesel::insert_into(numbers::table).values(&row).execute(conn).await?;
    }
    diesel::update(devices::table.find((merchant, device))).set(devices::reported.eq(reported)).execute(conn).await?;
    Ok(())
}
